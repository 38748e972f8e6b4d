/** Chosen damages of supervision, of deaths, of late schemas and of sources. */
import type { Chosen } from './chosen.js';

export const threads: readonly Chosen[] = [
  {
    file: 'src/flow/supervision/dead-flusher.ts',
    find: `  const counters = settleAccounts(flusher, sink);
  places.cleanUp(number);
  const redelivered = releaseClaims(shared.ring, claimerOf(shared, number));
`,
    put: `  const redelivered = releaseClaims(shared.ring, claimerOf(shared, number));
  const counters = settleAccounts(flusher, sink);
  places.cleanUp(number);
`,
    why: 'Rows that a dead flusher had noted as ended are taken by another one, and counted twice.',
  },
  {
    file: 'src/flow/supervision/dead-flusher.ts',
    find: 'places.cleanUp(number);',
    put: '',
    why: 'The permit of a dead flusher stays held while its thread is started again.',
  },
  {
    file: 'src/flow/supervision/dead-flusher.ts',
    find: 'notes.retireAll(new RingControl(shared.ring));',
    put: '',
    why: 'Each signal wakes a flusher that died in its sleep, for ever.',
  },
  {
    file: 'src/flow/supervision/dead-flusher.ts',
    find: `if (committed === 0) return;
    settlement.begin`,
    put: 'settlement.begin',
    why: 'Cells of a sink are settled a second time where the ring was first.',
  },
  {
    file: 'src/flow/supervision/shutdown.ts',
    find: `progress.room.signal();
`,
    put: '',
    why: 'Producers that wait for room are not told of a close.',
  },
  {
    file: 'src/flow/supervision/shutdown.ts',
    find: 'for (const { ring } of shards) new Parking(ring).signal();',
    put: '',
    why: 'A flusher that sleeps does not drain its ring.',
  },
  {
    file: 'src/flow/liveness/burial.ts',
    find: 'if (buried) new Progress(shared.ring).done.signal();',
    put: '',
    why: 'A close waits for a dead producer though it is buried.',
  },
  {
    file: 'src/flow/liveness/burial.ts',
    find: `if (!slots.isHeldBy(slot, holder, mark)) return false;
    cleanUp();`,
    put: 'cleanUp();',
    why: 'A second burier cleans up after the next holder of the slot, which lives.',
  },
  {
    file: 'src/flow/liveness/burial.ts',
    find: `counters.add('accepted', published - counted);`,
    put: '',
    why: 'Rows that a dead producer counted and never published are missing in the sums.',
  },
  {
    file: 'src/flow/liveness/burial.ts',
    find: `    settleAccounts(shared, slots, slot);
    releaseClaims(shared.ring, slot + 1);
    sealBlocks(shared.ring, slot + 1);
`,
    put: `    sealBlocks(shared.ring, slot + 1);
    settleAccounts(shared, slots, slot);
    releaseClaims(shared.ring, slot + 1);
`,
    why: `The number of a dead producer's rows is lost with its open block.`,
  },
  {
    file: 'src/flow/liveness/death-watch.ts',
    find: 'if (isAbandoned) abandon(shared);',
    put: '',
    why: 'Threads of a flow whose creating thread has ended wait for ever.',
  },
  {
    file: 'src/flow/shared/stop.ts',
    find: 'progress.room.signal();',
    put: '',
    why: 'A producer that waits for room sleeps through a stop.',
  },
  {
    file: 'src/flow/shared/stop.ts',
    find: 'if (shared.limit !== undefined) new Places(shared.limit).freeOf(shared.threadId);',
    put: '',
    why: 'Permits of an abandoned flow are lost to the others of its limit.',
  },
  {
    file: 'src/flow/shared/schema-registry.ts',
    find: `    this.texts.store(entry, schema);
    // ORDER: the state after the text: whatever thread finds the entry ready reads all of it.
    const stands = this.swap(entry, writing, ready);
`,
    put: `    const stands = this.swap(entry, writing, ready);
    this.texts.store(entry, schema);
`,
    why: 'A thread reads a late schema before its text is there.',
  },
  {
    file: 'src/flow/shared/schema-registry.ts',
    find: 'this.swap(entry, writing, unusable);',
    put: '',
    why: 'A thread that died while it added a schema keeps all others from adding one.',
  },
  {
    file: 'src/flow/shared/schema-registry.ts',
    find: 'if (others >= this.most) return undefined;',
    put: '',
    why: 'More schemas are added than the flow has memory for.',
  },
  {
    file: 'src/flow/sourcing/units.ts',
    find: 'if (units.length === 0 || this.#hasStopped) return;',
    put: 'if (units.length === 0) return;',
    why: 'Messages whose rows a stopped flow hands back are acknowledged.',
  },
  {
    file: 'src/flow/sourcing/units.ts',
    find: 'producer.awaitEnds(unit.from[i] ?? first, unit);',
    put: 'producer.awaitEnds(unit.from[i] ?? 0, unit);',
    why: 'A unit waits for rows of a schema that came before it.',
  },
  {
    file: 'src/flow/sourcing/units.ts',
    find: `    unit.letters++;
    return room;`,
    put: '    return room;',
    why: 'A message is acknowledged before its dead letter is kept.',
  },
  {
    file: 'src/flow/sourcing/unit.ts',
    find: 'return this.isDone && this.blocks === 0 && this.letters === 0;',
    put: 'return this.isDone && this.blocks === 0;',
    why: 'A message is acknowledged before its dead letter is kept.',
  },
  {
    file: 'src/flow/sourcing/units.ts',
    find: 'const late = [...this.#underWay].filter(({ tick }) => tick < this.#tick)',
    put: 'const late = [...this.#underWay].filter(({ tick }) => tick <= this.#tick)',
    why: 'The source tells its server of each new message that it is at work.',
  },
];
