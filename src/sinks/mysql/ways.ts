/**
 * Which of the ways rows travel by.
 */
import { messageOf } from '../../describe.js';
import { SinkError } from '../../errors.js';
import type { MysqlWay } from './options.js';
import type { Session } from './session.js';

export class Ways {
  /** Whether the server has refused bulk execution, which it does for good: by its format of logging, say. */
  #bulkIsRefused = false;
  /** The way of the last write. */
  #last: MysqlWay | undefined;
  #hasWarned = false;

  constructor(
    private readonly wanted: MysqlWay | undefined,
    private readonly warn: (text: string) => void,
  ) {}

  /** The way of the last write; undefined before the first. */
  get last(): MysqlWay | undefined {
    return this.#last;
  }

  /** The way for a connection. @throws SinkError when the one that the options name cannot be. */
  of(session: Session): MysqlWay {
    this.#last = this.wanted === undefined ? this.#best(session) : this.#named(session, this.wanted);
    return this.#last;
  }

  /** Go on without bulk execution. @throws the error when the options ask for it. */
  refuseBulk(error: unknown): void {
    if (this.wanted === 'bulk') throw error;
    if (!this.#bulkIsRefused) {
      this.warn(`the server refuses bulk execution: ${messageOf(error)}; rows go by prepared statements`);
    }
    this.#bulkIsRefused = true;
  }

  #best(session: Session): MysqlWay {
    if (session.takesBulk && !this.#bulkIsRefused) return 'bulk';
    if (session.takesPackets) return 'execute';
    if (!this.#hasWarned) {
      this.warn(
        'this version of mysql2 takes no packets of the sink; rows go by INSERT as text, which is slower',
      );
    }
    this.#hasWarned = true;
    return 'query';
  }

  #named(session: Session, way: MysqlWay): MysqlWay {
    if (way === 'bulk' && !session.takesBulk) {
      throw new SinkError("the server has no bulk execution, which way: 'bulk' asks for");
    }
    if (way === 'execute' && !session.takesPackets) {
      throw new SinkError(
        "this version of mysql2 takes no packets of the sink, which way: 'execute' asks for",
      );
    }
    return way;
  }
}
