/**
 * The simulation of many hosts does what can be computed by hand, and repeats; its measurements measure what they say.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measure } from '../../dist/bench/hosts/measure.js';
import { type Settings, type SinkModel, times, usual } from '../../dist/bench/hosts/model.js';
import { type Plan, simulate } from '../../dist/bench/hosts/simulation.js';
import { one } from '../../dist/bench/sinks/nats-places.js';
import { NatsServer, noNats } from '../fixtures/nats-server.js';

const costs = { publishMs: 3, deliverMs: 1, unpackMs: 0.5, roundTripMs: 0.5 };
const waits = (waitMs: number): SinkModel => ({ name: 'waits', waitMs, databaseMs: 0, databaseLanes: 1 });
const plan = (more: Partial<Settings>, sink: SinkModel, rest: Partial<Plan> = {}): Plan => ({
  ...{ costs, sink, times, endMs: 20_000, seed: 1 },
  settings: { ...usual, workers: 1, streams: 1, ...more },
  ...rest,
});
/** Within a share of what is computed. */
const near = (value: number, computed: number, share = 0.05) =>
  expect(Math.abs(value / computed - 1), `${value} instead of ${computed}`).toBeLessThan(share);

describe('the simulation of many hosts', () => {
  it.each([1, 2, 8])('%i workers are as fast as their sinks', (workers) => {
    near(simulate(plan({ workers }, waits(50))).eventsPerSecond, workers * 20_000);
  });

  it.each([1, 4])('many workers are as fast as the leaders of %i streams', (streams) => {
    near(simulate(plan({ workers: 100, streams }, waits(50))).eventsPerSecond, (streams * 1e6) / 4);
  });

  it('a database that all share is a limit', () => {
    const sink = { ...waits(50), databaseMs: 10, databaseLanes: 2 };
    near(simulate(plan({ workers: 100, streams: 4 }, sink)).eventsPerSecond, 200_000);
  });

  it('a message of a partition at a time costs the whole way of each', () => {
    const sink = waits(5);
    const { eventsPerSecond } = simulate(plan({ maxAckPending: 1, ringMessages: 1 }, sink));
    // Delivered, unpacked, written, acknowledged, beside what is published meanwhile.
    expect(eventsPerSecond).toBeLessThan(1e6 / (1 + 0.5 + 5));
  });

  it("after a leader's death the backlog of the election goes at the pace that is left", () => {
    const rest = { perSecond: 175_000, fault: 'leader', faultMs: 10_000, endMs: 60_000 } as const;
    const { recoveryMs } = simulate(plan({ workers: 100 }, waits(5), rest));
    near(recoveryMs, times.electionMs / (1 - 0.7), 0.15);
  });

  it("what a dead worker had comes again within the consumer's wait", () => {
    const rest = { perSecond: 70_000, fault: 'worker', faultMs: 10_000, endMs: 60_000 } as const;
    const { recoveryMs } = simulate(plan({ workers: 5, ackWaitMs: 8000 }, waits(50), rest));
    expect(recoveryMs).toBeGreaterThan(3000);
    expect(recoveryMs).toBeLessThan(16_000);
  });

  it('repeats by its seed', () => {
    const of = (seed: number) => simulate(plan({ workers: 3 }, waits(50), { perSecond: 40_000, seed }));
    expect(of(7)).toEqual(of(7));
    expect(of(7).usualLag).not.toBe(of(8).usualLag);
  });
});

describe.skipIf(noNats)(`the measurements of hosts ${noNats ?? ''}`, () => {
  beforeAll(async () => {
    process.env[one.variable] = (await NatsServer.start()).url;
  });
  afterAll(() => {
    delete process.env[one.variable];
  });

  it.each(['publish', 'deliver'] as const)('have a time for a message: %s', async (step) => {
    const { messageMs } = await measure({ step, replicas: 1, rows: 100, underWay: 4, ms: 50 });
    expect(messageMs).toBeGreaterThan(0);
  });
});
