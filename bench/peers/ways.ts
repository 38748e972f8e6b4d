/**
 * The table of all ways that are compared.
 */
import { comlink } from './comlink.js';
import { oursAny, oursColumns, oursRows } from './flow.js';
import { harness, inProcess } from './in-process.js';
import { piscinaMessages, piscinaSync, tinypool } from './pools.js';
import { postArrays, postJson } from './post.js';
import { threadStream1, threadStream100 } from './thread-stream.js';
import type { Way } from './way.js';

export const peerWays: readonly Way[] = [
  harness,
  inProcess,
  postArrays,
  postJson,
  piscinaSync,
  piscinaMessages,
  tinypool,
  comlink,
  threadStream1,
  threadStream100,
  oursRows,
  oursColumns,
  oursAny,
];
