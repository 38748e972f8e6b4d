/**
 * How far a file has been delivered, in a small file: a line of JSON, replaced as a whole.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { SourceError } from '../../errors.js';

/** A place in a file. */
export interface FilePosition {
  readonly position: number;
  /** Which file it is, by its number in the file system; undefined where that is not known. */
  readonly inode?: string;
}

export class PositionFile {
  constructor(private readonly path: string) {}

  /** @returns the beginning where there is none. @throws SourceError for a file that is something else. */
  read(): FilePosition {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { position: 0 };
      throw error;
    }
    const position = positionIn(text);
    if (position !== undefined) return position;
    throw new SourceError(`${this.path} holds no position of a file: remove it to begin anew`);
  }

  /** Store it: after a crash the file has the old position or the new one. */
  async write(position: FilePosition): Promise<void> {
    const next = `${this.path}.next`;
    await writeFile(next, `${JSON.stringify(position)}\n`, { flush: true });
    await rename(next, this.path);
  }
}

function positionIn(text: string): FilePosition | undefined {
  try {
    const { position, inode } = (JSON.parse(text) ?? {}) as { position?: unknown; inode?: unknown };
    if (!Number.isSafeInteger(position) || (position as number) < 0) return undefined;
    return { position: position as number, ...(typeof inode === 'string' && { inode }) };
  } catch {
    return undefined;
  }
}
