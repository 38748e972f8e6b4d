/**
 * The checks of a source: what it acknowledges and when, a full ring, stops, a thread's death, inputs that are no rows.
 */
import { ownFile } from '../../own-files.js';
import type { Scene } from './scene.js';

export interface SourceCheck {
  readonly name: string;
  /** What the contract asks. */
  readonly asks: string;
  /** The heading of the page that describes it. */
  readonly section: string;
  /** Whether the outside must be able to give something bad. */
  readonly needsBad?: true;
  run(scene: Scene): Promise<void>;
}

const holds = (scene: Scene, acknowledged: number | undefined) => {
  if (acknowledged !== undefined && acknowledged > 0)
    throw scene.broken(`${acknowledged} events are acknowledged while none is stored`);
};

export const sourceChecks: readonly SourceCheck[] = [
  {
    name: 'units: acknowledged once all of their rows have ended',
    asks: 'what was acknowledged has ended, and does not come again',
    section: 'acknowledge',
    async run(scene) {
      const events = scene.events(200);
      await scene.outside.provide(events);
      const first = await scene.read(true);
      await scene.until(
        first,
        () => first.memory.waiting > 0,
        () => 'no batch came',
      );
      holds(scene, await scene.acknowledged());
      first.memory.release();
      await scene.untilStored(first, events);
      await scene.untilAcknowledged(first, events.length);
      await first.flow.close();
      const later = scene.events(8, events.length);
      await scene.outside.provide(later);
      const second = await scene.read(false);
      await scene.untilStored(second, later);
      await scene.untilAcknowledged(second, events.length + later.length);
      const again = second.memory.stored - later.length;
      if (again > 0) throw scene.broken(`${again} of ${events.length} acknowledged events came again`);
    },
  },
  {
    name: 'room: a ring that is full',
    asks: 'a source waits while the ring is full, and loses nothing',
    section: 'room',
    async run(scene) {
      const events = scene.events(500);
      await scene.outside.provide(events);
      const reading = await scene.read(true, { bufferSize: 32 });
      await scene.until(
        reading,
        () => reading.memory.waiting > 0,
        () => 'no batch came',
      );
      await scene.untilItWaits(reading);
      holds(scene, await scene.acknowledged());
      reading.memory.release();
      await scene.untilStored(reading, events);
      await scene.untilAcknowledged(reading, events.length);
    },
  },
  {
    name: 'hand back: a flow that stops in the middle',
    asks: 'what was not acknowledged comes again',
    section: 'handback',
    async run(scene) {
      const events = scene.events(100);
      await scene.outside.provide(events);
      const first = await scene.read(true);
      await scene.until(
        first,
        () => first.memory.waiting > 0,
        () => 'no batch came',
      );
      await first.flow.destroy();
      holds(scene, await scene.acknowledged());
      const second = await scene.read(false);
      await scene.untilStored(second, events);
      await scene.untilAcknowledged(second, events.length);
    },
  },
  {
    name: 'close: a flow that closes in the middle',
    asks: 'when its signal aborts, run ends its units and returns; the rest comes later',
    section: 'run',
    async run(scene) {
      const events = scene.events(400);
      await scene.outside.provide(events);
      const first = await scene.read(false);
      await scene.until(
        first,
        () => first.memory.stored > 0,
        () => 'no row came',
      );
      const began = performance.now();
      await first.flow.close();
      const tookMs = Math.round(performance.now() - began);
      if (tookMs > 2500) throw scene.broken(`close() took ${tookMs} ms`);
      const stored = scene.rows(first.memory);
      const known = await scene.acknowledged();
      if (known !== undefined && known > stored.length)
        throw scene.broken(`${known} events are acknowledged, and ${stored.length} stored`);
      await scene.untilStored(await scene.read(false), events, stored);
    },
  },
  {
    name: "death: the source's thread dies",
    asks: 'what a dead thread had not acknowledged comes again, in another thread',
    section: 'deaths',
    async run(scene) {
      const events = scene.events(200);
      await scene.outside.provide(events);
      const words = new Int32Array(new SharedArrayBuffer(4));
      const mortal = {
        module: ownFile('./testing/sources/mortal-source.js').href,
        options: { ref: scene.outside.source, words },
      };
      const reading = await scene.read(true, {}, mortal);
      await scene.until(
        reading,
        () => reading.memory.waiting > 0,
        () => 'no batch came',
      );
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      await scene.until(
        reading,
        () => reading.flow.stats().source?.restarts === 1,
        () => 'it was not started again',
      );
      holds(scene, await scene.acknowledged());
      reading.memory.release();
      await scene.untilStored(reading, events);
      await scene.untilAcknowledged(reading, events.length);
    },
  },
  {
    name: 'refuse: an input that is no row',
    asks: 'an input of which no row can be made becomes a dead letter, and others go on',
    section: 'refuse',
    needsBad: true,
    async run(scene) {
      const events = scene.events(40);
      await scene.outside.provide(events.slice(0, 20));
      await scene.outside.provideBad?.();
      await scene.outside.provide(events.slice(20));
      const reading = await scene.read(false);
      await scene.untilStored(reading, events);
      await scene.until(
        reading,
        () => scene.letters(reading) > 0 && reading.flow.stats().source?.inFlight === 0,
        () => `${scene.letters(reading)} dead letters`,
      );
      const { restarts, refused } = reading.flow.stats().source ?? {};
      if (restarts !== 0 || refused !== scene.letters(reading))
        throw scene.broken(
          `${restarts} restarts of run, ${refused} refused, ${scene.letters(reading)} letters`,
        );
    },
  },
];
