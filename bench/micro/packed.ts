/**
 * What a packed message costs the thread of a source: unpacking, and pushing its columns, without identities and with
 * them.
 */

import { batchOf } from '../../src/index.js';
import { columnsInput } from '../../src/packed/columns-input.js';
import { pack } from '../../src/packed/pack.js';
import { unpack } from '../../src/packed/unpack.js';
import { drainedRing } from '../harness/drained-ring.js';
import { Request, requests } from '../harness/events.js';
import { type Case, measureCalls, type Suite } from './suite.js';

const rows = 1000;

function pushing(name: string, message: Uint8Array, identity: 'assigned' | 'given'): Case {
  const { producer, drain } = drainedRing(Request, rows, { identity });
  return {
    name,
    rows,
    call() {
      const columns = columnsInput(unpack(message), identity === 'given');
      if (producer.pushColumns(columns as never, rows) !== rows) throw new Error('no room');
      drain();
    },
  };
}

export const pushPacked: Suite = {
  name: 'packed message, six fields',
  run: (name) => {
    const message = pack(batchOf(Request, requests(rows)));
    return measureCalls(name, [
      { name: 'unpack', rows, call: () => void unpack(message) },
      { name: 'unpack, columns', rows, call: () => void columnsInput(unpack(message), true) },
      pushing('unpack, push', message, 'assigned'),
      pushing('unpack, push with identities', message, 'given'),
    ]);
  },
};
