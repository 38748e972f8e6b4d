/**
 * The settings that are in force in a running flow, as frozen plain data for its user. They hold no secrets: of a sink
 * its module is shown, of environment variables their names.
 */
import type { ModuleRef } from '../../sink-module.js';
import type { CurrentSettings, ShownSink } from '../api/settings.js';
import type { FlowOptions } from './resolve.js';

/** The settings that the running flow knows better than its configuration does. */
type Live = Pick<
  CurrentSettings,
  'flushSize' | 'flushIntervalMs' | 'bufferBytes' | 'maxProducers' | 'schemas'
>;

export function currentSettings(options: FlowOptions, live: Live): CurrentSettings {
  const {
    sink,
    deadLetters,
    source,
    circuit,
    env,
    concurrencyLimit,
    schemas: _,
    onBatch: __,
    signal: ___,
    clock: ____,
    observer: _____,
    logger: ______,
    observed: _______,
    ...plain
  } = options;
  return Object.freeze({
    // A copy: the flow itself posts its options to threads.
    ...frozen(structuredClone(plain)),
    ...live,
    schemas: Object.freeze([...live.schemas]),
    concurrencyLimit: concurrencyLimit?.permits,
    sink: sink && shown(sink),
    deadLetters: deadLetters === undefined ? false : shown(deadLetters),
    source: source && shown(source),
    circuit: circuit === undefined ? false : frozen({ ...circuit }),
    env: env && frozen(Object.keys(env)),
  });
}

function shown({ module }: ModuleRef): ShownSink {
  return Object.freeze({ module });
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
