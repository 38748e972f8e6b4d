/**
 * What the search is given, threads over shared memory and what must hold for them, and what it gives back.
 */

/** What a thread's function does besides `Atomics`; whatever else it does must be repeatable. */
export interface Plain {
  /** A plain load of a shared word: a step. */
  load(index: number): number;
  /** A plain store to a shared word: a step. */
  store(index: number, value: number): void;
  /** A plain load of a word that no other thread writes meanwhile. Part of the step before it. */
  peek(index: number): number;
  /** A plain store to a word that no other thread reads while this one lives: a step that no other can come before. */
  keep(index: number, value: number): void;
  /** Look at a word again and again while it is `value`: a step. */
  spin(index: number, value: number): void;
  /** Tell the witness that `event`, a bit, has happened to `subject`. Part of the step before it. */
  tell(subject: number, event: number): void;
  /** Whether any of `events` has been told of `subject`. Part of the step before it. */
  told(subject: number, events: number): boolean;
  /** Say that the thread is as it was at its start: its log begins anew, and more states are the same. */
  forget(): void;
}

export interface SimulatedThread {
  readonly name: string;
  /** Throws when something is wrong. */
  run(plain: Plain): void;
  /** The thread may die before any of its steps, or asleep; `deaths` such threads in a schedule do. */
  readonly mortal?: boolean;
  /** It is started when this thread has ended or died. */
  readonly after?: number;
  /** The thread may sleep for ever when all others have ended. */
  readonly daemon?: boolean;
}

export interface Scenario {
  /** The shared memory, as set up. */
  readonly words: Int32Array;
  readonly threads: readonly SimulatedThread[];
  /** How many subjects events are told of. */
  readonly subjects: number;
  /**
   * A thread tells of an event, or a word does.
   * @returns what is known of the subject then, of which `before` was known. Throws when this must not happen to it.
   */
  witness(subject: number, event: number, before: number, thread: number): number;
  /** A word was written, and was `old` before: it may tell of events, as part of that step. */
  stored(index: number, old: number, tell: (subject: number, event: number) => void): void;
  /** @returns what is known of a subject, of which `before` was known, once a thread is dead. */
  died(thread: number, before: number): number;
  /** Throws when the memory, or what was told, is not as it must be when nothing moves any more. */
  atEnd(told: (subject: number) => number): void;
}

export interface Bounds {
  /** How often, in one schedule, a thread that could run on may be left. */
  readonly preemptions: number;
  /** How many mortal threads may die in one schedule; 1 if not given. */
  readonly deaths?: number;
  /** Whether the ring's own assertions are made; true if not given. */
  readonly asserting?: boolean;
}

/** One step as it was taken. */
export interface Step {
  readonly thread: number;
  readonly operation: Operation;
  readonly index: number;
  readonly operand: number;
  readonly result: number;
}

export interface Walk {
  /** Schedules followed, each until its end or until it met a state seen before. */
  readonly schedules: number;
  readonly states: number;
  readonly failure: { readonly message: string; readonly trace: readonly Step[] } | undefined;
}

export const operation = {
  load: 0,
  store: 1,
  add: 2,
  sub: 3,
  exchange: 4,
  compareExchange: 5,
  wait: 6,
  notify: 7,
  read: 8,
  write: 9,
  spin: 10,
  die: 11,
} as const;
export type Operation = (typeof operation)[keyof typeof operation];
