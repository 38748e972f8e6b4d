/**
 * The JSON of any value. What JSON has no form for gets the one that columns of its kind have: bigints become decimal
 * texts, bytes base64 texts, maps and sets lists.
 */

/** @throws TypeError for a value in a circle. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, replacer) ?? 'null';
}

function replacer(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return viewOf(value);
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  // Buffers have a form of their own, which has replaced them by now.
  const own = (this as Record<string, unknown>)[key];
  return Buffer.isBuffer(own) ? own.toString('base64') : value;
}

function viewOf(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array || view instanceof DataView) {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
  }
  return Array.from(view as unknown as ArrayLike<unknown>);
}
