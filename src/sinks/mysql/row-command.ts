/**
 * A packet of our own as `mysql2` runs it: one write, and the server's answer to it.
 *
 * `mysql2` connects, authenticates, speaks TLS and reads answers. A query of its own, whose first step is replaced,
 * rides on its queue of commands. What is needed of it beside its documented interface is looked for first.
 */
import type { Connection } from 'mysql2';

/** What `mysql2` writes as a packet. */
interface Packet {
  readonly buffer: Buffer;
  length(): number;
  writeHeader(sequence: number): void;
}

interface KnownConnection {
  writePacket(packet: Packet): void;
  readonly config: unknown;
}

/** A command: its first step writes, and returns the step that reads the answer. */
interface KnownCommand {
  start(packet: unknown, connection: KnownConnection): unknown;
  readonly resultsetHeader: unknown;
}

type CreateQuery = (sql: string, values: undefined, done: Done, config: unknown) => KnownCommand;
type Done = (error: unknown, answer?: unknown) => void;

/** The driver, as far as it is known here. */
export interface KnownDriver {
  readonly createQuery: CreateQuery;
}

/** Whether this `mysql2` has what packets of our own need. */
export function takesPackets(driver: object, connection: Connection): driver is KnownDriver {
  const { createQuery } = driver as Partial<KnownDriver>;
  const { writePacket, config } = connection as unknown as Partial<KnownConnection>;
  if (typeof createQuery !== 'function' || typeof writePacket !== 'function' || config === undefined)
    return false;
  const command = createQuery('', undefined, () => {}, config) as Partial<KnownCommand>;
  return typeof command.start === 'function' && typeof command.resultsetHeader === 'function';
}

/**
 * Run a packet.
 *
 * @param bytes the packet, with room for its header; in use until the answer is there.
 * @param done receives the server's error or the connection's, or null and the answer.
 */
export function runPacket(driver: KnownDriver, connection: Connection, bytes: Uint8Array, done: Done): void {
  const { config } = connection as unknown as KnownConnection;
  const command = driver.createQuery('', undefined, done, config);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  command.start = (_, known) => {
    known.writePacket({
      buffer,
      length: () => buffer.length,
      writeHeader(sequence) {
        buffer.writeUIntLE(buffer.length - 4, 0, 3);
        buffer[3] = sequence;
      },
    });
    return command.resultsetHeader;
  };
  connection.query(command as unknown as string);
}
