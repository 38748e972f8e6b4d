/** Chosen damages of what producers do, and of what they share with flushers. */
import type { Chosen } from './chosen.js';

export const producers: readonly Chosen[] = [
  {
    file: 'src/flow/producer/block-writer.ts',
    find: `      this.#counters.add('accepted', group);
      this.#lease.publish(row, this.#lease.nothingWaits ? wrapped(this.#now()) : undefined);
`,
    put: `      this.#lease.publish(row, this.#lease.nothingWaits ? wrapped(this.#now()) : undefined);
      this.#counters.add('accepted', group);
`,
    why: 'More rows are committed than were accepted, for whatever thread reads the counts in between.',
  },
  {
    file: 'src/flow/producer/block-writer.ts',
    find: 'if (this.#wanted) this.#slot.want(this.#slot.sequence + group);',
    put: '',
    why: 'A caller that waits for a commit waits for the deadline.',
  },
  {
    file: 'src/flow/producer/block-writer.ts',
    find: 'if (group > 0 && row === this.#blockRows) this.#seal();',
    put: '',
    why: 'A full block stays open, and is never freed.',
  },
  {
    file: 'src/flow/producer/block-writer.ts',
    find: 'this.#limit = Math.min(this.#blockRows, this.row + places);',
    put: 'this.#limit = this.#blockRows;',
    why: 'A producer fills its block past the high watermark.',
  },
  {
    file: 'src/flow/producer/own-slot.ts',
    find: `    this.#slots.activate(this.number);
    if (this.#settings.state === flowState.open) return;
`,
    put: `    const { state } = this.#settings;
    this.#slots.activate(this.number);
    if (state === flowState.open) return;
`,
    why: 'A flow closes between the look and the mark, and the rows of this producer are lost.',
  },
  {
    file: 'src/flow/producer/own-slot.ts',
    find: 'if (this.#settings.state !== flowState.open) this.done.signal();',
    put: '',
    why: 'A close waits for a producer that has published its last rows.',
  },
  {
    file: 'src/flow/producer/own-slot.ts',
    find: 'this.notes.detach();',
    put: '',
    why: 'The sleep of a producer that has closed is noted in the slot of the next one.',
  },
  {
    file: 'src/flow/producer/eviction.ts',
    find: 'if (!sealed || !claims.tryClaim(block, ticket)) continue;',
    put: 'if (!claims.tryClaim(block, ticket)) continue;',
    why: 'An eviction takes rows of a block that its producer still writes, and frees nothing.',
  },
  {
    file: 'src/flow/producer/eviction.ts',
    find: 'this.#log.add(producer - 1, sequence + from, to - from, droppedText);',
    put: '',
    why: 'A caller is told that its dropped rows are committed.',
  },
  {
    file: 'src/flow/producer/room.ts',
    find: `if (await comes(this.#lack(hasRoom, false), Math.min(rest(), lookEveryMs))) return;
        this.#deaths.lookIfDue();`,
    put: 'if (await comes(this.#lack(hasRoom, false), Math.min(rest(), lookEveryMs))) return;',
    why: 'A producer waits for ever for a block that a dead thread holds.',
  },
  {
    file: 'src/flow/producer/watermark.ts',
    find: 'if (published >= 0 && this.#places - published >= wanted) return wanted;',
    put: 'if (this.#places - published >= wanted) return wanted;',
    why: 'The watermark does nothing once the number of published rows has wrapped.',
  },
  {
    file: 'src/flow/producer/watermark.ts',
    find: `this.#total = this.progress.total;
    this.#places = this.rows - this.progress.waiting;`,
    put: `this.#places = this.rows - this.progress.waiting;
    this.#total = this.progress.total;`,
    why: 'Rows that come during the look are counted by neither this look nor the next.',
  },
  {
    file: 'src/flow/producer/awaited-writes.ts',
    find: 'if (!this.#serveWhileRoom()) await nextTurn();',
    put: 'this.#serveWhileRoom();',
    why: 'Producers that wait for the same room turn in circles without the event loop.',
  },
  {
    file: 'src/flow/producer/awaited-writes.ts',
    find: `if (this.#line.size === 0) this.#stopServing();
    });`,
    put: '});',
    why: 'A line whose calls have all given up is served by two loops later.',
  },
  {
    file: 'src/flow/producer/commit-watch.ts',
    find: `const stopped = this.#settings.state === flowState.stopped;
    const upTo = this.#blocks.look();`,
    put: `const upTo = this.#blocks.look();
    const stopped = this.#settings.state === flowState.stopped;`,
    why: 'A row that was settled before the flow stopped is rejected.',
  },
  {
    file: 'src/flow/producer/commit-watch.ts',
    find: 'if (marks && accepted(to) >= accepted(this.#mark)) this.#mark = to;',
    put: 'if (marks) this.#mark = to;',
    why: 'A failed row is told to a second caller.',
  },
  {
    file: 'src/flow/producer/unsettled-blocks.ts',
    find: 'if (rows <= block.settled) continue;',
    put: 'if (rows < block.settled) continue;',
    why: 'A unit of a source waits for a block that is settled already.',
  },
  {
    file: 'src/flow/producer/unsettled-blocks.ts',
    find: 'if (block.first + limit <= from) return;',
    put: 'if (block.first + limit < from) return;',
    why: 'A unit waits for a block of rows that came before it.',
  },
  {
    file: 'src/flow/producer/unsettled-blocks.ts',
    find: 'for (let i = this.#blocks.length - 1; i >= 0; i--) {',
    put: 'for (let i = this.#blocks.length - 1; i > 0; i--) {',
    why: 'A unit is acknowledged before the rows in its first block have ended.',
  },
  {
    file: 'src/flow/producer/shard-choices.ts',
    find: 'if (range !== undefined && range.first <= number) found(row - start, range.what);',
    put: 'if (range !== undefined && range.first < number) found(row - start, range.what);',
    why: 'A failed row of a shard is not named to the caller.',
  },
  {
    file: 'src/flow/producer/shard-route.ts',
    find: 'assertInShards(sharding, schema);',
    put: '',
    why: 'Rows of a schema without the key all go to one shard, instead of an error.',
  },
  {
    file: 'src/flow/producer/shard-route.ts',
    find: 'if (load >= least) continue;',
    put: 'if (load > least) continue;',
    why: 'A producer stays on a shard while others are as free.',
  },
  {
    file: 'src/flow/shared/producer-slots.ts',
    find: 'Atomics.add(this.#words, at + HOLDER, 1);',
    put: '',
    why: 'A late message about a death buries the next producer of the slot.',
  },
  {
    file: 'src/flow/shared/producer-slots.ts',
    find: 'if (((wanted - sequence) | 0) >= 0) return;',
    put: '',
    why: 'A closed producer takes back what the next one of its slot wants.',
  },
  {
    file: 'src/flow/shared/row-log.ts',
    find: 'return { known: known.sort((a, b) => a.first - b.first), unknown };',
    put: 'return { known, unknown };',
    why: 'Failed lines of an answer are not in order.',
  },
  {
    file: 'src/flow/shared/row-log.ts',
    find: `if (Atomics.load(words, at + STAMP) !== stamp) return undefined;
    const first`,
    put: 'const first',
    why: 'A reader takes an entry that is being written for a whole one.',
  },
  {
    file: 'src/flow/shared/stored-before.ts',
    find: 'if (unknown > 0 || known.some(({ deadLettered }) => !deadLettered)) return undefined;',
    put: 'if (unknown > 0) return undefined;',
    why: 'A client is told that rows were duplicates of which the target gave only the number.',
  },
];
