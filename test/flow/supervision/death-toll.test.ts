/**
 * How many deaths give a flow up: by what is in force when they are counted.
 */
import { expect, it } from 'vitest';
import { DeathToll } from '../../../dist/src/flow/supervision/death-toll.js';

it('counts deaths with rows by the flush size of now, which update() may have raised', () => {
  let flushSize = 1;
  const deaths = new DeathToll(3, () => flushSize);
  for (let n = 0; n < 22; n++) deaths.count(1, false);
  expect(deaths.tooMany).toBe(false);
  deaths.count(1, false);
  expect(deaths.tooMany).toBe(true);
  // A larger batch takes more halvings until a poison row is alone.
  flushSize = 1024;
  expect(deaths.tooMany).toBe(false);
  for (let n = 0; n < 10; n++) deaths.count(1, false);
  expect(deaths.tooMany).toBe(true);
});

it('gives a flow up sooner when its flushers die without a row in flight, and forgets after a commit', () => {
  const deaths = new DeathToll(3, () => 1000);
  for (let n = 0; n < 4; n++) deaths.count(0, false);
  expect(deaths.tooMany).toBe(false);
  deaths.count(0, true);
  for (let n = 0; n < 5; n++) deaths.count(0, false);
  expect(deaths.tooMany).toBe(true);
});
