/**
 * The options of `batchflow collect`: their texts, bounds and defaults.
 */
import { Command, InvalidArgumentError } from 'commander';
import { type InfluxPlace, influxPlace, targetUrl } from './backend-address.js';
import { notEmpty, number, wholeNumber } from './option-values.js';
import { type AddressSettings, addAddressOptions, addBodyOptions, mebibyte } from './service-options.js';
import { type UdpAddress, udpAddress } from './udp-address.js';
import { UsageError } from './usage-error.js';

export interface CollectSettings extends AddressSettings {
  statsd?: UdpAddress;
  statsdBuffer?: number;
  name: string;
  batchSize: number;
  flushInterval: number;
  bufferSize: number;
  compress?: true;
  paths: string[];
  maxSeries: number;
  exportInterval: number;
  pushgateway?: string;
  pushgatewayJob?: string;
  remoteWrite?: string;
  influx?: InfluxPlace;
  otlp?: string;
  maxLineBytes: number;
  bodyLimitBytes: number;
  clientTimeoutMs: number;
  maxBufferedBytes: number;
}

/** @param action gets settings that can work together. @throws (the action) UsageError when they cannot. */
export function collectCommand(action: (settings: CollectSettings) => Promise<void>): Command {
  const command = new Command('collect').description(
    'take metric events over HTTP and StatsD, count them, and send the series to backends',
  );
  addServiceOptions(command);
  addCollectorOptions(command);
  addBackendOptions(command);
  return command.action((settings: CollectSettings) => {
    if (settings.statsdBuffer !== undefined && settings.statsd === undefined)
      throw new UsageError('--statsd-buffer needs --statsd');
    if (settings.pushgatewayJob !== undefined && settings.pushgateway === undefined)
      throw new UsageError('--pushgateway-job needs --pushgateway');
    if (settings.bufferSize < 2 * settings.batchSize)
      throw new UsageError('--buffer-size must be at least two batches: twice --batch-size');
    return action(settings);
  });
}

function addServiceOptions(command: Command): void {
  addAddressOptions(command, 9464)
    .option('--statsd <host:port>', 'take lines of StatsD and DogStatsD there, over UDP', udpAddress)
    .option(
      '--statsd-buffer <bytes>',
      "size of its socket's buffer, for bursts; default: the system's",
      wholeNumber(1024, 2 ** 30),
    );
  addBodyOptions(command, mebibyte);
}

function addCollectorOptions(command: Command): void {
  command
    .option('--name <name>', 'name of the collector in errors and at backends', notEmpty, 'collector')
    .option('--batch-size <events>', 'events that are counted at once', wholeNumber(1, 1_000_000), 100)
    .option('--flush-interval <s>', 'how long an event waits at most', number(0.001, 3600), 5)
    .option('--buffer-size <events>', 'events that may wait in memory', wholeNumber(2, 100_000_000), 10_000)
    .option('--compress', 'compress what is sent to backends')
    .option(
      '--paths <templates>',
      'templates of paths, with commas between them: /users/:id,/files/*; repeat it for more',
      templates,
      [],
    )
    .option(
      '--max-series <number>',
      'series of a metric; more are counted as one',
      wholeNumber(1, 1_000_000),
      1000,
    );
}

function addBackendOptions(command: Command): void {
  command
    .option('--export-interval <s>', 'how often series are sent to backends', number(0.01, 3600), 15)
    .option('--pushgateway <URL>', 'push series there', targetUrl('--pushgateway'))
    .option('--pushgateway-job <name>', 'the job of its grouping key; default: the name', notEmpty)
    .option(
      '--remote-write <URL>',
      'send series there by Prometheus remote write',
      targetUrl('--remote-write'),
    )
    .option(
      '--influx <URL>',
      'write series there: http://host:8086?db=NAME or ?org=NAME&bucket=NAME',
      influxPlace,
    )
    .option('--otlp <URL>', 'send series there by OTLP over HTTP', targetUrl('--otlp'))
    .addHelpText(
      'after',
      '\nTokens of backends come from the environment: BATCHFLOW_PUSHGATEWAY_TOKEN, BATCHFLOW_REMOTE_WRITE_TOKEN,\n' +
        'BATCHFLOW_INFLUX_TOKEN, BATCHFLOW_OTLP_TOKEN; passwords of users in their addresses as well, as …_PASSWORD.',
    );
}

/** More templates of paths. */
function templates(text: string, before: readonly string[]): string[] {
  const found = text.split(',').map((template) => template.trim());
  if (found.every((template) => template.startsWith('/'))) return [...before, ...found];
  throw new InvalidArgumentError('Expected templates such as /users/:id,/files/*.');
}
