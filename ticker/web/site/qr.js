/**
 * QR codes (ISO/IEC 18004): bytes, error correction level L, versions 1 to 20, mask 0. Pure.
 */

/** By version, from 1: error correction codewords of a block, and blocks. */
const CODEWORDS = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8];
/** Bytes that the largest of these versions holds. */
export const BYTES_MAX = 858;

/** Codewords of a version, with those for error correction. @param {number} version */
function capacity(version) {
  const aligned = version > 1 ? Math.floor(version / 7) + 2 : 0;
  const modules = (16 * version + 128) * version + 64 - (aligned && (25 * aligned - 10) * aligned - 55);
  return (modules - (version > 6 ? 36 : 0)) >> 3;
}

/** Multiply in GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1. @param {number} a @param {number} b */
function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

/** The remainder of `value` × 2ⁿ by a generator of n bits; for format and version. @param {number} value @param {number} generator @param {number} bits */
function remainder(value, generator, bits) {
  let rest = value;
  for (let n = 0; n < bits; n += 1) rest = (rest << 1) ^ ((rest >> (bits - 1)) * generator);
  return (value << bits) | rest;
}

/** Reed-Solomon codewords of a block. @param {number[]} data @param {number} count */
function correction(data, count) {
  const divisor = Array(count).fill(0);
  divisor[count - 1] = 1;
  for (let n = 0, root = 1; n < count; n += 1, root = multiply(root, 2)) {
    for (let at = 0; at < count; at += 1) divisor[at] = multiply(divisor[at], root) ^ (divisor[at + 1] ?? 0);
  }
  const rest = Array(count).fill(0);
  for (const byte of data) {
    const factor = byte ^ rest.shift();
    rest.push(0);
    divisor.forEach((one, at) => (rest[at] ^= multiply(one, factor)));
  }
  return rest;
}

/** The codewords of all blocks, interleaved. @param {Uint8Array} bytes @param {number} version */
function codewords(bytes, version) {
  const [count, blocks] = [CODEWORDS[version - 1], BLOCKS[version - 1]];
  const all = capacity(version);
  const length = all - count * blocks;
  // Four bits of mode and eight or 16 of length: the bytes begin in the middle of one.
  const nibbles = [4, ...(version > 9 ? [bytes.length >> 12, bytes.length >> 8] : []), bytes.length >> 4, bytes.length];
  for (const byte of bytes) nibbles.push(byte >> 4, byte);
  nibbles.push(0);
  const data = [];
  for (let n = 0; n < nibbles.length; n += 2) data.push(((nibbles[n] & 15) << 4) | (nibbles[n + 1] & 15));
  for (let pad = 0xec; data.length < length; pad ^= 0xec ^ 0x11) data.push(pad);
  const short = blocks - (all % blocks);
  const size = Math.floor(all / blocks) - count;
  const parts = [];
  for (let n = 0, at = 0; n < blocks; n += 1) {
    const end = at + size + (n < short ? 0 : 1);
    parts.push(data.slice(at, end));
    at = end;
  }
  const found = [];
  for (let at = 0; at <= size; at += 1) for (const part of parts) if (at < part.length) found.push(part[at]);
  const corrections = parts.map((part) => correction(part, count));
  for (let at = 0; at < count; at += 1) for (const one of corrections) found.push(one[at]);
  return found;
}

/** @param {number} version */
function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, n) => version * 4 + 10 - (count - 2 - n) * step)];
}

/**
 * Return the rows of the code, true for dark, without the quiet zone of four modules around it.
 * Throws a RangeError beyond `BYTES_MAX`.
 *
 * @param {string} text
 * @returns {boolean[][]}
 */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > BYTES_MAX) throw new RangeError("too long for a QR code");
  let version = 1;
  const fits = () => capacity(version) - CODEWORDS[version - 1] * BLOCKS[version - 1] >= bytes.length + (version > 9 ? 3 : 2);
  while (!fits()) version += 1;
  const size = version * 4 + 17;
  /** @type {(boolean|undefined)[][]} Undefined where data goes. */
  const rows = Array.from({ length: size }, () => Array(size).fill(undefined));
  /** @param {number} y @param {number} x @param {boolean} dark */
  const set = (y, x, dark) => rows[y]?.[x] === undefined && y >= 0 && y < size && x >= 0 && x < size && (rows[y][x] = dark);
  /** A square pattern around a centre. @param {number} y @param {number} x @param {number} radius @param {number[]} light Distances. */
  const square = (y, x, radius, light) => {
    for (let dy = -radius; dy <= radius; dy += 1) {
      for (let dx = -radius; dx <= radius; dx += 1) set(y + dy, x + dx, !light.includes(Math.max(Math.abs(dy), Math.abs(dx))));
    }
  };
  for (const [y, x] of [[3, 3], [3, size - 4], [size - 4, 3]]) square(y, x, 4, [2, 4]);
  const places = alignments(version);
  for (const y of places) for (const x of places) if (rows[y][x] === undefined) square(y, x, 2, [1]);
  for (let n = 8; n < size - 8; n += 1) {
    set(6, n, n % 2 === 0);
    set(n, 6, n % 2 === 0);
  }
  // Level L is 1, and the mask 0.
  const format = remainder(1 << 3, 0x537, 10) ^ 0x5412;
  for (let n = 0; n < 15; n += 1) {
    const dark = ((format >> n) & 1) === 1;
    set(n < 6 ? n : n < 8 ? n + 1 : size - 15 + n, 8, dark);
    set(8, n < 8 ? size - 1 - n : n < 9 ? 7 : 14 - n, dark);
  }
  set(size - 8, 8, true);
  const number = remainder(version, 0x1f25, 12);
  for (let n = 0; version > 6 && n < 18; n += 1) {
    const dark = ((number >> n) & 1) === 1;
    const [a, b] = [size - 11 + (n % 3), Math.floor(n / 3)];
    set(a, b, dark);
    set(b, a, dark);
  }
  const words = codewords(bytes, version);
  let bit = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5; // the timing pattern
    const up = ((right + 1) & 2) === 0;
    for (let n = 0; n < size; n += 1) {
      const y = up ? size - 1 - n : n;
      for (const x of [right, right - 1]) {
        if (rows[y][x] !== undefined) continue;
        const dark = ((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        rows[y][x] = (dark ^ ((y + x) % 2 === 0 ? 1 : 0)) === 1;
        bit += 1;
      }
    }
  }
  return /** @type {boolean[][]} */ (rows);
}
