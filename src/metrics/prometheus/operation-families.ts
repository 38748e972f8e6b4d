/**
 * BatchFlow's metrics of what producers refuse, and of what sinks make of batches.
 */
import type { FlusherMeasures } from '../cells/meters.js';
import { conflictStrategies, errorStages } from '../cells/operations.js';
import { by, type Family, type Labels, measured, one, type Sample } from './family.js';

/** The same, of a sink that stores rows in a database by SQL; of others there are no samples. */
function measuredSql(
  type: Family['type'],
  name: string,
  help: string,
  samples: (measures: FlusherMeasures) => Sample[],
): Family {
  return measured(type, name, help, (measures, { backend }) => (backend === 'sql' ? samples(measures) : []));
}

/** How many rows went in and how many came out. */
const items = ({ operationInput, operationOutput }: FlusherMeasures, labels: Labels): Sample[] => [
  ...one(operationInput, { ...labels, kind: 'input' }),
  ...one(operationOutput, { ...labels, kind: 'output' }),
];

/** Errors of attempts: each stage's reasons that were seen, and "unknown" of the last stage always. */
const stageSamples = ({ errorsByStage }: FlusherMeasures, labels: Labels): Sample[] =>
  errorStages.flatMap((stage) =>
    Object.entries(errorsByStage[stage])
      .filter(([reason, count]) => count > 0 || (stage === 'execute' && reason === 'unknown'))
      .map(([reason, value]) => ({ labels: { ...labels, stage, reason }, value })),
  );

export const operationFamilies: readonly Family[] = [
  {
    name: 'submit_rejected_total',
    type: 'counter',
    help: 'Events that producers refused, by reason: the ring is full, the flow is closed, the event is wrong.',
    samples: ({ submitRejected }) => by('reason', submitRejected),
  },
  measured(
    'counter',
    'operation_errors_total',
    "Errors of the sink's attempts, by stage: validate, generate (nothing was sent), execute; and by reason.",
    (measures, { backend }) => stageSamples(measures, { backend }),
  ),
  measured(
    'histogram',
    'operation_generated_items',
    'Rows that the sink gets for an attempt (input), and rows, commands or documents that it sends (output).',
    (measures, { backend, operation }) => items(measures, { backend, operation }),
  ),
  measured(
    'histogram',
    'operation_generated_args',
    'Values that the sink sends in an attempt; of sinks that say how many.',
    ({ operationArgs }, { backend, operation }) => one(operationArgs, { backend, operation }),
  ),
  measuredSql(
    'counter',
    'sql_errors_total',
    'Errors of attempts to store rows by SQL, by stage and reason.',
    (measures) => stageSamples(measures, {}),
  ),
  measuredSql(
    'histogram',
    'sql_generated_rows',
    'Rows of a batch (input), and rows that are sent for it (output).',
    (measures) => items(measures, {}),
  ),
  measuredSql('histogram', 'sql_generated_args', 'Values that are sent for a batch.', ({ operationArgs }) =>
    one(operationArgs),
  ),
  measuredSql(
    'counter',
    'sql_deduplicated_rows_total',
    'Rows that are not sent, as another row of their key or identity stands for them; by strategy of conflicts.',
    ({ deduplicated }) =>
      conflictStrategies.map((strategy) => ({
        labels: { strategy, kind: strategy === 'update' ? 'merged' : 'deduplicated' },
        value: deduplicated[strategy],
      })),
  ),
];
