/**
 * A message as the source keeps it, from its delivery until it is acknowledged or handed back.
 */
import { identityOf } from '../../schema/columns/row-identity.js';

export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Where to say what became of it; of its last delivery. */
  reply: string;
  readonly stream: string;
  /** Its number in the stream. */
  readonly sequence: number;
  /** When the stream stored it, in nanoseconds: a stream that was deleted and made again has other messages. */
  readonly stored: string;
  /** How often it has been delivered, this time included. */
  readonly deliveries: number;
  /** How many messages of the consumer come behind it. */
  readonly pending: number;
  /** When it comes again, if not as soon as the options say. */
  delayMs: number | undefined;
  /** Whether it is of no use to anybody: it ends by `+TERM`, when its dead letter is stored. */
  isPoison: boolean;
  /** Whether its stream is gone, and another message has its number. */
  isGone: boolean;
}

/** What a client has received, as far as it matters. */
export interface Received {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
}

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer's sequence>.<stored>.<pending>`; servers that know
 * domains put the domain and the account before the stream, and may add more at the end.
 *
 * @returns undefined for what is no message of a stream.
 */
export function messageOf({ subject, reply = '', data }: Received): Message | undefined {
  const tokens = reply.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || (tokens.length !== 9 && tokens.length < 11))
    return undefined;
  const at = tokens.length === 9 ? 2 : 4;
  return {
    ...{ subject, data, reply },
    stream: tokens[at] as string,
    deliveries: Number(tokens[at + 2]),
    sequence: Number(tokens[at + 3]),
    stored: tokens[at + 5] as string,
    pending: Number(tokens[at + 6]),
    delayMs: undefined,
    isPoison: false,
    isGone: false,
  };
}

/** The identity of a part of a message, or of all of it: the same at each delivery. */
export function identityIn({ stream, sequence, stored }: Message, part: number | 'all'): Uint8Array {
  return identityOf('jetstream', stream, sequence, stored, part);
}
