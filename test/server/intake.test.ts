/**
 * Lines into the flow, one by one: what each of them costs, and that the numbers add up.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventError } from '../../dist/src/errors.js';
import { t } from '../../dist/src/schema/columns/columns.js';
import { defineSchema } from '../../dist/src/schema/columns/schema.js';
import { AcceptedLines } from '../../dist/src/server/accepted-lines.js';
import { EventShape } from '../../dist/src/server/event-shape.js';
import { Intake } from '../../dist/src/server/intake.js';

const schema = defineSchema('a', { n: t.int32(), at: t.timestamp().optional() });
const never = new AbortController().signal;

/** An intake whose producer takes everything, and tells what it was asked. */
function setUp({ maxRejected = 2, onPush = (_event: object): void => {} } = {}) {
  let sequence = 0;
  const pushed: object[] = [];
  const commit = { add: vi.fn(), isFull: false, settle: vi.fn(async () => {}) };
  const options = {
    producer: {
      push(event: object) {
        onPush(event);
        pushed.push(event);
        sequence++;
        return true;
      },
      position: () => ({ sequence, dropped: 0, logged: 0 }),
      writable: async () => {},
    },
    fromJson: (value: unknown) => value,
    shape: new EventShape(schema),
    fullWaitMs: 1000,
    maxRejected,
  };
  return { pushed, commit, options, intake: new Intake(options as never, never) };
}

function takeLines(intake: Intake, lines: readonly string[], from = 1): void {
  lines.forEach((line, i) => {
    const text = `,${line},`;
    expect(intake.takeText(from + i, text, 1, text.length - 1)).toBeUndefined();
  });
}

afterEach(() => void vi.restoreAllMocks());

describe('lines that are no events', () => {
  const bad = [
    'x',
    '{"n":1',
    '',
    '[]',
    '5',
    'null',
    '{}',
    '{"n":"a"}',
    '{"n":1e10}',
    '{"n":1,"m":2}',
    '{"n":null}',
  ];

  test('are only counted when the list is full: nothing is parsed, thrown or written for them', () => {
    const { intake, pushed } = setUp();
    takeLines(intake, ['x', 'x']);
    expect(intake.rejected.length).toBe(2);
    const parse = vi.spyOn(JSON, 'parse');
    const stringify = vi.spyOn(JSON, 'stringify');
    const made = vi.spyOn(Error, 'captureStackTrace');
    for (let n = 0; n < 100; n++) takeLines(intake, bad, 3 + n * bad.length);
    expect(intake).toMatchObject({
      accepted: 0,
      moreRejected: 100 * bad.length,
      nextLine: 3 + 100 * bad.length,
    });
    // Only what is JSON is parsed, and only what may be an event is asked for.
    const json = bad.filter(
      (line) => (line.startsWith('{') && line.endsWith('}')) || /^(\[\]|5|null)$/.test(line),
    );
    expect(parse).toHaveBeenCalledTimes(100 * json.length);
    expect(stringify).not.toHaveBeenCalled();
    expect(made).not.toHaveBeenCalled();
    expect(pushed).toEqual([]);
  });

  test('have no stacks where only the flow can tell; errors of anyone else have theirs again', () => {
    const limits: number[] = [];
    const errors: EventError[] = [];
    const { intake } = setUp({
      onPush() {
        limits.push(Error.stackTraceLimit);
        const error = new EventError('range', 'a', 'n', 'made by the flow');
        errors.push(error);
        throw error;
      },
    });
    const before = Error.stackTraceLimit;
    takeLines(intake, Array(5).fill('{"n":1}'));
    expect(limits).toEqual([before, before, 0, 0, 0]);
    expect(errors.map(({ stack }) => / at /.test(stack ?? ''))).toEqual([true, true, false, false, false]);
    expect(Error.stackTraceLimit).toBe(before);
    expect(intake).toMatchObject({ accepted: 0, moreRejected: 3, nextLine: 6 });
  });

  test('do not keep good lines among them from the flow, and every line is counted once', () => {
    const { intake, pushed } = setUp();
    const lines = Array.from({ length: 1000 }, (_, n) =>
      n % 3 === 0 ? `{"n":${n}}` : (bad[n % bad.length] as string),
    );
    takeLines(intake, lines);
    expect(pushed).toEqual(lines.flatMap((_, n) => (n % 3 === 0 ? [{ n }] : [])));
    expect(intake.accepted).toBe(334);
    expect(intake.rejected.length + intake.moreRejected + intake.accepted).toBe(1000);
  });

  test('that an unexpected error meets are not counted, and the error comes out', () => {
    const unexpected = new TypeError('a mistake');
    const { intake } = setUp({
      maxRejected: 1,
      onPush() {
        throw unexpected;
      },
    });
    takeLines(intake, ['x']);
    const before = Error.stackTraceLimit;
    expect(() => takeLines(intake, ['{"n":1}'], 2)).toThrow(unexpected);
    expect(Error.stackTraceLimit).toBe(before);
    expect(intake).toMatchObject({ accepted: 0, moreRejected: 0, nextLine: 2 });
  });
});

describe('accepted lines', () => {
  test('are remembered only for a client that asks for the commit', () => {
    const { intake, options, commit } = setUp();
    const position = vi.spyOn(options.producer, 'position');
    takeLines(intake, ['{"n":1}', '{"n":2}']);
    expect(position).not.toHaveBeenCalled();
    takeLines(new Intake(options as never, never, commit), ['{"n":3}', 'x', '{"n":4}']);
    expect(commit.add.mock.calls).toEqual([
      [1, 2],
      [3, 3],
    ]);
  });

  test('are settled before more are taken when there are too many', async () => {
    const { options, commit } = setUp();
    const intake = new Intake(options as never, never, commit);
    expect(intake.take(1, { n: 1 }, '', 0)).toBeUndefined();
    commit.isFull = true;
    const settled = intake.take(2, { n: 2 }, '', 0);
    expect(settled).toBeInstanceOf(Promise);
    await settled;
    expect(commit.settle).toHaveBeenCalledTimes(1);
    // The same when the list of bad lines is full.
    for (const line of [3, 4]) intake.reject(line, 'bad', 'bad');
    await intake.take(5, { n: 3 }, '', 0);
    expect(commit.settle).toHaveBeenCalledTimes(2);
  });

  test('that were given up are named up to a bound, and counted', () => {
    const lines = new AcceptedLines();
    // Lines 1 to 5 are rows 10 to 14; 7 to 9 are rows 20 to 22.
    for (let n = 0; n < 5; n++) lines.add(1 + n, 10 + n);
    for (let n = 0; n < 3; n++) lines.add(7 + n, 20 + n);
    expect(lines.runs).toBe(2);
    const failed = [
      { first: 3, count: 12, deadLettered: true, message: 'a' },
      { first: 16, count: 1, deadLettered: false, message: 'b' },
    ];
    const found: object[] = [];
    // Rows 13 to 24 and 26, counted from 10: lines 4, 5, and all from 7 to 9.
    expect(lines.failedLines(failed, 10, found as never, 4)).toBe(5);
    expect(found).toEqual([4, 5, 7, 8].map((line) => ({ line, deadLettered: true, message: 'a' })));
  });
});
