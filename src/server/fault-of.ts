/**
 * What a failure of a request's work means to its client.
 */
import { FlowClosedError, FlowFailedError } from '../errors.js';
import { RequestFault } from './request-fault.js';

/**
 * Do the work, and turn its failure into an answer.
 *
 * @returns the fault, if there is one.
 * @throws errors that should not happen.
 */
export async function faultOf(work: () => Promise<void>): Promise<RequestFault | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof RequestFault) return error;
    if (error instanceof FlowClosedError) return new RequestFault(503, 'flow_closed', error.message);
    if (error instanceof FlowFailedError) return new RequestFault(500, 'flow_failed', error.message);
    throw error;
  }
}
