/**
 * The counts of the StatsD listener as Prometheus scrapes them.
 */
import type { StatsdStats } from '../../collector/statsd/index.js';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: string, value: number])[];
}

export function statsdText(stats: StatsdStats): string {
  return familiesOf(stats)
    .flatMap(({ name, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function familiesOf({
  datagrams,
  accepted,
  ignored,
  rejected,
  recorded,
  dropped,
  socketErrors,
}: StatsdStats) {
  const alone = (value: number): Family['samples'] => [['', value]];
  const families: readonly Family[] = [
    { name: 'batchflow_statsd_datagrams_total', help: 'Datagrams that came.', samples: alone(datagrams) },
    {
      name: 'batchflow_statsd_lines_total',
      help: 'Lines of StatsD, by what became of them.',
      samples: [
        ['{result="accepted",reason=""}', accepted],
        ['{result="ignored",reason="event"}', ignored.events],
        ['{result="ignored",reason="service_check"}', ignored.serviceChecks],
        ...Object.entries(rejected).map(
          ([reason, count]) => [`{result="rejected",reason="${reason}"}`, count] as const,
        ),
      ],
    },
    {
      name: 'batchflow_statsd_events_total',
      help: 'Events of these lines, by whether the collector took them.',
      samples: [
        ['{result="recorded"}', recorded],
        ['{result="dropped"}', dropped],
      ],
    },
    {
      name: 'batchflow_statsd_socket_errors_total',
      help: 'Errors of the socket of StatsD.',
      samples: alone(socketErrors),
    },
  ];
  return families;
}
