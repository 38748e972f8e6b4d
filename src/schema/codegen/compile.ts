/**
 * Generated code becomes functions here, and only here. Stack traces and profiles name it by its place, such as
 * `batchflow/requests/writer-3.js`; `NODE_DEBUG=batchflow:codegen` prints all of it to stderr, with the lines that
 * stack traces count.
 */
import { debuglog } from 'node:util';
import { type Code, sourceText } from './code.js';

const debug = debuglog('batchflow:codegen');

/** So that no two sources are the same: V8 compiles code of one closure with its arrays as constants. */
let compilations = 0;

/**
 * Compile the body of a function, in strict mode.
 * @param place what the code is of and what it does; the names may be anything.
 * @returns the function, which takes `parameters`.
 */
export function compile<F>(place: readonly string[], parameters: readonly string[], code: Code): F {
  const url = `${['batchflow', ...place.map(urlPart)].join('/')}-${++compilations}.js`;
  const body = sourceText(['"use strict";', ...code, `//# sourceURL=${url}`]);
  const compiled: unknown = new Function(...parameters, body);
  if (debug.enabled) debug('%s\n%s', url, String(compiled));
  return compiled as F;
}

/** A name as a part of a URL, which ends neither the URL nor its comment. V8 takes no quote in it. */
function urlPart(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll("'", '%27');
}
