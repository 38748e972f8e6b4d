/**
 * What errors of a sink mean: the configuration is asked first, then the sink, then the error itself, then what is
 * known of well-known targets.
 */
import { messageOf, visible } from '../../describe.js';
import { SinkError, WaitTimeoutError } from '../../errors.js';
import { functionOf } from '../../function-source.js';
import { type ErrorStage, errorStages } from '../../metrics/cells/operations.js';
import type { Sink } from '../../sink.js';
import { knownError, ownMeaning } from '../../target-errors/known-error.js';
import { type Meaning, propertyOf } from '../../target-errors/meaning.js';
import type { RetrySettings } from '../config/delivery.js';
import { AnswerError } from './write-result.js';

/** What a failure means, as far as anybody knows. */
export type KnownMeaning = Meaning & Required<Pick<Meaning, 'reason' | 'split'>>;

const unknown: KnownMeaning = { reason: 'unknown', split: false };

/**
 * Make the judge of a sink's errors. A `classify` that throws itself does not know: it must not cost a row. The first
 * such error is a warning of the process.
 */
export function classifier(sink: Sink, settings: RetrySettings): (error: unknown) => KnownMeaning {
  const own = settings.classify === undefined ? undefined : functionOf(settings.classify);
  let warned = false;
  const answerOf = (
    name: string,
    ask: ((error: unknown) => unknown) | undefined,
    error: unknown,
  ): Meaning => {
    try {
      return ownMeaning(ask?.(error));
    } catch (thrown) {
      if (!warned)
        process.emitWarning(visible(`${name} has thrown: ${messageOf(thrown)}`), 'ClassifyWarning');
      warned = true;
      return nothing;
    }
  };
  const judge = (error: unknown): KnownMeaning => {
    const sources = [
      answerOf('retry.classify', own, error),
      answerOf("the sink's classify", (e) => sink.classify?.(e), error),
      ownMeaning(error),
      // A target that does not answer in time says nothing of the rows.
      error instanceof WaitTimeoutError ? timeout : (knownError(error) ?? nothing),
    ];
    // Of each property, the first source that has it.
    return Object.assign({}, unknown, ...sources.reverse());
  };
  // One error is often that of many rows.
  let latest: { error: unknown; means: KnownMeaning } | undefined;
  return (error) => {
    if (latest === undefined || latest.error !== error) latest = { error, means: judge(error) };
    return latest.means;
  };
}

/** Where an attempt failed: as its error says, or by its kind. */
export function stageOf(error: unknown): ErrorStage {
  const said = errorStages.find((stage) => stage === propertyOf(error, 'stage'));
  if (said !== undefined) return said;
  // A table or a sink that does not fit the schema; an answer that makes no sense came after the write.
  return error instanceof SinkError && !(error instanceof AnswerError) ? 'validate' : 'execute';
}

const nothing: Meaning = {};
const timeout: Meaning = { verdict: 'retry', reason: 'timeout' };
