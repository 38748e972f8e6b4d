/**
 * The generated code of the hidden column of identities: checked and stored by `push`, and by `pushColumns` in bulk.
 */
import type { Code } from '../codegen/code.js';
import { identityBytes } from '../columns/row-identity.js';
import { firstsPerField } from './field-code.js';

/** The column's indexes in `first`, behind those of all fields: of a row's validity, and of its bytes. */
function indexes(fields: number): { readonly validity: string; readonly values: string } {
  const at = firstsPerField * fields;
  return { validity: `first[${at}]`, values: `first[${at + 1}]` };
}

const isOne = `identity instanceof Uint8Array && identity.length === ${identityBytes}`;
const isNone = 'identity === undefined || identity === null';

/** Code: the identity that an event has brought. */
export function checkIdentity(): Code {
  return [
    '// Its identity.',
    'const identity = event?.[rowIdentity];',
    `if (!(${isNone} || (${isOne}))) throw identityFault(schema, identity);`,
  ];
}

/** Code: stores `identity` for `row`. */
export function storeIdentity(fields: number): Code {
  const { validity, values } = indexes(fields);
  return [
    `if (${isNone}) U8[(${validity} + row) | 0] = 0;`,
    'else {',
    [
      `U8[(${validity} + row) | 0] = 1;`,
      `const at = (${values} + ${identityBytes} * row) | 0;`,
      `for (let k = 0; k < ${identityBytes}; k++) U8[at + k] = identity[k];`,
    ],
    '}',
  ];
}

/** Code: `identities(values, from, to, row)`, as the functions of columns are. */
export function identitiesLoop(fields: number): Code {
  const { validity, values } = indexes(fields);
  return [
    'function identities(values, from, to, row) {',
    [
      `const flags = ${validity} + row;`,
      'if (values === undefined || values instanceof Uint8Array) {',
      [
        'U8.fill(values === undefined ? 0 : 1, flags, flags + to - from);',
        'if (values !== undefined) {',
        [
          `const part = values.subarray(${identityBytes} * from, ${identityBytes} * to);`,
          `U8.set(part, ${values} + ${identityBytes} * row);`,
        ],
        '}',
        'return to;',
      ],
      '}',
      'let i = from;',
      'try {',
      [
        'for (; i < to; i++, row++) {',
        [
          'const identity = values[i];',
          `if (!(${isNone} || (${isOne}))) return i;`,
          ...storeIdentity(fields),
        ],
        '}',
      ],
      '} catch {',
      ['return i;'],
      '}',
      'return to;',
    ],
    '}',
  ];
}
