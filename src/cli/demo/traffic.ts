/**
 * The demo's clients: several connections that post NDJSON and add up what the service tells them.
 *
 * Runs on a thread of its own, so that the service's main thread only serves.
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../describe.js';
import { accessLines } from './access-events.js';

export interface TrafficOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly seconds: number;
  readonly connections: number;
  /** Marks the events of this run. */
  readonly marker: string;
}

/** What the clients were told. */
export interface Tally {
  /** Answers by status. */
  answers: Record<number, number>;
  /** Rows that answers called accepted or committed; each row once. */
  rows: number;
  /** Of these, the rows that answers called committed. */
  committedRows: number;
  /** Requests that got no answer: nobody knows what became of their rows. */
  unanswered: number;
  /** Why the first of them got none. */
  firstError?: string;
}

interface Answer {
  status: number;
  retryAfterS: number;
  body: { accepted?: number; committed?: number };
}

/** One request in so many waits for the commit. */
const ackEvery = 4;
const minLines = 100;
const maxLines = 500;
/** Clients pause between bursts; then a part-filled batch has to go out by its deadline. */
const burstMs = 700;
const pauseMs = 300;

export async function sendTraffic(options: TrafficOptions): Promise<Tally> {
  const tally: Tally = { answers: {}, rows: 0, committedRows: 0, unanswered: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
  const start = performance.now();
  const endAt = start + options.seconds * 1000;
  await Promise.all(Array.from({ length: options.connections }, (_, i) => oneClient(i)));
  agent.destroy();
  return tally;

  async function oneClient(first: number): Promise<void> {
    for (let n = first; performance.now() < endAt; n++) {
      const lines = minLines + Math.floor(Math.random() * (maxLines - minLines));
      try {
        const answer = await post(options, agent, accessLines(lines, options.marker), n % ackEvery === 0);
        add(tally, answer);
        if (answer.retryAfterS > 0)
          await sleep(Math.min(answer.retryAfterS * 1000, endAt - performance.now()));
      } catch (error) {
        tally.unanswered++;
        tally.firstError ??= messageOf(error);
      }
      const inBurst = (performance.now() - start) % (burstMs + pauseMs);
      if (inBurst > burstMs) await sleep(burstMs + pauseMs - inBurst);
    }
  }
}

function add(tally: Tally, { status, body }: Answer): void {
  tally.answers[status] = (tally.answers[status] ?? 0) + 1;
  tally.rows += body.accepted ?? body.committed ?? 0;
  tally.committedRows += body.committed ?? 0;
}

function post({ url, token }: TrafficOptions, agent: Agent, lines: string, ack: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(lines),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const req = request(`${url}/v1/events${ack ? '?ack=committed' : ''}`, { method: 'POST', agent, headers });
    req.on('error', reject);
    req.on('response', (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (part: string) => {
        text += part;
      });
      res.on('error', reject);
      res.on('end', () => {
        try {
          const retryAfterS = Number(res.headers['retry-after'] ?? 0);
          resolve({ status: res.statusCode as number, retryAfterS, body: JSON.parse(text) });
        } catch (error) {
          reject(error);
        }
      });
    });
    req.end(lines);
  });
}
