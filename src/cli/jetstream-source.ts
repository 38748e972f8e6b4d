/**
 * Addresses of streams of JetStream as sources: `nats://a:4222,b:4222/STREAM?consumer=NAME&ackWaitMs=10000`.
 *
 * What stands behind `?` are options of the source and of its consumer, by their names.
 */
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import { type JetStreamSourceOptions, jetstream } from '../sources/jetstream/index.js';
import { asBoolean, asNumber, asText, optionsOf, type ReadValue } from './address-parameters.js';
import { natsAddress, natsForm, natsPlace } from './nats-address.js';
import type { NamedSource, SourceKind } from './source-address.js';

/** Options of the source. */
const ofSource = {
  ...{ format: asText, schema: asText, subject: asText, ordered: asBoolean, partitions: asNumber },
  ackAck: asBoolean,
} satisfies Partial<Record<keyof JetStreamSourceOptions, ReadValue>>;

/** Options of its consumer. */
const ofConsumer = { ackWaitMs: asNumber, maxAckPending: asNumber, hosts: asNumber, deliver: asText };

export const jetStreamStream: SourceKind = {
  form: natsForm.replace('STREAM', 'STREAM?consumer=NAME'),
  read(text, option) {
    const known = ['consumer', ...Object.keys(ofSource), ...Object.keys(ofConsumer)];
    const address = natsAddress(text, option, known);
    const { stream, connection, parameters, host, port } = address;
    return {
      sourceFor(taker): NamedSource {
        const name = parameters.consumer ?? consumerName(taker);
        return {
          place: { scheme: 'nats', host, port, database: stream, table: name },
          shown: `${natsPlace(address)}?consumer=${name}`,
          make() {
            try {
              return jetstream({
                ...connection,
                ...optionsOf(ofSource, parameters),
                stream,
                consumer: { name, ...optionsOf(ofConsumer, parameters) },
              });
            } catch (error) {
              if (!(error instanceof ConfigError)) throw error;
              const { key, value, expected } = error;
              const shown = known.some((each) => key.endsWith(each)) ? value : hidden;
              throw new ConfigError(option, shown, `for ${key}: ${expected}`);
            }
          },
        };
      },
    };
  },
};

/** What takes the rows, as a consumer's name. */
function consumerName(taker: string): string {
  return taker.replace(/[\s.*>/\\\p{Cc}]+/gu, '_');
}
