/**
 * The two kinds of bodies, from bytes to the intake: NDJSON line by line as it comes, JSON as a whole.
 */
import { isUtf8 } from 'node:buffer';
import { messageOf } from '../describe.js';
import { JsonElements } from '../schema/codec/json-elements.js';
import type { ReadsText } from '../schema/write/from-json.js';
import { bodyChunks } from './body-chunks.js';
import { freeBytes } from './buffer-budget.js';
import { withoutMark } from './byte-order-mark.js';
import { HeldBytes } from './held-bytes.js';
import type { Intake } from './intake.js';
import { LineSplitter } from './ndjson.js';
import type { OneAtATime } from './one-at-a-time.js';
import { RequestFault } from './request-fault.js';
import type { RequestLife } from './request-life.js';
import type { TurnShare } from './turn-share.js';

export interface ReadOptions {
  readonly bodyLimitBytes: number;
  readonly maxLineBytes: number;
  /** Whether the intake needs the place of an event in its text. */
  readonly readsText: ReadsText | undefined;
  readonly turns: TurnShare;
  /** The queue of large JSON bodies: their values take up to twenty times the memory of their bytes. */
  readonly largeBodies: OneAtATime;
}

export type ReadEvents = (life: RequestLife, intake: Intake, options: ReadOptions) => Promise<void>;

/** Work of a line or event beside its bytes, in bytes. */
const lineWork = 100;

const readers = new Map<string, ReadEvents>([
  ['application/json', readJson],
  ['application/x-ndjson', readLines],
  ['application/ndjson', readLines],
]);

/**
 * The reader for a request's content type.
 * @throws RequestFault 415
 */
export function readerFor(contentType: string | undefined): ReadEvents {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const read = readers.get(type);
  if (read !== undefined) return read;
  throw unsupportedType(type);
}

export function unsupportedType(type: string): RequestFault {
  const message = `content-type ${type === '' ? 'is missing' : `"${type.slice(0, 100)}" is not supported`}`;
  return new RequestFault(
    415,
    'unsupported_type',
    `${message}; send application/json or application/x-ndjson`,
    {
      'accept-post': 'application/json, application/x-ndjson',
    },
  );
}

async function readLines(life: RequestLife, intake: Intake, options: ReadOptions): Promise<void> {
  const { turns, maxLineBytes } = options;
  const lines = new LineSplitter(maxLineBytes, life.buffers);
  for await (const chunk of bodyChunks(life)) {
    await share(turns.take(chunk.length), life);
    lines.add(chunk);
    await takeLines();
  }
  lines.finish();
  await takeLines();

  async function takeLines(): Promise<void> {
    while (lines.next()) {
      // Awaiting every line would cost more than taking it.
      const turn = turns.take(lineWork + lines.end - lines.start);
      if (turn !== undefined) await share(turn, life);
      const { fault } = lines;
      const line = intake.firstLine + lines.line - 1;
      if (fault !== undefined) intake.reject(line, fault.code, fault.message);
      else {
        const wait = intake.takeText(line, lines.text, lines.start, lines.end);
        if (wait !== undefined) await wait;
      }
    }
  }
}

async function readJson(life: RequestLife, intake: Intake, options: ReadOptions): Promise<void> {
  const { bodyLimitBytes, largeBodies } = options;
  const held = new HeldBytes(life.buffers, bodyLimitBytes);
  for await (const chunk of bodyChunks(life)) {
    if (held.length + chunk.length > bodyLimitBytes) {
      const message = `the body is longer than ${bodyLimitBytes} bytes (bodyLimitBytes); NDJSON has no such limit`;
      throw new RequestFault(413, 'body_too_large', message);
    }
    held.add(chunk);
  }
  const take = () => takeJson(held.bytes, life, intake, options);
  await (held.length > freeBytes ? largeBodies.run(take) : take());
}

async function takeJson(
  bytes: Buffer,
  life: RequestLife,
  intake: Intake,
  { turns, readsText }: ReadOptions,
): Promise<void> {
  await share(turns.take(bytes.length), life);
  if (!isUtf8(bytes)) return intake.reject(intake.firstLine, 'invalid_utf8', 'the body is not valid UTF-8');
  const text = withoutMark(bytes.toString('utf8'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return intake.reject(
      intake.firstLine,
      'invalid_json',
      text === '' ? 'the body is empty' : messageOf(error),
    );
  }
  const events: readonly unknown[] = Array.isArray(value) ? value : [value];
  const work = lineWork + bytes.length / events.length;
  const elements = new JsonElements(text);
  for (let i = 0; i < events.length; i++) {
    const turn = turns.take(work);
    if (turn !== undefined) await share(turn, life);
    const start = intake.isKeyed || readsText?.(events[i]) ? elements.startOf(i) : 0;
    const wait = intake.take(intake.firstLine + i, events[i], text, start);
    if (wait !== undefined) await wait;
  }
}

/**
 * Wait for a share of a turn, unless there was one at once.
 *
 * @throws RequestFault when the request has ended meanwhile.
 */
async function share(turn: Promise<void> | undefined, life: RequestLife): Promise<void> {
  if (turn !== undefined) await turn;
  life.ended.throwIfAborted();
}
