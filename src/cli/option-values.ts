/**
 * What the values of options may be: each function reads a value's text, or says what is expected instead.
 */
import { isIPv6 } from 'node:net';
import { InvalidArgumentError } from 'commander';
import { ConfigError } from '../errors.js';
import { hidden } from '../options/rules.js';
import { tokenRule } from '../server/bearer-token.js';
import { allowedName, nameExpected } from '../server/host-names.js';
import { originOf } from '../server/origins.js';
import { badPath } from '../sinks/sqlite/options.js';

export function wholeNumber(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export function number(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

export function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}

/**
 * The token of clients.
 *
 * @throws ConfigError, as commander would show the value.
 */
export function token(text: string): string {
  return tokenRule.check(text, '--token (BATCHFLOW_TOKEN)');
}

/** An address to listen on; one of IPv6 may stand in brackets, as it does in a URL. */
export function address(text: string): string {
  const inBrackets = /^\[(.*)\]$/.exec(text.trim())?.[1];
  if (inBrackets === undefined) return notEmpty(text).trim();
  if (!isIPv6(inBrackets)) throw new InvalidArgumentError('Expected an IPv6 address within the brackets.');
  return inBrackets;
}

/** One more name of a host. */
export function hostNames(text: string, before: readonly string[]): string[] {
  if (allowedName(text) !== undefined) return [...before, text];
  throw new InvalidArgumentError(`Expected ${nameExpected}.`);
}

/** One more origin of web pages. */
export function origins(text: string, before: readonly string[]): string[] {
  if (originOf(text) !== undefined) return [...before, text];
  throw new InvalidArgumentError('Expected an origin such as https://shop.example.');
}

/** Names of columns, with commas between them. */
export function columnNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Expected names of columns with commas between them: id,at.');
}

/**
 * The path of a SQLite file of dead letters.
 *
 * @throws ConfigError for a server's address, whose password commander would show.
 */
export function filePath(text: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text) && !/^(file|sqlite):/i.test(text)) {
    const expected = 'a path of a SQLite file; letters in a table of a server are read by SQL';
    throw new ConfigError('the file of dead letters', hidden, expected);
  }
  const expected = badPath(text);
  if (expected !== undefined) throw new InvalidArgumentError(`Expected ${expected}.`);
  return text;
}
