/**
 * Records of a block's blob region: a length, then so many bytes. Bytes, any values, and labels that the full
 * dictionary could not take are such records.
 */

/** Bytes that a blob takes in the region: its length, its bytes, padded for the next length. */
export function blobCost(length: number): number {
  return 4 + ((length + 3) & ~3);
}

/** A label's UTF-16 units as bytes, for one that the dictionary has no place for. */
export function labelBytes(label: string): Uint8Array {
  const units = new Uint16Array(label.length);
  for (let i = 0; i < label.length; i++) units[i] = label.charCodeAt(i);
  return new Uint8Array(units.buffer);
}

/** The reverse of `labelBytes`. */
export function labelText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i + 1 < bytes.length; i += 2)
    text += String.fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8));
  return text;
}
