/**
 * Whether the sizes that the options name go together, and with the schema at hand: found out before anything is made.
 */
import { ConfigError } from '../errors.js';
import type { IdentityOrigin } from '../flow/api/settings.js';
import { resolveConfig } from '../flow/config/resolve.js';
import { ringShape } from '../flow/config/ring-shape.js';
import type { Schema } from '../schema/columns/schema.js';
import { flowControls } from './flow-controls.js';
import type { FlowCommandSettings } from './flow-options.js';
import { UsageError } from './usage-error.js';

/** @throws UsageError that names the option to change, and its largest value. */
export function checkSizes(schema: Schema, sizes: FlowCommandSettings, identity: IdentityOrigin): void {
  const { flushSize, flushIntervalMs, flushMode, flushers, bufferSize, blockTextBytes } = sizes;
  if (bufferSize !== undefined && bufferSize < 2 * flushSize) {
    const most = Math.floor(bufferSize / 2);
    throw new UsageError(
      `--buffer-size ${bufferSize}: at least ${2 * flushSize}, two batches; or --flush-size ${most} at most`,
    );
  }
  const settings = { flushSize, flushIntervalMs, flushMode, flushers, bufferSize, blockTextBytes };
  const rest = { schema, onBatch: () => {}, identity };
  try {
    ringShape(resolveConfig({ ...settings, ...flowControls(sizes), ...rest }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const option = error.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${option} ${error.value}: ${error.expected}`);
  }
}
