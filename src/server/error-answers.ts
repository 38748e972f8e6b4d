/**
 * One shape, `{ code, message }`, for the errors that fastify finds and for those that no route expects.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { visible } from '../describe.js';
import { sendAnswer } from './send-answer.js';

/** The service's codes for fastify's errors; all others below 500 are `bad_request`. */
const codes: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'bad_url',
  FST_ERR_MAX_PARAM_LENGTH: 'url_too_long',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_type',
};

/** Messages may quote what the client sent. */
const maxMessageLength = 200;

/** The option of fastify that answers errors found before a route is. */
export function frameworkErrors(
  { statusCode = 500, code, message }: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  const body = { code: codes[code] ?? 'bad_request', message: visible(message.slice(0, maxMessageLength)) };
  sendAnswer(reply, statusCode, body);
}

/**
 * Set the answers for unknown places and for errors.
 *
 * @param onError receives errors that should not happen.
 */
export function setErrorAnswers(app: FastifyInstance, onError: (error: unknown) => void = () => {}): void {
  app.setNotFoundHandler((request, reply) => {
    const message = visible(`there is no ${request.method} ${request.url.slice(0, 100)}`);
    return sendAnswer(reply, 404, { code: 'not_found', message });
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if ((error.statusCode ?? 500) < 500) return frameworkErrors(error, request, reply);
    onError(error);
    return sendAnswer(reply, error.statusCode ?? 500, { code: 'internal', message: 'an unexpected error' });
  });
}
