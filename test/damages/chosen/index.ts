/** The chosen damages, by what they damage. */
import type { Chosen } from './chosen.js';
import { flushers } from './flushers.js';
import { producers } from './producers.js';
import { rest } from './rest.js';
import { ring } from './ring.js';
import { threads } from './threads.js';

export type { Chosen };

export const chosen: readonly Chosen[] = [...ring, ...producers, ...flushers, ...threads, ...rest];
