/**
 * The table of all ways that `bench:peers` compares.
 */

import { oursAny, oursColumns, oursRows } from '../ways/flow.js';
import { harness, inProcess } from '../ways/in-process.js';
import type { Way } from '../ways/way.js';
import { comlink } from './comlink.js';
import { piscinaMessages, piscinaSync, tinypool } from './pools.js';
import { postArrays, postJson } from './post.js';
import { threadStream1, threadStream100 } from './thread-stream.js';

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
