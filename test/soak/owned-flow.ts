/**
 * A round with a flow that a worker creates: rows come from there and from another thread, until the owner ends.
 *
 * Both threads write into shared memory which rows were accepted, the sink which it has stored. An owner that closes,
 * exits or fails leaves no accepted row behind; a producer elsewhere is refused soon, however the owner ended.
 */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { hash, Random } from '../../bench/harness/random.js';
import { messageOf } from '../../src/describe.js';
import { attachProducer, type FlowHandle } from '../../src/index.js';
import { leftovers } from './leftovers.js';

export const ownerEnds = ['close', 'exit', 'throw', 'terminate'] as const;
export type OwnerEnd = (typeof ownerEnds)[number];

/** Rows of each of the two threads. */
export const rowsOfThread = 20_000;

export interface OwnedPlan {
  readonly end: OwnerEnd;
  readonly settings: { readonly flushSize: number; readonly bufferSize: number };
  readonly accepted: Uint8Array;
  readonly stored: Uint8Array;
  /** Word 0: 1 once the owner is to end. */
  readonly words: Int32Array;
}

/** How long a producer may take to learn of the owner's end. */
const patienceMs = 20_000;

/** @returns how many rows were stored. @throws Error when anything is wrong. */
export async function ownedRound(soakSeed: number, round: number): Promise<{ end: OwnerEnd; rows: number }> {
  const random = new Random(hash(soakSeed, round));
  const bytes = () => new Uint8Array(new SharedArrayBuffer(2 * rowsOfThread));
  const flushSize = random.between(5, 100);
  const plan: OwnedPlan = {
    end: random.pick(ownerEnds),
    settings: { flushSize, bufferSize: flushSize * random.between(3, 20) },
    accepted: bytes(),
    stored: bytes(),
    words: new Int32Array(new SharedArrayBuffer(4)),
  };
  const owner = new Worker(new URL('./owner-thread.js', import.meta.url), { workerData: plan });
  // It may end by an error.
  owner.on('error', () => {});
  const exited = new Promise((resolve) => owner.once('exit', resolve));
  const [handle] = (await once(owner, 'message')) as [FlowHandle];
  const pushing = pushUntilRefused(handle, plan, random);
  await pause(random.between(5, 150));
  if (plan.end === 'terminate') await owner.terminate();
  else Atomics.store(plan.words, 0, 1);
  const refused = await pushing;
  await exited;
  const wrong = leftovers(handle, 2);
  if (refused !== 'ERR_FLOW_CLOSED') wrong.push(`the producer elsewhere: ${refused}`);
  const lost = plan.accepted.reduce(
    (sum, was, row) => sum + (was === 1 && plan.stored[row] === 0 ? 1 : 0),
    0,
  );
  if (plan.end !== 'terminate' && lost > 0) wrong.push(`${lost} accepted rows are lost`);
  if (wrong.length > 0)
    throw new Error(
      `owned round ${round}, ${plan.end}, ${JSON.stringify(plan.settings)}: ${wrong.join('; ')}`,
    );
  return { end: plan.end, rows: plan.stored.reduce((sum, count) => sum + count, 0) };
}

/** Push rows from this thread. @returns the code of the error that ends it. */
async function pushUntilRefused(handle: FlowHandle, plan: OwnedPlan, random: Random): Promise<string> {
  const producer = attachProducer(handle);
  const signal = AbortSignal.timeout(patienceMs);
  try {
    for (let i = rowsOfThread; !signal.aborted; ) {
      for (let n = random.between(1, 50); n > 0 && i < 2 * rowsOfThread && push(i); n--) i++;
      const moment = random.between(0, 9);
      if (moment < 5) await pause(1);
      else if (moment < 8) await producer.writable({ signal });
      else await producer.committed({ signal });
    }
    return 'it was never refused';
  } catch (error) {
    return (error as { code?: string }).code ?? messageOf(error);
  } finally {
    producer.close();
  }

  function push(i: number): boolean {
    const taken = producer.push({ i } as never);
    if (taken) plan.accepted[i] = 1;
    return taken;
  }
}
