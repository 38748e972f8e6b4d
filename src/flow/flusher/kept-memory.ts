/**
 * Keeps the C library from giving memory back to the system after each batch, only to ask for it again page by page.
 *
 * glibc's malloc returns what is freed at the end of a heap when it is more than 128 KiB, which a batch or two are; and
 * each page that comes back costs a page fault, in sum more than copying the batch. But it learns: once a large chunk
 * with a mapping of its own has been freed, it keeps twice as much (mallopt(3): M_MMAP_THRESHOLD is dynamic, and
 * M_TRIM_THRESHOLD follows it). So such a chunk is made, never touched, and left to the garbage collector. Other
 * libraries learn nothing from it, and it costs them nothing.
 */

/** At most twice this is kept in each thread, and only if batches have taken it. glibc learns from up to 32 MiB. */
const chunkBytes = 16 * 2 ** 20;

/** Once in each flusher's thread. */
export function keepFreedMemory(): void {
  new ArrayBuffer(chunkBytes);
}
