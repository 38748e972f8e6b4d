/**
 * Pushes events that a program made, one or several a unit. An event that does not fit the schema is refused.
 */
import { inspect } from 'node:util';
import { EventError } from '../../errors.js';
import type { SourceProducer, UnitDelivery } from '../../source.js';

/** @returns a promise where the ring is full. @throws FlowClosedError */
export async function pushEvents(
  producer: SourceProducer,
  events: readonly unknown[],
  delivery: UnitDelivery,
): Promise<void> {
  for (const event of events) {
    try {
      if (!producer.push(event as never)) await producer.send(event as never);
    } catch (error) {
      if (!(error instanceof EventError)) throw error;
      await delivery.refuse({ input: textOf(event), error, schema: producer.schema.name });
    }
  }
}

/** What a person needs to see of it: JSON, or where that cannot say it, as Node.js shows values. */
function textOf(event: unknown): string {
  try {
    const json: string | undefined = JSON.stringify(event);
    if (json !== undefined) return json;
  } catch {
    // A bigint, a circle.
  }
  return inspect(event, { depth: null, maxArrayLength: null, maxStringLength: null });
}
