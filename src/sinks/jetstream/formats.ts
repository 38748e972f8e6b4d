/**
 * How rows of a schema become messages, by the option `format`.
 */
import { pack } from '../../packed/pack.js';
import type { Schema } from '../../schema/columns/schema.js';
import { arrowPacker } from './arrow.js';
import { SingleRows } from './json-messages.js';
import { ManyRows, type MessageMaker } from './messages.js';
import type { JetStreamSettings } from './options.js';

/** @throws SinkError where the schema's rows have no such form; PackageError where a package is missing. */
export async function makerOf(schema: Schema, settings: JetStreamSettings): Promise<MessageMaker> {
  switch (settings.format) {
    case 'packed':
      return new ManyRows(schema, pack);
    case 'json':
      return new SingleRows(schema, settings);
    case 'arrow':
      return new ManyRows(schema, await arrowPacker(schema, settings.identityField));
    default:
      return settings.format satisfies never;
  }
}
