/**
 * Finds out whether a thread did not start for want of file descriptors. Its own error often names something else: to a
 * loader of modules that can open no file, packages seem to be missing.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** More than a thread and its sink open while they start: some 40 (Node 20, SQLite). */
const enough = 64;

/**
 * What to do about too few file descriptors, to be added to an error of a thread or a sink.
 *
 * @returns an empty text where there are enough.
 */
export function openFilesAdvice(): string {
  const opened: number[] = [];
  try {
    while (opened.length < enough) opened.push(openSync(devNull, 'r'));
    return '';
  } catch {
    return (
      `. Only ${opened.length} more files can be opened, and a flusher's thread may need ${enough}: ` +
      'raise the limit of open files (ulimit -n; LimitNOFILE of systemd)'
    );
  } finally {
    for (const file of opened) closeSync(file);
  }
}
