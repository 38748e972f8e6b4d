/** What this package uses of ringbufferjs 2, which has no types of its own. */
declare module 'ringbufferjs' {
  export default class RingBuffer<T> {
    constructor(capacity: number, evicted?: (element: T) => void);
    capacity(): number;
    isEmpty(): boolean;
    isFull(): boolean;
    size(): number;
    /** Adds at the end and returns the new size. When full, the oldest element is overwritten. */
    enq(element: T): number;
    /** Takes the oldest element out. @throws Error when empty. */
    deq(): T;
    /** The `count` oldest elements, which stay. @throws Error when there are fewer. */
    peekN(count: number): T[];
    /** Takes the `count` oldest elements out. @throws Error when there are fewer. */
    deqN(count: number): T[];
  }
}
