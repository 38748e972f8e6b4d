/**
 * What the source says of messages: acknowledged, of no use, under way, to come again. Each is a word to the message's
 * own subject, by whatever connection is there.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';
import { SourceError } from '../../errors.js';
import { endsConnection, isForbidden } from '../../nats/error-meaning.js';
import { untilAborted } from '../../sinks/connections/until-aborted.js';
import type { Message } from './message.js';
import type { JetStreamSourceSettings } from './options.js';
import type { Connecting, NatsSession } from './session.js';

const nanosOfMs = 1e6;
const firstPauseMs = 100;
const longestPauseMs = 2000;

const word = {
  acknowledged: '+ACK',
  poison: '+TERM',
  working: '+WPI',
  again: (delayMs: number) => (delayMs === 0 ? '-NAK' : `-NAK {"delay": ${delayMs * nanosOfMs}}`),
};

export class Replies {
  constructor(
    private readonly settings: JetStreamSourceSettings,
    private readonly connecting: Connecting,
  ) {}

  /**
   * All rows of these messages have ended. A server that cannot be reached is waited for.
   *
   * @param patienceMs how long.
   * @throws SourceError where it was in vain: they come again.
   */
  async acknowledge(messages: readonly Message[], patienceMs: () => number): Promise<void> {
    const began = performance.now();
    let left: readonly Message[] = messages.filter(isThere);
    for (let pauseMs = firstPauseMs; left.length > 0; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      let session: NatsSession | undefined;
      try {
        session = await this.connecting.session();
        left = await this.#acknowledge(session, left);
        if (left.length === 0) return;
        throw new SourceError(`the server has not confirmed ${left.length} acknowledgements`);
      } catch (error) {
        if (isForbidden(error)) throw error;
        if (endsConnection(error)) session?.spend();
        if (performance.now() - began > patienceMs()) throw error;
      }
      await setTimeout(pauseMs);
    }
  }

  /** Make messages come again. */
  async handBack(messages: readonly Message[]): Promise<void> {
    const { handBackDelayMs, ackTimeoutMs } = this.settings;
    const { current } = this.connecting;
    // Without a connection they come again by themselves.
    if (messages.length === 0 || current === undefined) return;
    for (const { reply, delayMs = handBackDelayMs } of messages.filter(isThere)) {
      current.connection.publish(reply, word.again(delayMs));
    }
    await sent(current, ackTimeoutMs);
  }

  /** Messages are under way: the server waits for longer. */
  working(messages: readonly Message[]): void {
    const { current } = this.connecting;
    if (current === undefined) return;
    for (const { reply } of messages) current.connection.publish(reply, word.working);
  }

  /** @returns those that the server has not confirmed. */
  async #acknowledge(session: NatsSession, messages: readonly Message[]): Promise<readonly Message[]> {
    const { ackAck, ackTimeoutMs } = this.settings;
    const say = ({ reply, isPoison }: Message, answerTo?: string) =>
      session.connection.publish(
        reply,
        isPoison ? word.poison : word.acknowledged,
        answerTo === undefined ? {} : { reply: answerTo },
      );
    if (ackAck) {
      const left = await confirmed(session, messages, say, ackTimeoutMs);
      if (left.length > 0) assertAllowed(session);
      return left;
    }
    for (const message of messages) say(message);
    // One round trip for all of them: the server has them.
    await sent(session, ackTimeoutMs);
    // A refusal is told of before the answer, by another way.
    await setImmediate();
    assertAllowed(session);
    return [];
  }
}

/** @throws SourceError where the user may not acknowledge: the server drops such words, and answers nothing. */
function assertAllowed({ refusal }: NatsSession): void {
  if (refusal?.subject.startsWith('$JS.ACK.') !== true) return;
  const why = `the server takes no acknowledgements; the user needs to publish to $JS.ACK.>: ${refusal.message}`;
  throw new SourceError(why, { cause: refusal });
}

/** Whether the server still has the message. */
function isThere({ isGone }: Message): boolean {
  return !isGone;
}

/** Resolves when the server has what was published. @throws TimeoutError */
async function sent({ connection }: NatsSession, timeoutMs: number): Promise<void> {
  await untilAborted(connection.flush(), AbortSignal.timeout(timeoutMs));
}

/** Publish with one subscription for all confirmations. @returns the messages without one. */
function confirmed(
  { connection, newInbox }: NatsSession,
  messages: readonly Message[],
  say: (message: Message, answerTo: string) => void,
  timeoutMs: number,
): Promise<readonly Message[]> {
  const left = new Map(messages.map((message, i) => [`${i}`, message]));
  const inbox = newInbox();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve([...left.values()]);
    };
    const subscription = connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        left.delete(error === null ? message.subject.slice(inbox.length + 1) : '');
        if (left.size === 0) end();
      },
    });
    const timer = globalThis.setTimeout(end, timeoutMs);
    messages.forEach((message, i) => {
      say(message, `${inbox}.${i}`);
    });
  });
}
