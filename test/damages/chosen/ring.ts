/** Chosen damages of the ring and of permits. */
import type { Chosen } from './chosen.js';

export const ring: readonly Chosen[] = [
  {
    file: 'src/ring/block-claims.ts',
    find: 'if (roomy) this.#control.roomy.signal();',
    put: '',
    why: 'Producers that wait for a good part of the ring are woken only when their first wait is over.',
  },
  {
    file: 'src/ring/block-claims.ts',
    find: 'if (free) this.#control.room.signal();',
    put: '',
    why: 'A producer that waits for a free block sleeps on, though one is free.',
  },
  {
    file: 'src/ring/block-claims.ts',
    find: 'if (!before(ticket, tickets) || headers.claimer(block) > 0) continue;',
    put: 'if (headers.claimer(block) > 0) continue;',
    why: 'A block that is opened during a look overtakes an older one of its producer.',
  },
  {
    file: 'src/ring/block-claims.ts',
    find: 'return headers.owner(block) > 0 && headers.ticket(block) === ticket && headers.tryClaim(block, claimer);',
    put: 'return headers.owner(block) > 0 && headers.tryClaim(block, claimer);',
    why: 'A flusher takes rows of a block that was freed and opened again since its look.',
  },
  {
    file: 'src/ring/block-claims.ts',
    find: 'if (to >= headers.suspects(block)) headers.setDeaths(block, 0);',
    put: 'if (to >= 0) headers.setDeaths(block, 0);',
    why: 'A row that kills its flusher is forgotten as soon as another row of its block is stored.',
  },
  {
    file: 'src/ring/block-claims.ts',
    find: `headers.take(block, committed);
`,
    put: '',
    why: 'Rows that were taken and not settled do not count as waiting for their deadline any more.',
  },
  {
    file: 'src/ring/block-lease.ts',
    find: 'if (freed === this.#fullAt) return false;',
    put: 'if (freed !== this.#fullAt) return false;',
    why: 'A producer does not find the free blocks of its ring.',
  },
  {
    file: 'src/ring/block-lease.ts',
    find: `    this.#fullAt = freed;
    this.#control.work.signal();
`,
    put: `    this.#fullAt = freed;
`,
    why: 'Flushers sleep until a deadline while the ring is full of blocks that are not.',
  },
  {
    file: 'src/ring/block-lease.ts',
    find: 'return this.#headers.taken(this.#block) === this.#published;',
    put: 'return this.#headers.taken(this.#block) >= 0;',
    why: 'Each publish moves the beginning of the wait, so that a deadline is missed.',
  },
  {
    file: 'src/ring/parking.ts',
    find: 'this.#control.setAlarm((total + rows) | 0);',
    put: 'this.#control.setAlarm((total + rows + 1) | 0);',
    why: 'A flusher sleeps on when its batch is full, until another row comes.',
  },
  {
    file: 'src/ring/event-count.ts',
    find: `    Atomics.add(this.#words, this.#sleepers, 1);
`,
    put: `    Atomics.store(this.#words, this.#sleepers, 1);
`,
    why: 'Of two sleepers, the first that wakes takes the other one from the count, and no signal wakes it.',
  },
  {
    file: 'src/ring/event-count.ts',
    find: 'this.note?.crossOut();',
    put: '',
    why: 'Each sleep of a thread that dies later is taken back a second time, and other sleepers are forgotten.',
  },
  {
    file: 'src/ring/sleep-notes.ts',
    find: 'for (const events of Object.keys(word) as SleepsOn[]) Atomics.store(this.#words, this.#at(events), 0);',
    put: '',
    why: 'The next holder of a slot inherits announcements that their sleeper takes back by itself.',
  },
  {
    file: 'src/ring/recovery.ts',
    find: `control.countFreed();
  for (const events of`,
    put: 'for (const events of',
    why: 'A claimer that died between freeing a block and counting it leaves a producer that looks for no block.',
  },
  {
    file: 'src/ring/recovery.ts',
    find: 'headers.setDeaths(block, deaths + 1);',
    put: 'headers.setDeaths(block, deaths);',
    why: 'A row that kills each flusher is delivered for ever.',
  },
  {
    file: 'src/ring/recovery.ts',
    find: 'headers.setHalf(block, rows === ofAll ? rows >> 1 : Math.max(1, rows >> 1));',
    put: 'headers.setHalf(block, rows >> 1);',
    why: 'A single row of a block is condemned though rows of other blocks were in flight with it.',
  },
  {
    file: 'src/ring/progress.ts',
    find: `const committed = this.#headers.committed(block);
    return this.#headers.generation(block) === generation ? committed : Number.POSITIVE_INFINITY;`,
    put: `const isSame = this.#headers.generation(block) === generation;
    return isSame ? this.#headers.committed(block) : Number.POSITIVE_INFINITY;`,
    why: 'Rows of a block that was freed and opened again are taken for old ones.',
  },
  {
    file: 'src/ring/progress.ts',
    find: 'if (headers.owner(block) !== producer || isSealed(published)) continue;',
    put: 'if (headers.owner(block) !== producer) continue;',
    why: 'The numbers of a dead producer go on from a block that it had sealed long ago.',
  },
  {
    file: 'src/permits/permits.ts',
    find: 'if (this.#anyFree) wakeOldest(this.#words, this.#permits);',
    put: '',
    why: 'A holder that was woken for a permit, and leaves, takes the wake-up with it.',
  },
  {
    file: 'src/permits/permits.ts',
    find: 'if (other !== 0 && (own === 0 || ((other - own) | 0) < 0)) return false;',
    put: 'if (other !== 0 && own === 0) return false;',
    why: 'The one that has waited longest is overtaken by others for ever.',
  },
  {
    file: 'src/permits/permits.ts',
    find: `if (at !== undefined && Atomics.compareExchange(this.#words, at, this.#id, 0) === this.#id)
      wakeOldest`,
    put: `if (at !== undefined && Atomics.exchange(this.#words, at, 0) !== 0)
      wakeOldest`,
    why: 'A thread that was taken for dead gives back the permit of another.',
  },
  {
    file: 'src/permits/places.ts',
    find: 'if (this.#load(of, place.GENERATION) !== generation) return;',
    put: '',
    why: 'A slow cleaner takes back the request of a place that another holder has by now.',
  },
  {
    file: 'src/permits/places.ts',
    find: `    Atomics.store(this.#words, this.#at(of, place.MARK), 0);
    Atomics.compareExchange(this.#words, this.#at(of, place.GENERATION), generation, (generation + 1) | 0);`,
    put: `    Atomics.compareExchange(this.#words, this.#at(of, place.GENERATION), generation, (generation + 1) | 0);
    Atomics.store(this.#words, this.#at(of, place.MARK), 0);`,
    why: 'A cleaner takes the next holder of a place for the dead one.',
  },
];
