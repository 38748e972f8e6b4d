/**
 * PostgreSQL's messages in a buffer: numbers with their high byte first, each message behind its type and length.
 */
import { WireBuffer } from '../../wire/wire-buffer.js';

/** Fewer bytes than the server takes in one message, 2^30; and all positions fit into 31 bits. */
const mostBytes = 2 ** 29;

export class MessageBuffer extends WireBuffer {
  constructor() {
    super(mostBytes);
  }

  int16(value: number): void {
    this.reserve(2);
    this.view.setInt16(this.at, value);
    this.at += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.at, value);
    this.at += 4;
  }

  /** A text with the zero byte that ends it. */
  text(value: string): void {
    this.reserve(3 * value.length + 1);
    this.at += encoder.encodeInto(value, this.bytes.subarray(this.at)).written;
    this.bytes[this.at++] = 0;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A message: its type, its length, and what `body` writes. */
  message(type: string, body: () => void): void {
    this.reserve(5);
    this.bytes[this.at] = type.charCodeAt(0);
    const start = this.at + 1;
    this.at += 5;
    body();
    this.view.setInt32(start, this.at - start);
  }
}

const encoder = new TextEncoder();
