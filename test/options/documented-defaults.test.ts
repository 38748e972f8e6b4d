/**
 * The default that an option's comment names is the value of an option that is left out.
 */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { customBackendRules } from '../../dist/src/collector/backends/custom/index.js';
import { influxMetricsRules } from '../../dist/src/collector/backends/influx/options.js';
import { logSummaryRules } from '../../dist/src/collector/backends/log/options.js';
import { otlpRules } from '../../dist/src/collector/backends/otlp/options.js';
import { pushgatewayRules } from '../../dist/src/collector/backends/pushgateway/options.js';
import { remoteWriteRules } from '../../dist/src/collector/backends/remote-write/options.js';
import { statsdRules } from '../../dist/src/collector/statsd/options.js';
import { resolveConfig } from '../../dist/src/flow/config/resolve.js';
import { defineSchema, handler, t } from '../../dist/src/index.js';
import { prometheusRules } from '../../dist/src/metrics/prometheus/prometheus-options.js';
import { reportRules } from '../../dist/src/metrics/report/report.js';
import { check } from '../../dist/src/options/check.js';
import { serviceRules } from '../../dist/src/server/service-options.js';
import { deadLetterRules } from '../../dist/src/sinks/sqlite/dead-letters.js';
import { sqliteRules } from '../../dist/src/sinks/sqlite/options.js';
import { redisStreamsRules } from '../../dist/src/sources/redis-streams/options.js';

const schema = defineSchema('requests', { path: t.string() });
const dedupe = { by: 'path' };
const url = 'http://backend.example';
const backends = 'src/collector/backends';
const sharding = { shards: 2 };
const sink = handler('file:///sink.js');
const flow = resolveConfig({ schema, sink, dedupe });
const sharded = resolveConfig({ schema, sink, sharding });

/** The interfaces of options, and what becomes of options that name nothing but what is required. */
const documented: [file: string, name: string, filled: object | undefined][] = [
  ['src/flow/api/settings.ts', 'FlowSettings', flow],
  ['src/flow/api/settings.ts', 'RetryOptions', flow.retry],
  ['src/flow/api/settings.ts', 'CircuitOptions', flow.circuit],
  ['src/flow/api/dedupe.ts', 'Dedupe', { ...flow.dedupe, schemas: undefined }],
  ['src/flow/api/sharding.ts', 'Sharding', sharded.sharding],
  ['src/sinks/sqlite/options.ts', 'SqliteOptions', check(sqliteRules, { file: 'x.db' })],
  ['src/sinks/sqlite/dead-letters.ts', 'DeadLetterOptions', check(deadLetterRules, { file: 'x.db' })],
  [
    'src/sources/redis-streams/options.ts',
    'RedisStreamsOptions',
    { ...check(redisStreamsRules, { stream: 's' }), consumer: undefined },
  ],
  [
    'src/server/service-options.ts',
    'IngestServiceOptions',
    check(serviceRules, { flow: { producer() {} }, schema }),
  ],
  ['src/collector/statsd/options.ts', 'StatsdOptions', check(statsdRules, {})],
  ['src/metrics/prometheus/prometheus-options.ts', 'PrometheusOptions', check(prometheusRules, {})],
  ['src/metrics/report/report.ts', 'ReportOptions', check(reportRules, {})],
  [`${backends}/pushgateway/options.ts`, 'PushgatewayOptions', check(pushgatewayRules, { url })],
  [`${backends}/remote-write/options.ts`, 'RemoteWriteOptions', check(remoteWriteRules, { url })],
  [`${backends}/influx/options.ts`, 'InfluxMetricsOptions', check(influxMetricsRules, { url })],
  [`${backends}/otlp/options.ts`, 'OtlpOptions', check(otlpRules, { url })],
  [`${backends}/log/options.ts`, 'LogSummaryOptions', check(logSummaryRules, {})],
  [
    `${backends}/custom/index.ts`,
    'CustomBackendOptions',
    check(customBackendRules, { module: 'file:///a.js' }),
  ],
];

/** Members of an interface that may be left out, by name, with their comments. */
function commentsOf(text: string, name: string): Map<string, string> {
  const source = ts.createSourceFile('options.ts', text, ts.ScriptTarget.Latest, true);
  const found = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  ) as ts.InterfaceDeclaration;
  return new Map(
    found.members
      .filter(({ questionToken }) => questionToken !== undefined)
      .map((member) => {
        const docs = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
        return [
          member.name?.getText() as string,
          docs.map((doc) => ts.getTextOfJSDocComment(doc.comment)).join(' '),
        ];
      }),
  );
}

/** How a comment may name a default: `Default 30,000.`, `Default 4 MiB.`, `Default true;`, `` Default `last`. `` */
const value =
  /\bDefault (?:`(?<text>[^`]+)`|(?<number>\d+(?:,\d{3})*)(?<mebi> MiB)?|(?<boolean>true|false))(?=[.,:;])/;
/** One that depends on other options or on the place: `Default: the schema's name.` */
const rule = /\bDefault(?: for each)?:/;

/** The default that a comment names; undefined where it names none, a text in words where it is computed. */
function documentedDefault(comment: string): unknown {
  if (rule.test(comment)) return computed;
  const { text, number, mebi, boolean } = value.exec(comment)?.groups ?? {};
  if (text !== undefined) return text;
  if (boolean !== undefined) return boolean === 'true';
  if (number !== undefined) return Number(number.replaceAll(',', '')) * (mebi === undefined ? 1 : 2 ** 20);
  // A default in other words would go by unread.
  expect(comment).not.toMatch(/\bdefault/i);
  return undefined;
}
const computed = Symbol('computed');

describe.each(documented)('%s, %s', (file, name, filled) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const members = [...commentsOf(text, name)];

  it('has members', () => {
    expect(members.length).toBeGreaterThan(0);
  });

  it.each(members)('%s: %s', (member, comment) => {
    const actual: unknown = filled?.[member as keyof typeof filled];
    const said = documentedDefault(comment);
    if (said === computed) return;
    // Groups of options have their members' defaults.
    if (said === undefined) expect(['undefined', 'object']).toContain(typeof actual);
    else expect(actual).toBe(said);
  });
});

describe('the reading of comments', () => {
  it.each([
    ['How long. Default 30,000.', 30_000],
    ['Default 8, which last some 6 s; 1 is no retry.', 8],
    ['Longest body. Default 4 MiB.', 4 * 1024 * 1024],
    ['Default true; otherwise none.', true],
    ['Default false: from samples.', false],
    ['Default `full`: it survives.', 'full'],
    ['Default `last`.', 'last'],
    ["Default: the schema's name.", computed],
    ["By schema. Default for each: the schema's name.", computed],
    ['Closes the flow when it aborts.', undefined],
  ])('%s', (comment, expected) => {
    expect(documentedDefault(comment)).toBe(expected);
  });

  it('knows no default in other words', () => {
    for (const comment of ['Defaults to 5.', 'The default is 5.', 'Default five.', 'Default 5'])
      expect(() => documentedDefault(comment)).toThrow();
  });

  it('finds every optional member', () => {
    const text = `interface A {
      /** One. Default 1. */
      a?: number;
      b: string;
      /** Default \`x\`. */
      c?: string;
      d?: 1;
    }`;
    expect([...commentsOf(text, 'A')]).toEqual([
      ['a', 'One. Default 1.'],
      ['c', 'Default `x`.'],
      ['d', ''],
    ]);
  });
});
