/**
 * Runs a few threads under a simulated `Atomics`, in every order that a bound on preemptions allows.
 *
 * A thread is a function without memory of its own: to go on with it, it is called again from the start and
 * fed the results that its operations had (its log); at the first operation that is new, it runs on for
 * real. Every operation is one step, and before each step another thread may take over. The search goes
 * depth-first: a frame on the stack keeps what else may be done at a step, and what to restore for it.
 *
 * Going on with the running thread, or leaving one that is blocked or has ended, costs nothing; leaving one
 * that could run on is a preemption. Timeouts never pass here: a wake-up that is lost is a sleep for ever.
 *
 * What follows from a state (memory, logs, who is blocked) does not depend on how it was reached, so a
 * schedule that meets a state that was seen before ends there.
 */
import { assertOnlyWhile } from '../../../dist/src/ring/assertions.js';
import {
  type Bounds,
  type Operation,
  operation,
  type Plain,
  type Scenario,
  type SimulatedThread,
  type Step,
  type Walk,
} from './scenario.js';
import { SeenStates } from './seen-states.js';
import { mix, seedA, seedB, UndoMemory } from './undo-memory.js';

/** What a thread is doing: this, or 1 + the word it sleeps on. */
const runnable = 0;
/** Added for one that spins on the word. */
const spinning = 1 << 28;
const ended = 1 << 29;
/** It has not been started. */
const unborn = ended - 1;
const dead = ended + 1;

/** A thread that takes more steps than this in one schedule will not end. */
const maxSteps = 1000;
const maxFrames = 8 * maxSteps;
const stepWords = 5;
/** What else may be done at a frame, beside a bit for each thread that may run. */
const dies = 1 << 30;

/** Thrown through a thread's function to stop it. */
const stop = { stop: true };

/** Walk the schedules of a scenario until one fails. `Atomics` is simulated meanwhile, for this thread. */
export function walk(scenario: Scenario, { preemptions, deaths = 1, asserting = true }: Bounds): Walk {
  const { threads } = scenario;
  const count = threads.length;
  const unbounded = preemptions === Number.POSITIVE_INFINITY;
  const mortals = threads.reduce((mask, thread, t) => mask | (thread.mortal ? 1 << t : 0), 0);

  const memory = new UndoMemory(scenario.words);
  const witnessed = new UndoMemory(new Int32Array(scenario.subjects));
  const words = memory.words;
  const seen = new SeenStates();
  const doing = new Int32Array(count);
  const logs = threads.map(() => new Int32Array(maxSteps));
  /** Where a thread's log begins, and where it ends. */
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  const logA = new Int32Array(count);
  const logB = new Int32Array(count);
  const trace = new Int32Array(maxSteps * count * stepWords);
  let steps = 0;
  let schedules = 0;

  // The running thread.
  let running = 0;
  let log = logs[0] as Int32Array;
  let length = 0;
  let cursor = 0;
  /** Preemptions left. */
  let left = unbounded ? 0 : preemptions;
  /** It has just taken over: it takes a step before it can be left. */
  let fresh = true;
  /** It is being stopped: what it does in a `finally` is no step. */
  let stopping = false;

  // A frame: what else may be done, by or instead of which thread, at which price, then all to restore.
  const frameWords = 7 + 5 * count;
  const frames = new Int32Array(maxFrames * frameWords);
  let depth = 0;

  function pushFrame(choices: number, thread: number, price: number): void {
    const at = depth++ * frameWords;
    frames[at] = choices;
    frames[at + 1] = thread;
    frames[at + 2] = price;
    frames[at + 3] = left;
    frames[at + 4] = steps;
    frames[at + 5] = memory.mark;
    frames[at + 6] = witnessed.mark;
    for (let t = 0; t < count; t++) {
      const of = at + 7 + 5 * t;
      frames[of] = doing[t] as number;
      frames[of + 1] = lengths[t] as number;
      frames[of + 2] = logA[t] as number;
      frames[of + 3] = logB[t] as number;
      frames[of + 4] = starts[t] as number;
    }
  }

  function restore(at: number): void {
    left = frames[at + 3] as number;
    steps = frames[at + 4] as number;
    memory.undo(frames[at + 5] as number);
    witnessed.undo(frames[at + 6] as number);
    for (let t = 0; t < count; t++) {
      const of = at + 7 + 5 * t;
      doing[t] = frames[of] as number;
      lengths[t] = frames[of + 1] as number;
      logA[t] = frames[of + 2] as number;
      logB[t] = frames[of + 3] as number;
      starts[t] = frames[of + 4] as number;
    }
  }

  /** Whether this state was here before: nothing new can follow. `thread`: who goes on at no cost. */
  function known(thread: number): boolean {
    let a = memory.hashA ^ witnessed.hashB;
    let b = memory.hashB ^ Math.imul(witnessed.hashA, 31);
    for (let t = 0; t < count; t++) {
      a ^= mix(logA[t] as number, doing[t] as number, seedA + t);
      b ^= mix(logB[t] as number, doing[t] as number, seedB + t);
    }
    if (!unbounded) a ^= mix(thread, count, seedB);
    return !seen.add(a, b, left);
  }

  function runnables(): number {
    let mask = 0;
    for (let t = 0; t < count; t++) if (doing[t] === runnable) mask |= 1 << t;
    return mask;
  }

  function mayDie(thread: number): boolean {
    if (((mortals >> thread) & 1) === 0) return false;
    let died = 0;
    for (let t = 0; t < count; t++) if (doing[t] === dead) died++;
    return died < deaths;
  }

  function record(op: Operation, index: number, operand: number): void {
    const at = steps++ * stepWords;
    trace[at] = running;
    trace[at + 1] = op;
    trace[at + 2] = index;
    trace[at + 3] = operand;
    trace[at + 4] = 0;
  }

  function append(thread: number, result: number): void {
    (logs[thread] as Int32Array)[lengths[thread] as number] = result;
    (lengths[thread] as number)++;
    logA[thread] = mix(logA[thread] as number, result, seedA);
    logB[thread] = mix(logB[thread] as number, result, seedB);
  }

  /**
   * Before a new operation of the running thread: others may go first.
   * @param isShared whether others may see what it does; else this thread may only die before it.
   */
  function begin(op: Operation, index: number, operand: number, isShared = true): void {
    if (stopping) throw stop;
    if (length >= maxSteps - 1) throw new Error(`${nameOf(running)} runs on without end`);
    if (fresh) fresh = false;
    else {
      let choices = isShared && (unbounded || left > 0) ? runnables() & ~(1 << running) : 0;
      if (mayDie(running)) choices |= dies;
      // Where there is no choice, a state that is known need not be noticed at once.
      const notice = choices !== 0 || (op !== operation.load && op !== operation.read);
      if (notice && known(running)) halt();
      if (choices !== 0) pushFrame(choices, running, unbounded ? 0 : 1);
    }
    record(op, index, operand);
  }

  /** After it: note what it gave. */
  function give(result: number): number {
    trace[steps * stepWords - 1] = result;
    return advance(result);
  }

  function advance(result: number): number {
    append(running, result);
    cursor = length = lengths[running] as number;
    return result;
  }

  /** The running thread waits; its log goes on when it is woken. */
  function block(reason: number): never {
    doing[running] = reason;
    return halt();
  }

  function halt(): never {
    stopping = true;
    throw stop;
  }

  function wake(reason: number): number {
    let woken = 0;
    for (let t = 0; t < count; t++) {
      if (doing[t] !== reason) continue;
      doing[t] = runnable;
      append(t, 1);
      woken++;
    }
    return woken;
  }

  function change(op: Operation, index: number, operand: number, value: number): number {
    const old = words[index] as number;
    memory.write(index, value);
    const result = give(op === operation.store || op === operation.write ? operand : old);
    if (words[index] !== old) wake(spinning + index + 1);
    scenario.stored(index, old, note);
    return result;
  }

  function note(subject: number, event: number): void {
    const before = witnessed.words[subject] as number;
    witnessed.write(subject, scenario.witness(subject, event, before, running));
  }

  function die(thread: number): void {
    running = thread;
    record(operation.die, 0, 0);
    for (let subject = 0; subject < scenario.subjects; subject++) {
      const before = witnessed.words[subject] as number;
      const after = scenario.died(thread, before);
      if (after !== before) witnessed.write(subject, after);
    }
    end(thread, dead);
  }

  const simulated = {
    load(_: Int32Array, index: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.load, index, 0);
      return give(words[index] as number);
    },
    store(_: Int32Array, index: number, value: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.store, index, value);
      return change(operation.store, index, value, value);
    },
    add(_: Int32Array, index: number, value: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.add, index, value);
      return change(operation.add, index, value, (words[index] as number) + value);
    },
    sub(_: Int32Array, index: number, value: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.sub, index, value);
      return change(operation.sub, index, value, (words[index] as number) - value);
    },
    exchange(_: Int32Array, index: number, value: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.exchange, index, value);
      return change(operation.exchange, index, value, value);
    },
    compareExchange(_: Int32Array, index: number, expected: number, value: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.compareExchange, index, value);
      const old = words[index] as number;
      return change(operation.compareExchange, index, value, old === expected ? value : old);
    },
    wait(_: Int32Array, index: number, value: number): 'ok' | 'not-equal' {
      if (cursor < length) return log[cursor++] === 1 ? 'ok' : 'not-equal';
      begin(operation.wait, index, value);
      if (words[index] === value) block(index + 1);
      give(0);
      return 'not-equal';
    },
    notify(_: Int32Array, index: number): number {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.notify, index, 0);
      return give(wake(index + 1));
    },
  };

  const plain: Plain = {
    load(index) {
      if (cursor < length) return log[cursor++] as number;
      begin(operation.read, index, 0);
      return give(words[index] as number);
    },
    store(index, value) {
      if (cursor < length) {
        cursor++;
        return;
      }
      begin(operation.write, index, value);
      change(operation.write, index, value, value);
    },
    peek(index) {
      if (cursor < length) return log[cursor++] as number;
      return advance(words[index] as number);
    },
    keep(index, value) {
      if (cursor < length) {
        cursor++;
        return;
      }
      begin(operation.write, index, value, false);
      change(operation.write, index, value, value);
    },
    spin(index, value) {
      if (cursor < length) {
        cursor++;
        return;
      }
      begin(operation.spin, index, value);
      if (words[index] === value) block(spinning + index + 1);
      give(0);
    },
    tell(subject, event) {
      if (cursor < length) {
        cursor++;
        return;
      }
      note(subject, event);
      advance(0);
    },
    told(subject, events) {
      if (cursor < length) return log[cursor++] === 1;
      return advance(((witnessed.words[subject] as number) & events) === 0 ? 0 : 1) === 1;
    },
    forget() {
      if (cursor === length) forget(running);
    },
  };

  function forget(thread: number): void {
    starts[thread] = lengths[thread] as number;
    logA[thread] = 0;
    logB[thread] = 0;
  }

  function end(thread: number, how: number): void {
    doing[thread] = how;
    forget(thread);
    for (let t = 0; t < count; t++) if (threads[t]?.after === thread) doing[t] = runnable;
  }

  /** Go on with a thread until it ends or blocks. @returns false when it met a known state instead. */
  function run(thread: number): boolean {
    running = thread;
    log = logs[thread] as Int32Array;
    length = lengths[thread] as number;
    cursor = starts[thread] as number;
    fresh = true;
    stopping = false;
    try {
      (threads[thread] as SimulatedThread).run(plain);
      end(thread, ended);
    } catch (thrown) {
      if (thrown !== stop) throw thrown;
    }
    return doing[thread] !== runnable;
  }

  /** The running thread has ended, died or blocked: any other may go on, or it may die in its sleep. */
  function leave(thread: number): void {
    if (known(count)) return;
    const others = runnables();
    const death = (doing[thread] as number) < ended && mayDie(thread) ? dies : 0;
    if (others === 0) checkEnd();
    if (others !== 0 || death !== 0) pushFrame(others | death, thread, 0);
  }

  function checkEnd(): void {
    for (let t = 0; t < count; t++) {
      const reason = doing[t] as number;
      if (reason >= ended || threads[t]?.daemon) continue;
      const how = reason > spinning ? 'spins' : 'sleeps';
      throw new Error(`${nameOf(t)} ${how} for ever`);
    }
    scenario.atEnd((subject) => witnessed.words[subject] as number);
  }

  function nameOf(thread: number): string {
    return (threads[thread] as SimulatedThread).name;
  }

  function search(): void {
    for (let t = 0; t < count; t++) if (threads[t]?.after !== undefined) doing[t] = unborn;
    pushFrame(runnables(), 0, 0);
    while (depth > 0) {
      const at = (depth - 1) * frameWords;
      const choices = frames[at] as number;
      const thread = frames[at + 1] as number;
      if (choices === 0) {
        depth--;
        continue;
      }
      schedules++;
      restore(at);
      const choice = choices & -choices;
      frames[at] = choices & ~choice;
      if (choice === dies) {
        die(thread);
        leave(thread);
      } else {
        left -= frames[at + 2] as number;
        const next = 31 - Math.clz32(choice);
        if (run(next)) leave(next);
      }
    }
  }

  const real = globalThis.Atomics;
  globalThis.Atomics = simulated as unknown as Atomics;
  // The ring's assertions read words by plain loads. While a thread is fed results from its log, it is at a moment that
  // has passed and the words are not; once the log is used up, both are at the present. An assertion
  // holds at any moment between two steps of its thread, so it is no step itself and leaves nothing in the log.
  assertOnlyWhile(() => asserting && cursor === length);
  let failure: Walk['failure'];
  try {
    search();
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    failure = { message, trace: stepsOf(trace, steps) };
  } finally {
    globalThis.Atomics = real;
    assertOnlyWhile(() => true);
    memory.undo(0);
  }
  return { schedules, states: seen.size, failure };
}

function stepsOf(trace: Int32Array, steps: number): Step[] {
  return Array.from({ length: steps }, (_, n) => {
    const [thread, op, index, operand, result] = trace.subarray(n * stepWords, (n + 1) * stepWords);
    return { thread, operation: op, index, operand, result } as Step;
  });
}
