/**
 * The rules of a sink and a source in a configuration: a module's address and options, as a copy that can be posted.
 */
import { group } from '../../options/check.js';
import { holds, Rule } from '../../options/rule.js';
import { custom, integer, isObject, postable, text } from '../../options/rules.js';
import type { SinkRef } from '../../sink.js';
import { type ModuleRef, moduleRule } from '../../sink-module.js';

const aSink = "a sink such as sqlite({…}) or handler(new URL('./mine.js', import.meta.url))";

export const sinkRule: Rule<SinkRef> = new Rule(
  (value) => isObject(value) && typeof value.module === 'string',
  (value) =>
    holds(isOfFunctions, value)
      ? `${aSink}: functions cannot be posted to a flusher's thread, which loads them from a module; onBatch takes a ` +
        'function of this thread'
      : aSink,
  (value, key) => {
    const { module, options, deadLetters, cells, target } = members.check(value, key);
    return {
      module,
      options,
      ...(deadLetters && { deadLetters }),
      ...(cells && { cells }),
      ...(target && { target }),
    };
  },
);

const labelText = text().and((value) => value.length <= 64, 'a text of at most 64 characters');

const members = group({
  module: moduleRule,
  options: postable.optional(),
  deadLetters: sinkRule.optional(),
  cells: group({
    memory: custom<SharedArrayBuffer>((value) => value instanceof SharedArrayBuffer, 'a SharedArrayBuffer'),
    each: integer(1, 2 ** 28),
  }).optional(),
  target: group({ backend: labelText, operation: labelText }).optional(),
});

const aSource = "a source such as ndjson({…}) or handler(new URL('./mine.js', import.meta.url))";

export const sourceRule: Rule<ModuleRef> = new Rule(
  (value) => isObject(value) && typeof value.module === 'string',
  `${aSource}: its module is loaded by a thread, which gets no functions`,
  (value, key) => {
    const { module, options } = sourceMembers.check(value, key);
    return { module, options };
  },
);

const sourceMembers = group({ module: moduleRule, options: postable.optional() });

/** A sink as its module exports it, or what `defineSink` made of one. */
function isOfFunctions(value: unknown): boolean {
  const { write, create } = value as { write?: unknown; create?: unknown };
  return [value, write, create].some((each) => typeof each === 'function');
}
