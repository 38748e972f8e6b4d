/**
 * Marks of threads: numbers by which a thread finds out, without a message, whether another one of the process lives.
 *
 * Linux shows each thread of a process as a folder of `/proc`, and a look is one small read (18 µs). The numbers of
 * threads are used again, so a mark also holds a part of the thread's start time:
 *
 *     bits 0–21: the thread's number, which Linux keeps below 2^22 │ bits 22–31: the last bits of its start, in ticks
 *
 * Where there is no `/proc`, or the process may not read it, all threads have the mark `unknownThread`, and no look
 * finds that one of them has ended.
 */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';

/** The mark of a thread that cannot be looked up. Linux gives no thread the number 0. */
export const unknownThread = 1 << 22;

const numberBits = 22;
const numberMask = (1 << numberBits) - 1;
/** Of the fields behind the thread's name; the manual of `/proc/pid/stat` numbers these 3 and 22. */
const stateField = 0;
const startField = 19;
/** States of a thread that has ended: a zombie, or dead. */
const ended = ['Z', 'X', 'x'];

let own: number | undefined;

/** The mark of this thread, never 0. */
export function ownMark(): number {
  own ??= readOwnMark();
  return own;
}

function readOwnMark(): number {
  if (process.platform !== 'linux') return unknownThread;
  try {
    return markOf(Number(readlinkSync('/proc/thread-self').split('/')[2])) ?? unknownThread;
  } catch {
    return unknownThread;
  }
}

/**
 * Whether a thread of this process has certainly ended. It may be a moment late, and never speaks too early.
 *
 * @param mark the thread's mark, or 0 for none.
 */
export function hasEnded(mark: number): boolean {
  if (mark === 0 || mark === unknownThread || ownMark() === unknownThread) return false;
  try {
    return markOf(mark & numberMask) !== mark;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Any other error says nothing: the process may have no file descriptor left.
    if (code !== 'ENOENT' && code !== 'ESRCH') return false;
  }
  return isShown(ownMark() & numberMask);
}

/** A thread that cannot see itself any more cannot tell of others. */
function isShown(thread: number): boolean {
  try {
    return markOf(thread) !== undefined;
  } catch {
    return false;
  }
}

/** A line is longer only by its first field but one, the thread's name of at most 64 bytes. */
const line = Buffer.alloc(1024);

/**
 * @returns the mark of the thread that has a number now; undefined where it is a zombie.
 * @throws the system's error where there is none.
 */
function markOf(thread: number): number | undefined {
  const file = openSync(`/proc/self/task/${thread}/stat`, 'r');
  let text: string;
  try {
    text = line.toString('latin1', 0, readSync(file, line));
  } finally {
    closeSync(file);
  }
  // The thread's name stands in parentheses, and may itself contain some.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (ended.includes(fields[stateField] as string)) return undefined;
  return thread | (Number(fields[startField]) << numberBits);
}
