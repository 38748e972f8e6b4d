/**
 * Finds out whether a thread did not start for want of file descriptors. Its own error often names something else: to a
 * loader of modules that can open no file, packages seem to be missing.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** More than a thread opens at once while it starts: some 10 (Node 20), and those of its sink. */
const enough = 24;

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
      ` (only ${opened.length} more files can be opened, and a flusher's thread may need ${enough}: ` +
      'raise the limit of open files, "ulimit -n" or LimitNOFILE of systemd)'
    );
  } finally {
    for (const file of opened) closeSync(file);
  }
}
