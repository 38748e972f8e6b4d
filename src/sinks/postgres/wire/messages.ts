/**
 * The other messages of the extended query protocol. Several statements before one `sync` are one transaction, and the
 * server answers them together: a batch is one write and one answer.
 */
import type { MessageBuffer } from './message-buffer.js';

const statementMark = Uint8Array.of('S'.charCodeAt(0));

/** Give a statement to the server. @param name '' for the one that the next one replaces. */
export function parse(into: MessageBuffer, sql: string, name = ''): void {
  into.message('P', () => {
    into.text(name);
    into.text(sql);
    into.int16(0);
  });
}

/** Let the server forget a statement; one that it does not know is no error. */
export function forget(into: MessageBuffer, name: string): void {
  into.message('C', () => {
    into.raw(statementMark);
    into.text(name);
  });
}

/** Run the statement that was bound last. */
export function execute(into: MessageBuffer): void {
  into.message('E', () => {
    into.text('');
    into.int32(0);
  });
}

/** A whole statement without parameters. */
export function run(into: MessageBuffer, sql: string): void {
  parse(into, sql);
  into.message('B', () => {
    into.text('');
    into.text('');
    into.int16(0);
    into.int16(0);
    into.int16(0);
  });
  execute(into);
}

/** End the transaction: it is committed if each statement of it has passed. */
export function sync(into: MessageBuffer): void {
  into.message('S', () => {});
}
