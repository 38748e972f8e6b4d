/**
 * The source that reads a file of JSON lines, loaded by the source's thread. A unit is a part of the file: the lines
 * that end in it.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { SourceError } from '../../errors.js';
import { identityOf } from '../../schema/columns/row-identity.js';
import { defineSource, type Source, type SourceContext } from '../../source.js';
import { EventLines, pushLines } from '../lines/event-lines.js';
import { type Line, LineSplitter } from '../lines/line-splitter.js';
import { Frontier, type Step } from '../progress/frontier.js';
import type { NdjsonSettings } from './options.js';
import { PositionFile } from './position-file.js';

class NdjsonSource implements Source<NdjsonSettings, Step<number>> {
  readonly #position: PositionFile;
  #frontier = new Frontier<number>();
  #file: FileHandle | undefined;
  #inode = '';

  constructor(private readonly settings: NdjsonSettings) {
    this.#position = new PositionFile(settings.positionFile);
  }

  /** @throws SourceError for a file that has taken the place of the one that was delivered, or is shorter. */
  async open({ producer }: SourceContext): Promise<void> {
    // A name that is no schema's is told before a line is read.
    producer(this.settings.schema);
    this.#file = await open(this.settings.file, 'r');
    const { size, ino } = await this.#file.stat({ bigint: true });
    this.#inode = String(ino);
    const { position, inode = this.#inode } = this.#position.read();
    if (position <= size && inode === this.#inode) return;
    await this.#file.close();
    const { file, positionFile } = this.settings;
    throw new SourceError(
      `${file} has ${size} bytes, of which ${position} were delivered: it is another file; remove ${positionFile}`,
    );
  }

  async run(context: SourceContext): Promise<void> {
    const { file, maxLineBytes, schema } = this.settings;
    const lines = new EventLines(context.producer(schema), (line) =>
      // With the line itself: in a file that took this one's place others may stand there.
      identityOf('ndjson', file, line.at, line.bytes),
    );
    // What was under way when a run failed comes again.
    this.#frontier = new Frontier();
    const splitter = new LineSplitter(maxLineBytes, this.#position.read().position);
    let at = splitter.at;
    // A part has about as many lines as the one before.
    let rows = 1;
    while (!context.signal.aborted) {
      await context.whenRoom(rows);
      const part = await this.#read(at);
      at += part.length;
      const found = part.length === 0 ? splitter.end() : [...splitter.take(part)];
      rows = Math.max(1, found.length);
      await this.#deliver(context, lines, found, splitter.at);
      if (part.length === 0) return;
    }
  }

  async acknowledge(steps: readonly Step<number>[]): Promise<void> {
    const position = this.#frontier.end(steps);
    if (position !== undefined) await this.#position.write({ position, inode: this.#inode });
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #read(at: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(this.settings.partBytes);
    const { bytesRead } = await (this.#file as FileHandle).read(buffer, 0, buffer.length, at);
    return buffer.subarray(0, bytesRead);
  }

  /** Push the lines of a part. @param next where the line behind them begins. */
  async #deliver(context: SourceContext, lines: EventLines, found: readonly Line[], next: number) {
    if (found.length === 0) return;
    const step = this.#frontier.add(next);
    await context.deliver(step, (delivery) => pushLines(lines, found, delivery));
  }
}

export default defineSource((settings: NdjsonSettings) => new NdjsonSource(settings) as Source);
