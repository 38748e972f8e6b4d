/**
 * The answer of `fetch` with a body that tells its end.
 *
 * A body that is cancelled was not wanted, which is no failure of the backend: it counts by its status.
 */
import type { BackendWatch } from './backend-watch.js';

/** Statuses with which a `Response` cannot be made again; those below 200 have no body. */
const mostStatus = 599;

/** Records answers that were dropped without a look at their bodies. */
const dropped = new FinalizationRegistry<() => void>((end) => end());

/** @returns the answer itself where it has no body that could be watched, else one like it. */
export function observedResponse(response: Response, watch: BackendWatch): Response {
  const { body, status, statusText, headers } = response;
  if (!isReadable(body) || status < 200 || status > mostStatus) {
    watch.answered(status);
    return response;
  }
  const observed = new Response(observedBody(body, status, watch), { status, statusText, headers });
  return asTheOriginal(observed, response);
}

/** Libraries with a `fetch` of their own may have another kind of stream, or one that has a reader. */
function isReadable(body: unknown): body is ReadableStream<Uint8Array> {
  return body instanceof ReadableStream && !body.locked;
}

function observedBody(body: ReadableStream<Uint8Array>, status: number, watch: BackendWatch): ReadableStream {
  const reader = body.getReader();
  const toHeadersMs = watch.elapsedMs;
  const observed = new ReadableStream(
    {
      type: 'bytes',
      async pull(controller) {
        try {
          const { done, value } = await nextBytes(reader);
          if (!done) return controller.enqueue(value);
          watch.answered(status);
          controller.close();
          // A reader with a buffer of its own waits for this.
          controller.byobRequest?.respond(0);
        } catch (error) {
          watch.failed(error);
          controller.error(error);
        }
      },
      cancel(reason) {
        watch.answered(status);
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  dropped.register(observed, () => watch.answered(status, toHeadersMs));
  return observed;
}

/** The next chunk that is not empty: a stream of bytes takes no other. */
async function nextBytes(reader: ReadableStreamDefaultReader<Uint8Array>) {
  for (;;) {
    const next = await reader.read();
    if (next.done || next.value.byteLength > 0) return next;
  }
}

/** Gives an answer what a new `Response` has lost. */
function asTheOriginal(observed: Response, { url, redirected, type }: Response): Response {
  const like = { url, redirected, type };
  const clone = () => asTheOriginal(Response.prototype.clone.call(observed), like as Response);
  for (const [name, value] of Object.entries({ ...like, clone }))
    Object.defineProperty(observed, name, { value });
  return observed;
}
