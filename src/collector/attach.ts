/**
 * `attachCollector`: records on a thread other than the creating one.
 */
import { ConfigError } from '../errors.js';
import { attachProducer } from '../flow/producer/attach.js';
import type { Recorder } from './api/recorder.js';
import type { CollectorHandle } from './collector.js';
import { EventRecorder } from './event-recorder.js';

/** Records on its thread. `close()` gives its producers back. */
export interface AttachedCollector extends Recorder {
  close(): void;
}

class Attached extends EventRecorder implements AttachedCollector {
  close(): void {
    this.release();
  }
}

/**
 * Record into a collector of another thread.
 *
 * @param handle from `collector.handle()`, posted here.
 * @throws ConfigError for what is no handle. CapacityError comes with the first event, when `maxThreads` are attached.
 */
export function attachCollector(handle: CollectorHandle): AttachedCollector {
  const inside = handle?.['~collector'];
  if (inside?.flow === undefined) throw new ConfigError('handle', handle, 'what collector.handle() returned');
  return new Attached((schema) => attachProducer(inside.flow, schema), inside.types);
}
