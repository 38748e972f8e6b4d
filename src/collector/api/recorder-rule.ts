/**
 * The check of what a hook records into.
 */
import { withMethods } from '../../options/rules.js';
import type { Recorder } from './recorder.js';

export const recorderRule = withMethods<Recorder>(
  'recordHttpRequest',
  'recordBackendRequest',
  'recordCacheMetric',
  'recordCounter',
  'recordGauge',
  'recordHistogram',
);
