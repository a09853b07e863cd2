// CRC-32 (ISO-HDLC, as zlib has it): of a Blob, eight bytes at a time, and of a whole that is known by its parts.

const POLYNOMIAL = 0xedb88320;
const TABLES = new Uint32Array(8 * 256); // the n-th: a byte with n zero bytes behind it
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  TABLES[byte] = crc;
}
for (let at = 256; at < TABLES.length; at += 1) TABLES[at] = (TABLES[at - 256] >>> 8) ^ TABLES[TABLES[at - 256] & 255];

function update(crc, data) {
  const T = TABLES;
  let at = 0;
  for (const end = data.length - (data.length % 8); at < end; at += 8) {
    const first = crc ^ (data[at] | (data[at + 1] << 8) | (data[at + 2] << 16) | (data[at + 3] << 24));
    crc = T[1792 + (first & 255)] ^ T[1536 + ((first >>> 8) & 255)] ^ T[1280 + ((first >>> 16) & 255)] ^ T[1024 + (first >>> 24)] ^
      T[768 + data[at + 4]] ^ T[512 + data[at + 5]] ^ T[256 + data[at + 6]] ^ T[data[at + 7]];
  }
  for (; at < data.length; at += 1) crc = (crc >>> 8) ^ T[(crc ^ data[at]) & 255];
  return crc;
}

/** Read piece by piece, whatever its size. */
export async function crc32(blob) {
  let crc = -1;
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return ~crc >>> 0;
    crc = update(crc, value);
  }
}

/** Of two texts, one behind the other; `length` is the second one's. As zlib does it: by squaring the matrix of a zero bit. */
export function combined(first, second, length) {
  const times = (matrix, vector) => {
    let sum = 0;
    for (let row = 0; vector; row += 1, vector >>>= 1) if (vector & 1) sum ^= matrix[row];
    return sum >>> 0;
  };
  const squared = (matrix) => matrix.map((row) => times(matrix, row));
  let matrix = Array.from({ length: 32 }, (_, row) => (row ? 1 << (row - 1) : POLYNOMIAL) >>> 0);
  for (let step = 0; step < 3; step += 1) matrix = squared(matrix); // of a zero byte
  for (let left = length; left; left = Math.floor(left / 2)) {
    if (left % 2) first = times(matrix, first);
    matrix = squared(matrix);
  }
  return (first ^ second) >>> 0;
}

/** Four bytes, the highest first, as S3 writes them. */
export const toBase64 = (crc) => btoa(String.fromCharCode(crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255));
export const fromBase64 = (text) => [...atob(text)].reduce((crc, byte) => ((crc << 8) | byte.charCodeAt(0)) >>> 0, 0);
