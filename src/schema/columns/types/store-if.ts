/**
 * Generates the check that most column types use: store the value if a condition holds, otherwise report a fault.
 */
import { type Code, ifThen } from '../../codegen/code.js';
import type { CheckNames } from './spec.js';

/** Code: stores the value, or what is made of it, if a condition holds. Otherwise it does not fit. */
export function storeIf(condition: string, { value, stored, fault }: CheckNames, made = value): Code {
  return [...ifThen(condition, `${stored} = ${made};`), `else ${fault}`];
}
