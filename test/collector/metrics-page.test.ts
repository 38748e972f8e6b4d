/**
 * The page on a collector's metrics names every event, metric and label, and no other.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CollectorStats } from '../../dist/src/collector/collector-stats.js';
import { cacheOperations, knownEvents } from '../../dist/src/collector/events/known-events.js';
import { ownGroups } from '../../dist/src/collector/events/own-groups.js';
import { ownTotals } from '../../dist/src/collector/own-totals.js';
import type { GroupDefinition } from '../../dist/src/collector/series/event-definition.js';
import { statsdText } from '../../dist/src/server/collect/statsd-text.js';

const page = readFileSync(new URL('../../docs/collector/metrics.md', import.meta.url), 'utf8');
const events = knownEvents(() => []);

/** The rows of a section's table, as cells. @param head the first cell of its head. */
function table(head: string, section: string): string[][] {
  const text = page.split(`## ${section}\n`)[1]?.split('\n## ')[0]?.trimEnd() ?? '';
  const [, ...rows] = text.split(`\n| ${head} |`)[1]?.split('\n\n')[0]?.split('\n').slice(1) ?? [];
  return rows.map((row) => row.slice(2, -2).replaceAll('`', '').split(' | '));
}

const listed = (names: readonly string[]) => (names.length === 0 ? '–' : names.join(', '));
const rowsOf = ({ labels, metrics }: GroupDefinition, ...of: string[]) =>
  metrics.map(({ name, type, help }) => [name, ...of, type, listed(labels.map((label) => label.name)), help]);

test('events have the members that it lists', () => {
  expect(table('event', 'Events')).toEqual(
    events.map(({ schema }) => [schema.name, listed(Object.keys(schema.columns))]),
  );
});

test('metrics of events are those that it lists, with type, labels and help', () => {
  const rows = events.flatMap(({ schema, groups }) => groups.flatMap((group) => rowsOf(group, schema.name)));
  expect(rows.length).toBeGreaterThan(7);
  expect(table('metric', 'Metrics of events')).toEqual(rows);
});

test('each label of them is explained', () => {
  const labels = events.flatMap(({ groups }) => groups.flatMap((group) => group.labels));
  const rows = table('label', 'Metrics of events');
  const explained = rows.flatMap(([names = '']) => names.split(', '));
  expect(explained.sort()).toEqual([...new Set(labels.map(({ name }) => name))].sort());
  const [hit, miss, eviction] = cacheOperations;
  expect(rows).toContainEqual(['operation', `${hit}, ${miss} or ${eviction}`]);
});

test('what a collector counts of itself is what it lists', () => {
  const totals = ownTotals(new CollectorStats(0, 0, 0, 0, 0, 0, new Date(), 0), 0);
  const states = totals.flatMap(({ points }) => points.flatMap(({ labels }) => labels));
  expect(page).toMatch(`\`state\` is \`${states[0]?.[1]}\`, \`${states[1]?.[1]}\` or \`${states[2]?.[1]}\``);
  expect(states.map(([name]) => name)).toEqual(['state', 'state', 'state']);
  const rows = totals.map(({ name, type, help, points }) => [
    name,
    type,
    listed(points[0]?.labels.map(([label]) => label) ?? []),
    help,
  ]);
  const own = ownGroups.flatMap((group) => rowsOf(group));
  expect(table('metric', 'What a collector counts of itself')).toEqual(
    [...rows, ...own].map((row) => row.map((cell) => cell.replaceAll('`', ''))),
  );
});

test('each reason of a rejection is explained', () => {
  const source = readFileSync(new URL('../../src/collector/events/own-groups.ts', import.meta.url), 'utf8');
  const [type = ''] = /type RejectReason =[^;]+;/.exec(source) ?? [];
  const reasons = [...type.matchAll(/'(\w+)'/g)].map(([, reason]) => reason);
  expect(reasons.length).toBeGreaterThan(4);
  expect(table('`reason`', 'What a collector counts of itself').map(([reason]) => reason)).toEqual(reasons);
});

test('counts of StatsD are what it lists', () => {
  const text = statsdText({
    ...{ datagrams: 0, bytes: 0, lines: 0, accepted: 0, recorded: 0, dropped: 0, socketErrors: 0 },
    ignored: { events: 0, serviceChecks: 0 },
    rejected: { name: 0, value: 0, type: 0, rate: 0, set: 0, negative_counter: 0, gauge_limit: 0 },
  });
  const rows = [...text.matchAll(/# HELP (\w+) (.+)\n# TYPE \w+ (\w+)\n\w+(?:\{(.*)\})?/g)].map(
    ([, name, help, type, labels = '']) => [
      name,
      type,
      listed([...labels.matchAll(/(\w+)=/g)].map(([, label]) => label as string)),
      help,
    ],
  );
  expect(rows.length).toBe(4);
  expect(table('metric', 'StatsD')).toEqual(rows);
});
