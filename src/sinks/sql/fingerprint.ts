/**
 * A short name for a statement: the same for statements that differ in white space alone. FNV-1a of 64 bits.
 */

const start = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/** 16 hexadecimal digits. */
export function fingerprintOf(sql: string): string {
  let hash = start;
  for (const byte of Buffer.from(sql.trim().replace(/\s+/g, ' '))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  }
  return hash.toString(16).padStart(16, '0');
}
