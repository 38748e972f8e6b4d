/**
 * A producer as a Node stream in object mode: `source.pipe(flow.toWritable())`.
 */
import { Writable } from 'node:stream';
import type { Schema } from '../../schema/columns/schema.js';
import type { Producer } from '../api/producer.js';

/** Each chunk is one event; a full ring holds the stream up; its end waits until everything is committed. */
export function toWritable<S extends Schema>(
  producer: Pick<Producer<S>, 'push' | 'writable' | 'committed' | 'position'>,
): Writable {
  const since = producer.position();
  const destroyed = new AbortController();
  return new Writable({
    objectMode: true,
    write(event, _encoding, done) {
      pushWhenWritable(event).then(() => done(), done);
    },
    // A wait for room ends with the stream.
    destroy(error, done) {
      destroyed.abort();
      done(error);
    },
    final(done) {
      producer.committed({ since }).then(() => done(), done);
    },
  });

  async function pushWhenWritable(event: Parameters<typeof producer.push>[0]): Promise<void> {
    while (!producer.push(event)) await producer.writable({ signal: destroyed.signal });
  }
}
