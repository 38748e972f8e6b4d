/**
 * The files of the live page, as the build has made them: the page, its styles, and one module.
 *
 * They are read when they are asked for. Only files in the page's folder are served.
 */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ownFile } from '../../own-files.js';
import { sendAnswer } from '../send-answer.js';

const folder = () => ownFile('./live-page/');

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

/** All from the service itself, and no script in the page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /`. @param file the page's own. */
export function page(file: 'index.html' | 'collect.html') {
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const html = await readFile(new URL(file, folder()), 'utf8');
    reply.headers({ ...headers, 'content-security-policy': policy, 'referrer-policy': 'no-referrer' });
    return reply.type('text/html; charset=utf-8').send(html);
  };
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
    return await readFile(new URL(file, folder()));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
