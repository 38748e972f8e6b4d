/**
 * What the compiler says of rules that are not those of an interface, and what it knows of checked options.
 */
import { describe, expectTypeOf, it } from 'vitest';
import { check, group, type RulesFor } from '../../dist/src/options/check.js';
import { boolean, callback, integer, list, off, oneOf, text, union } from '../../dist/src/options/rules.js';

interface Nested {
  times?: number;
  classify?: (error: unknown) => 'a' | 'b' | undefined;
}

interface Options {
  file: string;
  size?: number;
  mode?: 'sync' | 'async';
  nested?: Nested | false;
  names?: readonly string[];
}

const nested = {
  times: integer(1, 9).default(3),
  classify: callback<(error: unknown) => 'a' | 'b' | undefined>('a function').optional(),
} satisfies RulesFor<Nested>;

const rules = {
  file: text(),
  size: integer(1, 9).optional(),
  mode: oneOf('sync', 'async').default('async'),
  nested: union('false, or a group', off, group(nested)).default({}),
  names: list(text(), 'a list').default([]),
} satisfies RulesFor<Options>;

describe('rules for an interface', () => {
  it('are one for each member', () => {
    const { size, ...others } = rules;
    others satisfies Omit<typeof rules, 'size'>;
    // @ts-expect-error no rule for size
    others satisfies RulesFor<Options>;
    ({ ...others, size }) satisfies RulesFor<Options>;
  });

  it('are none that it has no member for', () => {
    // @ts-expect-error no member of this name
    ({ times: nested.times, classify: nested.classify, colour: text() }) satisfies RulesFor<Nested>;
  });

  it('give values of the type of the member', () => {
    const { classify } = nested;
    // @ts-expect-error a text
    ({ times: text().optional(), classify }) satisfies RulesFor<Nested>;
    // @ts-expect-error another mode
    ({ ...rules, mode: oneOf('sync', 'other').optional() }) satisfies RulesFor<Options>;
    // @ts-expect-error a list of numbers
    ({ ...rules, names: list(integer(1, 2), 'a list').optional() }) satisfies RulesFor<Options>;
    const counted = group({ times: boolean().optional(), classify }).optional();
    // @ts-expect-error a group with a member of another type
    ({ ...rules, nested: counted }) satisfies RulesFor<Options>;
  });

  it('let be left out what may be left out, and nothing else', () => {
    // @ts-expect-error size may be left out
    ({ ...rules, size: integer(1, 9) }) satisfies RulesFor<Options>;
    // @ts-expect-error file must be there
    ({ ...rules, file: text().optional() }) satisfies RulesFor<Options>;
  });
});

describe('a default', () => {
  it('is what the rule takes', () => {
    // @ts-expect-error a text
    integer(1, 9).default('5');
    // @ts-expect-error another mode
    oneOf('sync', 'async').default('other');
    // @ts-expect-error a group's member of another type
    group(nested).default({ times: 'many' });
    group(nested).default({ times: 2 });
  });
});

describe('checked options', () => {
  it('have every member, and undefined only where there is no default', () => {
    const checked = check(rules, {});
    expectTypeOf(checked).branded.toEqualTypeOf<{
      readonly file: string;
      readonly size: number | undefined;
      readonly mode: 'sync' | 'async';
      readonly nested:
        | false
        | {
            readonly times: number;
            readonly classify: ((error: unknown) => 'a' | 'b' | undefined) | undefined;
          };
      readonly names: readonly string[];
    }>();
  });
});
