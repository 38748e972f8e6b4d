/**
 * Commands in the server's protocol, which takes each command as a list of its arguments: how many there are, and each
 * behind its length.
 */
const endOfLine = 2;

/** An argument with its length. */
export function argument(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** A command of fixed arguments. */
export function command(values: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat([Buffer.from(`*${values.length}\r\n`), ...values.map(argument)]);
}

/** The arguments of commands that were written, which stay where they are. */
export function argumentsOf(written: Buffer): Buffer[][] {
  const commands: Buffer[][] = [];
  let at = 0;
  const number = () => {
    const end = written.indexOf('\r\n', at);
    const value = Number(written.toString('latin1', at + 1, end));
    at = end + endOfLine;
    return value;
  };
  while (at < written.length) {
    const all: Buffer[] = [];
    for (let left = number(); left > 0; left--) {
      const length = number();
      all.push(written.subarray(at, at + length));
      at += length + endOfLine;
    }
    commands.push(all);
  }
  return commands;
}
