/**
 * Which tests belong to which part of src, beside those that a file's name or their imports tell.
 */

const interleavings = ['waiting', 'burials', 'deaths', 'flow-of-rows'].map(
  (name) => `ring/interleavings/${name}`,
);

/** Tests of the sinks of one target. */
const ofSink = (target: string, names: readonly string[]) => names.map((name) => `sinks/${target}/${name}`);
const postgres = ofSink('postgres', [
  ...[
    'options',
    'classify',
    'copy-first',
    'identity',
    'tables',
    'partitions',
    'bad-rows',
    'conflicts',
    'types',
  ],
  'faults',
]);
const mysql = ofSink('mysql', [
  ...[
    'options',
    'classify',
    'identity',
    'tables',
    'ways',
    'bad-rows',
    'conflicts',
    'protocol',
    'faults',
    'types',
  ],
]);
const sqlite = ofSink('sqlite', [
  ...[
    'sqlite-classify',
    'column-types',
    'identity',
    'lost-files',
    'conformance',
    'sqlite',
    'opening',
    'log-size',
  ],
]);
const http = ofSink('http', ['proxies', 'requests', 'webhooks', 'faults', 'json', 'every-sink']);
const redis = ofSink('redis', ['options', 'types', 'disks', 'conformance', 'faults']);
const influx = ofSink('influx', ['points', 'disks', 'faults', 'conformance']);
const elasticsearch = ofSink('elasticsearch', ['bulk', 'conformance']);
const jetstream = ofSink('jetstream', [
  ...['options', 'publish', 'partitions', 'streams', 'connecting', 'conformance', 'faults'],
]);
const sql = ofSink('sql', ['bad-text', 'preview', 'given-identities', 'opening']);
const server = [
  ...['events-answer', 'turn-share', 'request-life', 'intake', 'commit-wait', 'buffer-budget', 'ndjson'],
  ...['one-at-a-time', 'event-shape', 'http-metrics', 'http-gone', 'json-grammar', 'http-origins'],
  ...['http-bad-lines', 'http-large-events', 'http-hosts', 'http-events', 'http-shutdown', 'http-refusals'],
  ...['http-error-shape', 'http-idempotency', 'http-commit'],
].map((name) => `server/${name}`);

/**
 * Tests by the beginning of a file's path in src; the longest that fits counts. A name that ends in a slash stands for
 * the tests in that folder.
 */
export const table: Readonly<Record<string, readonly string[]>> = {
  'ring/': [
    ...[
      'ring/',
      'flow/producer/room',
      'flow/waiting/',
      'flow/flusher/flush-policy',
      'flow/supervision/accounts-at-death',
    ],
    ...['flow/liveness/burial', ...interleavings],
  ],
  'ring/asserted-headers': ['ring/asserted-headers', 'ring/ring-recovery'],
  'permits/': ['permits/', 'flow/flusher/concurrency-limit'],
  'packed/': ['packed/', 'sinks/jetstream/conformance'],

  'flow/': [
    ...['flow/flow-events', 'flow/flow-end', 'flow/current-settings', 'flow/late-schemas', 'flow/last-flush'],
    ...['flow/sink-health', 'flow/flow-faults', 'flow/flow-model', 'flow/supervision/exit', 'flow/flow'],
  ],
  'flow/api/': ['flow/flow-model'],
  'flow/config/': ['flow/config/', 'flow/sharding/settings', 'flow/current-settings', 'options/'],
  'flow/config/observing': ['flow/config/', 'flow/observing/'],
  'flow/config/sharding': ['flow/config/', 'flow/sharding/'],
  'flow/config/source-settings': ['flow/config/', 'flow/sourcing/sources'],
  'flow/config/concurrency-limit': ['flow/config/', 'flow/flusher/concurrency-limit'],
  'flow/delivery/': [
    'flow/delivery/',
    ...['flow/sink-health', 'flow/flow-faults', 'cli/letters-in-tables', 'testing/conformance'],
  ],
  'flow/delivery/sink-': [
    'flow/delivery/',
    'metrics/read/sink-metrics',
    'metrics/cells/sink-cells',
    'flow/sink-health',
  ],
  'flow/flusher/': [
    ...[
      'flow/flusher/',
      'flow/supervision/accounts-at-death',
      'flow/supervision/death-toll',
      'flow/flow-model',
    ],
    ...['flow/last-flush', 'flow/flow-events', 'flow/flow-end', 'metrics/metrics', 'flow/producer/write'],
    ...['flow/delivery/skipped', 'flow/delivery/write-context', 'metrics/operations', 'flow/flow-faults'],
  ],
  'flow/flusher/block-share': ['flow/supervision/accounts-at-death', 'flow/flusher/'],
  'flow/flusher/health-check': ['flow/sink-health'],
  'flow/flusher/on-batch-sink': ['flow/flow-events', 'flow/flow', 'flow/flow-faults', 'schema/read/aliasing'],
  'flow/flusher/stage-reports': ['flow/observing/', 'flow/flow-events'],
  'flow/liveness/': [
    ...['flow/liveness/', 'flow/supervision/accounts-at-death', 'permits/', 'flow/flusher/concurrency-limit'],
    ...['ring/interleavings/burials', 'flow/producer/producers'],
  ],
  'flow/observing/': ['flow/observing/', 'flow/flow-events'],
  'flow/producer/': [
    ...['flow/producer/', 'schema/write/push-columns', 'flow/identities', 'flow/given-identities'],
    ...['flow/liveness/burial', 'flow/flow-end', 'flow/flow-model', 'flow/large-events'],
  ],
  'flow/producer/shard': ['flow/sharding/', 'flow/late-schemas', 'flow/given-identities'],
  'flow/producer/unsettled-blocks': ['flow/sourcing/units', 'flow/sourcing/sources'],
  'flow/producer/columns-': [
    'schema/write/push-columns',
    'flow/identities',
    'flow/given-identities',
    'flow/sharding/',
  ],
  'flow/protocol/': [
    'flow/flow-events',
    'flow/supervision/flusher-thread',
    'flow/flow-faults',
    'flow/observing/',
  ],
  'flow/protocol/source-task': ['flow/sourcing/'],
  'flow/shared/': [
    ...['flow/shared/', 'flow/supervision/accounts-at-death', 'flow/liveness/burial', 'flow/late-schemas'],
    ...['ring/interleavings/schema-registry', 'flow/current-settings', 'flow/flow-end', 'flow/last-flush'],
    ...['flow/producer/producers', 'flow/liveness/owner-ends', 'flow/flow-model', 'flow/producer/write'],
  ],
  'flow/shared/observed-messages': ['flow/observing/', 'flow/flow-events'],
  'flow/sourcing/': ['flow/sourcing/', 'sources/'],
  'flow/supervision/': [
    ...[
      'flow/supervision/',
      'flow/flow-end',
      'flow/liveness/owner-ends',
      'flow/liveness/burial',
      'flow/flow-faults',
    ],
  ],
  'flow/supervision/supervisor': [
    ...[
      'flow/supervision/',
      'flow/sharding/order',
      'flow/sharding/settings',
      'flow/flow-end',
      'flow/flow-faults',
    ],
  ],
  'flow/supervision/source-keeper': ['flow/sourcing/'],
  'flow/supervision/limit-places': ['flow/flusher/concurrency-limit', 'permits/'],
  'flow/waiting/': ['flow/waiting/', 'flow/producer/write', 'flow/flow-end'],
  'flow/waiting/moved-clock': ['testing/', 'flow/last-flush'],

  'schema/': ['schema/columns/', 'schema/write/', 'schema/read/'],
  'schema/block/': ['schema/block/', 'schema/read/', 'flow/large-events', 'flow/flow-model'],
  'schema/codec/': ['schema/codec/', 'schema/write/', 'schema/read/', 'server/json-grammar'],
  'schema/codegen/': ['schema/codegen/', 'schema/write/'],
  'schema/columns/': ['schema/columns/', 'schema/read/', 'schema/write/', 'options/', 'flow/late-schemas'],
  'schema/columns/row-identity': [
    'flow/given-identities',
    'schema/read/row-identities',
    'sinks/sql/given-identities',
  ],
  'schema/columns/schema-text': ['schema/columns/', 'flow/late-schemas', 'flow/config/'],
  'schema/read/': [
    ...['schema/read/', 'flow/flusher/dedupe-keys', 'flow/flusher/dedupe', 'flow/flusher/waiting-keys'],
    ...['schema/columns/', 'schema/write/', 'flow/given-identities', 'flow/large-events', 'flow/identities'],
  ],
  'schema/write/': [
    'schema/write/',
    'schema/codegen/',
    'schema/read/',
    'flow/large-events',
    'flow/given-identities',
  ],
  'schema/write/from-json': ['schema/write/from-json', 'sources/', 'server/'],
  'schema/write/key-hash': ['schema/write/key-hash', 'flow/sharding/'],

  'metrics/': ['metrics/', 'metrics/cells/', 'metrics/read/', 'metrics/report/'],
  'metrics/cells/': [
    ...['metrics/cells/', 'metrics/metrics', 'metrics/operations', 'flow/supervision/accounts-at-death'],
    ...['metrics/report/', 'metrics/read/', 'server/http-metrics'],
  ],
  'metrics/prometheus/': ['metrics/', 'metrics/read/', 'integration/dashboard', 'integration/promtool'],
  'metrics/report/': ['metrics/report/', 'metrics/metrics', 'metrics/operations'],

  'sinks/connections/': [
    ...redis,
    'sinks/jetstream/connecting',
    'sinks/postgres/faults',
    'sinks/mysql/faults',
  ],
  'sinks/connections/connection-': [
    ...['sinks/postgres/options', 'sinks/mysql/options', 'sinks/redis/options', 'sinks/jetstream/options'],
    ...['sinks/redis/connecting', 'sinks/postgres/tls', 'sinks/http/requests'],
  ],
  'sinks/encode/': [...http, ...elasticsearch, 'sinks/redis/types', ...influx, 'sinks/jetstream/streams'],
  'sinks/wire/': [
    ...['sinks/wire/', 'sinks/http/json', 'sinks/mysql/types', 'sinks/redis/types', 'sinks/postgres/types'],
    ...['sinks/sql/bad-text', 'packed/', 'sinks/http/conformance', 'sinks/influx/points'],
  ],
  'sinks/sql/': [
    ...[
      'sinks/sqlite/column-types',
      'sinks/sqlite/identity',
      ...sql,
      'sinks/sqlite/sqlite',
      'sinks/sqlite/conformance',
    ],
    ...[
      'sinks/postgres/options',
      'sinks/postgres/identity',
      'sinks/postgres/tables',
      'sinks/postgres/conflicts',
    ],
    ...['sinks/mysql/options', 'sinks/mysql/identity', 'sinks/mysql/bad-rows', 'sinks/postgres/bad-rows'],
  ],
  'sinks/http/': http,
  'sinks/http/client/': [...http, ...influx, ...elasticsearch],
  'sinks/postgres/': postgres,
  'sinks/mysql/': mysql,
  'sinks/sqlite/': sqlite,
  'redis/': [...redis, 'redis/'],
  'sinks/redis/': redis,
  'sinks/influx/': influx,
  'sinks/elasticsearch/': elasticsearch,
  'sinks/jetstream/': jetstream,
  'sources/': ['sources/', 'flow/sourcing/'],

  'collector/': [
    'collector/',
    'collector/series/',
    'collector/statsd/',
    'collector/backends/',
    'collector/middleware/',
  ],
  'collector/aggregation/': [
    ...[
      'collector/aggregation/',
      'collector/events',
      'collector/collector',
      'collector/hostile',
      'collector/kills',
    ],
  ],
  'collector/series/': [
    'collector/series/',
    'collector/collector',
    'collector/aggregation/',
    'collector/kills',
  ],

  'server/': server,
  'server/ndjson': ['server/ndjson', 'server/http-bad-lines', 'server/http-gzip', 'server/http-memory'],
  'server/body-chunks': ['server/ndjson', 'server/http-gzip', 'server/http-memory', 'server/http-patience'],
  'server/collect/': ['server/collect/'],
  'server/live/': ['server/live/', 'live-page/'],
};
