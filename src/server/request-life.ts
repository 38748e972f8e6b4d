/**
 * One request until its answer is known, and the reasons that end its body before the last byte.
 *
 * The service stops; the client disconnects; the client sends nothing for too long; another request needs the bytes
 * that this one holds. The first reason counts: `ended` aborts with it, as a `RequestFault`. Time that the service
 * takes never ends a request, so its rows may wait for a slow target.
 */
import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BufferBudget, BufferShare } from './buffer-budget.js';
import { RequestFault, stoppingFault } from './request-fault.js';

export interface RequestLifeOptions {
  /** Signal that the service shuts down. */
  readonly stopping: AbortSignal;
  /** Time for which the client may send nothing while the service waits for it. */
  readonly clientTimeoutMs: number;
  readonly budget: BufferBudget;
}

const lives = new WeakMap<Duplex, RequestLife>();

export class RequestLife {
  /** Bytes that the request holds until more come. */
  readonly buffers: BufferShare;
  /** Whether the connection is closed, so that no answer can be read. */
  clientGone = false;
  readonly #end = new AbortController();
  #silence: NodeJS.Timeout | undefined;
  /** While the service waits: whether the client has to send something. */
  #owes: (() => boolean) | undefined;
  /** Bytes that the connection had received at the last look. */
  #seen = 0;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly options: RequestLifeOptions,
  ) {
    this.buffers = options.budget.share((fault) => this.end(fault));
    const { socket } = request;
    lives.set(socket, this);
    // Many requests share a connection if the client sends them without waiting for answers.
    setMaxListeners(0, socket);
    socket.once('close', this.#onGone);
    response.on('timeout', stay);
    const { stopping } = options;
    stopping.addEventListener('abort', this.#onStopping);
    if (stopping.aborted) this.#onStopping();
    if (socket.destroyed) this.#onGone();
  }

  /** The last request on a connection, if its answer is not sent yet. */
  static of(socket: Duplex): RequestLife | undefined {
    const life = lives.get(socket);
    return life?.response.writableFinished === false ? life : undefined;
  }

  /** Signal that the request ends before its body; its reason is the RequestFault. */
  get ended(): AbortSignal {
    return this.#end.signal;
  }

  end(fault: RequestFault): void {
    this.#end.abort(fault);
  }

  /**
   * Note that the service begins to wait for more of the body.
   *
   * @param owes says later whether the client has to send something.
   */
  waits(owes: () => boolean): void {
    this.#owes = owes;
    this.#seen = this.request.socket.bytesRead;
    this.buffers.clientWaits();
    if (this.#silence === undefined) {
      this.#silence = setTimeout(this.#onSilence, this.options.clientTimeoutMs);
    } else this.#silence.refresh();
  }

  /** Note that the wait is over. */
  goesOn(): void {
    this.#owes = undefined;
    this.buffers.clientCame();
  }

  /** Note that no more of the body is read. */
  endBody(): void {
    clearTimeout(this.#silence);
    this.options.stopping.removeEventListener('abort', this.#onStopping);
    this.buffers.hold(0);
  }

  /** Note that the answer is known. */
  close(): void {
    this.endBody();
    this.request.socket.off('close', this.#onGone);
    this.response.off('timeout', stay);
  }

  readonly #onGone = (): void => {
    this.clientGone = true;
    this.end(new RequestFault(400, 'aborted', 'the client went away'));
  };

  readonly #onStopping = (): void => this.end(stoppingFault());

  readonly #onSilence = (): void => {
    // The service is at work; its next wait starts the timer again.
    if (this.#owes === undefined) return;
    const { bytesRead } = this.request.socket;
    if (bytesRead === this.#seen && this.#owes()) {
      const message = `the client sent nothing for ${this.options.clientTimeoutMs} ms`;
      this.end(new RequestFault(408, 'client_timeout', message));
      return;
    }
    this.#seen = bytesRead;
    this.#silence?.refresh();
  };
}

/** A listener is all that Node needs to keep a quiet connection. */
function stay(): void {}
