/**
 * Why a request is not taken, or not to its end: the status of the answer, and a code and a message for
 * its body. Thrown inside the service only; clients see the answer.
 */
import { visible } from '../describe.js';

export class RequestFault extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    // It may quote what the client sent.
    super(visible(message));
    this.name = 'RequestFault';
  }
}

export const stoppingFault = () =>
  new RequestFault(503, 'stopping', 'the service is shutting down; send what is missing elsewhere, or later');
