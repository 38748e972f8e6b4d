/** Chosen damages of what flushers do, and of deliveries. */
import type { Chosen } from './chosen.js';

export const flushers: readonly Chosen[] = [
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: 'if (before(seen.since, queue.since)) queue.since = seen.since;',
    put: '',
    why: 'The deadline of an older row in a block that was opened later is missed.',
  },
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: 'else if (lateMs >= 0 || queue.again)',
    put: 'else if (lateMs >= 0)',
    why: 'Rows of a dead flusher wait a second time.',
  },
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: 'else if (toWatermark <= 0 || (freeBlocks === 0 && queue.sealed))',
    put: 'else if (freeBlocks === 0 && queue.sealed)',
    why: 'Producers wait at the watermark for a batch that never fills.',
  },
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: `sleepMs = Math.min(sleepMs, pauseMs);
        continue;`,
    put: 'continue;',
    why: `A flusher sleeps past the end of its circuit's pause.`,
  },
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: 'if (due !== undefined) this.#full.delete(due.schema);',
    put: '',
    why: 'After one batch by the rows of all schemas, each row goes out alone.',
  },
  {
    file: 'src/flow/flusher/flush-policy.ts',
    find: 'for (const schema of this.#full) if (queues[schema] === undefined) this.#full.delete(schema);',
    put: '',
    why: 'A schema whose rows another flusher took goes out too early, one row at a time.',
  },
  {
    file: 'src/flow/flusher/flusher-wait.ts',
    find: 'const late = before((newTotal + look.rowsToGo) | 0, (total + rowsToGo) | 0);',
    put: 'const late = false;',
    why: 'A flusher sleeps with an alarm that rings after its batch is full.',
  },
  {
    file: 'src/flow/flusher/flusher-wait.ts',
    find: 'const moved = this.settings.state !== state || this.health.isDue;',
    put: 'const moved = this.health.isDue;',
    why: 'A flusher falls asleep after a close that came just before.',
  },
  {
    file: 'src/flow/flusher/flusher-wait.ts',
    find: 'this.parking.wake();',
    put: '',
    why: 'A flusher stays announced for ever, and each publish past its alarm costs a wake-up.',
  },
  {
    file: 'src/flow/flusher/flusher.ts',
    find: 'while (inFlight.isFull) await inFlight.nextEnd;',
    put: '',
    why: 'More flushes are in flight than `concurrency` allows.',
  },
  {
    file: 'src/flow/flusher/flusher.ts',
    find: `if (dedupe?.mayHide) parking.signal();
        if (waits) {`,
    put: 'if (waits) {',
    why: 'Blocks that were claimed to read their keys are seen by no other flusher.',
  },
  {
    file: 'src/flow/flusher/demand.ts',
    find: 'const ahead = (this.#slots.wanted(producer - 1) - this.#headers.sequence(block) - settled) | 0;',
    put: 'const ahead = (this.#slots.wanted(producer - 1) - this.#headers.sequence(block)) | 0;',
    why: 'Rows that were wanted and are committed make later ones go out at once.',
  },
  {
    file: 'src/flow/flusher/batch-taker.ts',
    find: 'const to = keys === undefined ? end : Math.min(end, keys.endOf(seen));',
    put: 'const to = end;',
    why: 'A batch by keys has rows whose keys were not read.',
  },
  {
    file: 'src/flow/flusher/batch-taker.ts',
    find: 'if (room === 0 || suspicion !== undefined || (parts.length > 0 && this.#isSuspect(seen))) break;',
    put: 'if (room === 0 || suspicion !== undefined) break;',
    why: 'A row that kills flushers takes others with it.',
  },
  {
    file: 'src/flow/flusher/block-share.ts',
    find: `      tools.settlement.begin(block, row, counts);
      tools.claims.settle(block, row);
`,
    put: `      tools.claims.settle(block, row);
      tools.settlement.begin(block, row, counts);
`,
    why: 'Rows are settled and not counted when the thread dies in between.',
  },
  {
    file: 'src/flow/flusher/taken-rows.ts',
    find: 'return older >= 0 && older < at && endings[older] !== settled;',
    put: 'return false;',
    why: 'After a death, an older row of a key overwrites the newer one.',
  },
  {
    file: 'src/flow/flusher/taken-rows.ts',
    find: 'if (share.isSettled) share.finish(this.tools);',
    put: '',
    why: 'A block of which all rows have ended waits for the rest of its batch.',
  },
  {
    file: 'src/flow/flusher/taken-rows.ts',
    find: 'cells?.end();',
    put: '',
    why: 'What a collector counted is counted again when its flusher dies later.',
  },
  {
    file: 'src/flow/flusher/waiting-keys.ts',
    find: 'if (this.#count > most || !this.#allWait(waiting)) this.#clear();',
    put: 'if (this.#count > most) this.#clear();',
    why: 'Keys of rows that another flusher took count for a batch.',
  },
  {
    file: 'src/flow/flusher/waiting-keys.ts',
    find: 'if (known.ticket !== ticket || known.from !== settled) return false;',
    put: 'if (known.ticket !== ticket) return false;',
    why: 'Keys are read on for a block of which rows were settled meanwhile, at the wrong places.',
  },
  {
    file: 'src/flow/flusher/waiting-keys.ts',
    find: 'this.claims.letGo(seen.block);',
    put: '',
    why: 'A block stays claimed for ever after its keys were read.',
  },
  {
    file: 'src/flow/flusher/dedupe.ts',
    find: `if (kept < 0 || keep !== 'first') {`,
    put: `if (kept < 0 || keep === 'last') {`,
    why: 'Merged rows take the first of them for the newest.',
  },
  {
    file: 'src/flow/flusher/turns.ts',
    find: `outOfTurn = (await this.permits.sleepAsync(epoch, lookEveryMs)) === 'timed-out';`,
    put: 'await this.permits.sleepAsync(epoch, lookEveryMs);',
    why: 'A permit stays free while the flusher whose turn it is has died.',
  },
  {
    file: 'src/flow/flusher/turns.ts',
    find: 'for (const wait of this.#waits.splice(0)) wait.resolve(false);',
    put: '',
    why: 'A flush that waits for a permit keeps a stopped flow from ending.',
  },
  {
    file: 'src/flow/flusher/tuner.ts',
    find: 'if (isOdd && !this.#wasOdd) {',
    put: 'if (isOdd) {',
    why: 'The tuner never learns that the sink has become another one.',
  },
  {
    file: 'src/flow/flusher/tuner.ts',
    find: 'this.#nextRest = Math.min(2 * this.#nextRest, longestRest);',
    put: '',
    why: 'The tuner tries a worse batch size every few windows, for ever.',
  },
  {
    file: 'src/flow/flusher/tuner.ts',
    find: 'if (known !== undefined && known > knownWorse * costMs) return false;',
    put: '',
    why: 'The tuner goes to sizes that it knows to be worse.',
  },
  {
    file: 'src/flow/delivery/write-result.ts',
    find: 'if (row === undefined || failed.has(row)) {',
    put: 'if (row === undefined) {',
    why: 'A row that failed is counted as stored before.',
  },
  {
    file: 'src/flow/delivery/write-result.ts',
    find: 'return [...named].sort((a, b) => a - b);',
    put: 'return [...named];',
    why: 'Rows that the target had are logged in the order of the sink, and runs of them are lost.',
  },
];
