/**
 * Where a sink's module may be: addresses that `handler()` takes, on every platform, and values that are none.
 */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ConfigError, handler } from '../dist/src/index.js';
import { moduleAddress } from '../dist/src/sink-module.js';

describe('an address of a module', () => {
  it.each([
    ['C:\\sinks\\a.mjs', 'file:///C:/sinks/a.mjs'],
    ['c:/sinks/a b#1.mjs', 'file:///c:/sinks/a%20b%231.mjs'],
    ['\\\\server\\share\\a.mjs', 'file://server/share/a.mjs'],
    ['/sinks/a.mjs', 'file:///sinks/a.mjs'],
    ['/sinks/a b?.mjs', 'file:///sinks/a%20b%3F.mjs'],
    ['file:///sinks/a.mjs', 'file:///sinks/a.mjs'],
    ['data:text/javascript,export default () => {}', 'data:text/javascript,export default () => {}'],
    ['node:test', 'node:test'],
    ['some-package', 'some-package'],
    ['@scope/some-package/sink', '@scope/some-package/sink'],
    ['#sinks/mine', '#sinks/mine'],
  ])('%s is %s', (module, address) => {
    expect(moduleAddress(module, false)).toBe(address);
    // A path that begins with a slash has the drive of the working directory on Windows.
    if (!module.startsWith('/')) expect(moduleAddress(module, true)).toBe(address);
  });

  it.each([
    ...['', ' ', '\t\n', '.', '..', './a.mjs', '../a.mjs', '.\\a.mjs', '..\\a.mjs', 'sinks\\a.mjs'],
    ...['C:a.mjs', 'C:', '\\', '\\a.mjs', 'http://', ' some-package', 'some package'],
  ])('%j is none', (module) => {
    expect(moduleAddress(module, false)).toBeUndefined();
    expect(moduleAddress(module, true)).toBeUndefined();
    expect(() => handler(module)).toThrow(ConfigError);
  });
});

describe('handler()', () => {
  it('takes URLs, of other realms, too', () => {
    expect(handler(new URL('file:///sinks/a.mjs')).module).toBe('file:///sinks/a.mjs');
    const foreign = runInNewContext('new URL("file:///sinks/b.mjs")', { URL: class extends URL {} });
    expect(handler(foreign).module).toBe('file:///sinks/b.mjs');
  });

  it.each([
    [5],
    [null],
    [undefined],
    [{ href: 'file:///a.mjs' }],
    [{ href: '' }],
    [['a.mjs']],
    [new String('a')],
  ])('refuses %j', (module) => {
    expect(() => handler(module as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        key: 'module',
        expected:
          "a URL, such as new URL('./mine.js', import.meta.url), an absolute path, or a package's name",
      }),
    );
  });

  it('copies its options, and shares their shared memory', () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const options = { list: [1, 2], words };
    const ref = handler('file:///a.mjs', options);
    options.list.push(3);
    words[0] = 7;
    expect(ref.options).toEqual({ list: [1, 2], words: Int32Array.of(7) });
  });
});
