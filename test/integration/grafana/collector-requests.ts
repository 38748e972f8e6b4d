/**
 * The rows of the collectors' dashboard that show requests: those that a program answers, and those that it sends.
 */
import { chosen, chosenHttp } from './collector-variables.js';
import { Queries } from './queries.js';
import type { RowSpec } from './specs.js';

const all = new Queries('', chosen);
const ofPaths = new Queries('', chosenHttp);

/** The highest curves of many. */
const highest = (expr: string) => `topk(20, ${expr})`;

export const http: RowSpec = {
  title: 'HTTP requests',
  panels: [
    {
      title: 'Requests by status',
      description: 'How many requests are answered, and how?',
      unit: 'reqps',
      queries: [{ expr: ofPaths.rate('http_requests_total', 'status'), legend: '{{status}}' }],
    },
    {
      title: 'Requests by path',
      description: 'Which paths are asked for? The 20 with most requests.',
      unit: 'reqps',
      queries: [
        {
          expr: highest(ofPaths.rate('http_requests_total', 'method, path')),
          legend: '{{method}} {{path}}',
        },
      ],
    },
    {
      title: 'Error ratio',
      description: "Which share of requests fails? 5xx are the server's errors, 4xx the clients'.",
      unit: 'percentunit',
      queries: [
        { expr: ofPaths.share('http_requests_total', '', 'status=~"5.."'), legend: '5xx' },
        { expr: ofPaths.share('http_requests_total', '', 'status=~"4.."'), legend: '4xx' },
      ],
    },
    {
      title: 'Request duration',
      description: 'How long do requests take?',
      unit: 's',
      queries: ofPaths.quantiles('http_request_duration_seconds'),
    },
    {
      title: 'Request duration by path',
      description: 'Which paths are slow? p95 of the 20 slowest.',
      unit: 's',
      queries: [
        {
          expr: highest(ofPaths.quantile(95, 'http_request_duration_seconds', ['method', 'path'])),
          legend: '{{method}} {{path}}',
        },
      ],
    },
    {
      title: 'Error ratio by path',
      description: 'Which paths have errors of the server? The 20 with the largest share of 5xx.',
      unit: 'percentunit',
      queries: [
        {
          expr: highest(ofPaths.share('http_requests_total', 'method, path', 'status=~"5.."')),
          legend: '{{method}} {{path}}',
        },
      ],
    },
  ],
};

export const backends: RowSpec = {
  title: 'Backends',
  panels: [
    {
      title: 'Backend requests',
      description: 'How many requests go to each provider and model?',
      unit: 'reqps',
      queries: [
        { expr: all.rate('backend_requests_total', 'provider, model'), legend: '{{provider}} {{model}}' },
      ],
    },
    {
      title: 'Backend error ratio',
      description: 'Which share of the requests to each provider and model fails?',
      unit: 'percentunit',
      queries: [
        {
          expr: all.share('backend_requests_total', 'provider, model', 'success="false"'),
          legend: '{{provider}} {{model}}',
        },
      ],
    },
    {
      title: 'Backend errors by type',
      description: 'Why do requests to backends fail?',
      unit: 'reqps',
      queries: [
        {
          expr: all.rate('backend_requests_total', 'provider, error_type', 'success="false"'),
          legend: '{{provider}} {{error_type}}',
        },
      ],
    },
    {
      title: 'Backend latency',
      description: 'How long do all requests to backends take?',
      unit: 's',
      queries: all.quantiles('backend_request_duration_seconds'),
    },
    {
      title: 'Backend latency by model',
      description: 'How long does each provider and model take?',
      unit: 's',
      queries: all.quantiles('backend_request_duration_seconds', ['provider', 'model']),
    },
    {
      title: 'Backend latency by success',
      description: 'Do failures take long, as timeouts do, or are they told at once?',
      unit: 's',
      queries: all.quantiles('backend_request_duration_seconds', ['success']),
    },
  ],
};
