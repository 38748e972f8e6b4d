/**
 * The files of the live page: its own, and the modules of packages that it uses, as they are.
 *
 * They are read when they are asked for. Only files that are named here, or lie in the page's folder, are served.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from '../send-answer.js';

const folder = new URL('../../live-page/', import.meta.url);

/** Where packages keep what a browser loads; the import map of index.html names the modules. */
const ofPackages: Readonly<Record<string, () => string | URL>> = {
  'uplot.js': () => createRequire(import.meta.url).resolve('uplot/dist/uPlot.esm.js'),
  'uplot.css': () => createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'),
  'eventsource.js': () => new URL(import.meta.resolve('eventsource')),
  'eventsource-parser.js': () => new URL(import.meta.resolve('eventsource-parser')),
};

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const headers = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

/** `GET /` */
export async function page(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const html = await readFile(new URL('index.html', folder), 'utf8');
  const policy = contentSecurityPolicy(html);
  reply.headers({ ...headers, 'content-security-policy': policy, 'referrer-policy': 'no-referrer' });
  return reply.type('text/html; charset=utf-8').send(html);
}

/** `GET /live/:file` */
export async function pageFile(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { file } = request.params as { file: string };
  const type = types[extname(file)];
  // No separators, so that nothing outside the folder can be named.
  const known = /^[a-z-]+\.\w+$/.test(file) && type !== undefined;
  const text = known ? await read(file) : undefined;
  if (text === undefined) {
    return sendAnswer(reply, 404, { code: 'not_found', message: 'the page has no such file' });
  }
  return reply
    .headers(headers)
    .type(type as string)
    .send(text);
}

/** @returns undefined when there is no such file. */
async function read(file: string): Promise<Buffer | undefined> {
  try {
    const ofPackage = Object.hasOwn(ofPackages, file) ? ofPackages[file] : undefined;
    return await readFile(ofPackage?.() ?? new URL(file, folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All from the service itself, and nothing in the page but its import map, which is allowed by its hash. */
function contentSecurityPolicy(html: string): string {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(map).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
