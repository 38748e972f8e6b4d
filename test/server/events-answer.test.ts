/**
 * The answer's composition where several things come together.
 */
import { expect, test } from 'vitest';
import type { CommitWait } from '../../dist/src/server/commit-wait.js';
import { eventsAnswer } from '../../dist/src/server/events-answer.js';
import type { Intake } from '../../dist/src/server/intake.js';
import { RequestFault } from '../../dist/src/server/request-fault.js';

const intake = { accepted: 20, rejected: [], moreRejected: 0, nextLine: 21 } as unknown as Intake;
const full = new RequestFault(429, 'ring_full', 'the ring stayed full');
const commit = { failed: [{ line: 4 }], failedCount: 1 } as unknown as CommitWait;

test('rows that were given up of a body that was not taken whole: the answer says where to go on', () => {
  const givenUp = new RequestFault(500, 'not_committed', '1 of 20');
  expect(eventsAnswer(intake, full, givenUp, commit)).toMatchObject({
    status: 500,
    body: { code: 'not_committed', accepted: 20, committed: 19, failed: [{ line: 4 }], nextLine: 21 },
  });
  expect(eventsAnswer(intake, undefined, givenUp, commit).body).not.toHaveProperty('nextLine');
});

test('a commit that takes too long of a body that was not taken whole: the answer says where to go on', () => {
  const late = new RequestFault(504, 'commit_timeout', 'not committed');
  const { status, body } = eventsAnswer(intake, full, late, undefined);
  expect([status, body]).toMatchObject([504, { code: 'commit_timeout', accepted: 20, nextLine: 21 }]);
  expect(eventsAnswer(intake, undefined, late, undefined).body).not.toHaveProperty('nextLine');
});
