/**
 * What receivers of OTLP answer: which points they refused, and what they say of a failure. Both come as protobuf or as
 * JSON, in the form of the request.
 */
import type { HttpAnswer } from '../../../sinks/http/client/http-client.js';

export interface PartialSuccess {
  readonly refused: number;
  /** Also a receiver that took everything may have something to say. */
  readonly message: string;
}

/** @returns undefined where all was taken and nothing is said. */
export function partialSuccess({ body, headers }: HttpAnswer): PartialSuccess | undefined {
  const isJson = String(headers['content-type'] ?? '').includes('json');
  const found = isJson ? ofJson(body) : ofBytes(body);
  return found.refused === 0 && found.message === '' ? undefined : found;
}

const nothing: PartialSuccess = { refused: 0, message: '' };

function ofJson(body: Buffer): PartialSuccess {
  try {
    const { partialSuccess } = JSON.parse(body.toString()) as {
      partialSuccess?: { rejectedDataPoints?: unknown; errorMessage?: unknown };
    };
    const refused = Number(partialSuccess?.rejectedDataPoints ?? 0);
    return { refused: refused > 0 ? refused : 0, message: String(partialSuccess?.errorMessage ?? '') };
  } catch {
    // A receiver that answers with something else has taken the request all the same.
    return nothing;
  }
}

/** ExportMetricsServiceResponse: field 1 is the partial success, its fields are the points and a message. */
function ofBytes(body: Buffer): PartialSuccess {
  const inner = fieldsOf(body).get(1);
  if (!Buffer.isBuffer(inner)) return nothing;
  const fields = fieldsOf(inner);
  const message = fields.get(2);
  return { refused: Number(fields.get(1) ?? 0), message: Buffer.isBuffer(message) ? message.toString() : '' };
}

/** The words of google.rpc.Status, or the text as it is. @param body of a failure. */
export function failureWords(body: string): string {
  if (body.trimStart().startsWith('{')) {
    try {
      return String((JSON.parse(body) as { message?: unknown }).message ?? body);
    } catch {
      return body;
    }
  }
  const message = fieldsOf(Buffer.from(body)).get(2);
  return Buffer.isBuffer(message) ? message.toString() : body;
}

/** The numbers and texts of a message; what is no message has none. */
function fieldsOf(bytes: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag % 8;
    if (type === 0) fields.set(Math.floor(tag / 8), varint());
    else if (type === 2) {
      const length = varint();
      fields.set(Math.floor(tag / 8), bytes.subarray(at, at + length));
      at += length;
    } else break;
  }
  return fields;
}
