/**
 * The socket to the server, by which MariaDB is asked for bulk execution.
 *
 * The server tells in its first packet whether it has it. The client asks for it in its own first packet, which
 * `mysql2` writes without knowing of it. So the socket changes that packet as it is written.
 */
import { connect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'mysql2';

/** `CLIENT_MYSQL`, once `LONG_PASSWORD`: MariaDB leaves it out, and the bytes behind are its own capabilities. */
const clientMysql = 1;
/** Of MariaDB's capabilities, in their own four bytes. */
const bulkCapability = 4;

/** Of the client's first packet, behind the header: capabilities, and MariaDB's. */
const capabilitiesAt = 4;
const extendedAt = 32;
const shortestAnswer = 36;

const keepAliveMs = 30_000;

export class ServerSocket {
  readonly stream: Socket;
  /** Whether the server was asked for bulk execution, and has it. */
  asksForBulk = false;
  #hello = Buffer.alloc(0);

  constructor({ host = 'localhost', port = 3306, socketPath }: ConnectionOptions) {
    const socket = socketPath === undefined ? connect(port, host) : connect(socketPath);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    this.stream = socket;
    const listen = (data: Buffer) => {
      this.#hello = Buffer.concat([this.#hello, data]);
    };
    socket.on('data', listen);
    const { write } = socket;
    socket.write = (data: string | Uint8Array, ...rest: unknown[]) => {
      socket.write = write;
      socket.off('data', listen);
      if (data instanceof Uint8Array) this.#ask(data);
      return (write as (...all: unknown[]) => boolean).call(socket, data, ...rest);
    };
  }

  #ask(answer: Uint8Array): void {
    if (answer.length < shortestAnswer || !offersBulk(this.#hello)) return;
    (answer[capabilitiesAt] as number) &= ~clientMysql;
    (answer[extendedAt] as number) |= bulkCapability;
    this.asksForBulk = true;
  }
}

/** Whether a server's first packet offers bulk execution. */
function offersBulk(packet: Buffer): boolean {
  // The protocol's version, a text that says the server's, the connection's number, half of a random text, zero.
  const end = packet.indexOf(0, 5);
  const at = end + 1 + 4 + 8 + 1;
  // Capabilities in two halves, with charset and status between, a length, six bytes that are not used, MariaDB's.
  const extended = at + 2 + 1 + 2 + 2 + 1 + 6;
  if (end < 0 || packet.length < extended + 4) return false;
  const isMysql = (packet.readUInt16LE(at) & clientMysql) !== 0;
  return !isMysql && (packet.readUInt32LE(extended) & bulkCapability) !== 0;
}
