/**
 * Whether bytes are texts in WTF-8: UTF-8 in which halves of surrogate pairs may stand, too.
 */
export function isWtf8(bytes: Uint8Array): boolean {
  const { length } = bytes;
  for (let at = 0; at < length; ) {
    const first = bytes[at++] as number;
    if (first < 0x80) continue;
    // Bytes behind the first, and the lowest and highest second one.
    const more = first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : 3;
    if (first < 0xc2 || first > 0xf4 || at + more > length) return false;
    const second = bytes[at] as number;
    if (first === 0xe0 && second < 0xa0) return false;
    if (first === 0xf0 && second < 0x90) return false;
    if (first === 0xf4 && second > 0x8f) return false;
    for (const end = at + more; at < end; at++) {
      if (((bytes[at] as number) & 0xc0) !== 0x80) return false;
    }
  }
  return true;
}
