/**
 * What the values of options may be: each function reads a value's text, or says what is expected instead.
 */
import { InvalidArgumentError } from 'commander';
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

/** The path of `sqlite:FILE`. */
export function sqliteFile(text: string): string {
  const file = /^sqlite:(.*)$/s.exec(text)?.[1];
  if (file === undefined) throw new InvalidArgumentError('Expected sqlite:FILE.');
  const expected = badPath(file);
  if (expected !== undefined) throw new InvalidArgumentError(`Expected behind "sqlite:" ${expected}.`);
  return file.trim();
}

/** The path of a SQLite file. */
export function filePath(text: string): string {
  const expected = badPath(text);
  if (expected !== undefined) throw new InvalidArgumentError(`Expected ${expected}.`);
  return text;
}
