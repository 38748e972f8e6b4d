/**
 * How far a file has been delivered, in a small file: a line of JSON, replaced as a whole.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { SourceError } from '../../errors.js';

export class PositionFile {
  constructor(private readonly path: string) {}

  /** @returns 0 where there is none. @throws SourceError for a file that is something else. */
  read(): number {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
    const position = positionIn(text);
    if (position !== undefined) return position;
    throw new SourceError(`${this.path} holds no position of a file: remove it to begin anew`);
  }

  /** Store it: after a crash the file has the old position or the new one. */
  async write(position: number): Promise<void> {
    const next = `${this.path}.next`;
    await writeFile(next, `${JSON.stringify({ position })}\n`, { flush: true });
    await rename(next, this.path);
  }
}

function positionIn(text: string): number | undefined {
  try {
    const position: unknown = (JSON.parse(text) as { position?: unknown } | null)?.position;
    return Number.isSafeInteger(position) && (position as number) >= 0 ? (position as number) : undefined;
  } catch {
    return undefined;
  }
}
