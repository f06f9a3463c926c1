// Writes a screenshot as a small PNG: the 256 most useful colours, best compression, no tools needed.
import { writeFile } from 'node:fs/promises';
import zlib, { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** Saves `png` (8 bits, RGB or RGBA, as browsers make it) to `file`; returns its size. */
export async function save(png, file) {
  const { width, height, channels, rows } = decode(png);
  const palette = choose(rows, channels);
  const index = nearest(palette);
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * channels;
      lines[y * (width + 1) + 1 + x] = index((rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2]);
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((it) => [it >> 16, (it >> 8) & 255, it & 255]));
  const out = Buffer.concat([
    SIGNATURE, chunk('IHDR', head), chunk('PLTE', colours),
    chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0)),
  ]);
  await writeFile(file, out);
  return out.length;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc(bytes) {
  if (zlib.crc32) return zlib.crc32(bytes) >>> 0;
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/** The pixels of a PNG. */
function decode(png) {
  let at = SIGNATURE.length;
  let head;
  const data = [];
  while (at < png.length) {
    const size = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + size);
    if (name === 'IHDR') head = body;
    if (name === 'IDAT') data.push(body);
    at += size + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9]];
  if (head[8] !== 8 || !channels) throw new Error('not a screenshot');
  const raw = inflateSync(Buffer.concat(data));
  const line = width * channels;
  const rows = Buffer.alloc(line * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (line + 1)];
    for (let i = 0; i < line; i += 1) {
      const left = i >= channels ? rows[y * line + i - channels] : 0;
      const up = y ? rows[(y - 1) * line + i] : 0;
      const corner = y && i >= channels ? rows[(y - 1) * line + i - channels] : 0;
      rows[y * line + i] = raw[y * (line + 1) + 1 + i] + predicted(filter, left, up, corner);
    }
  }
  return { width, height, channels, rows };
}

function predicted(filter, left, up, corner) {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const p = left + up - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The most frequent colours, each far enough from those before it. */
function choose(rows, channels) {
  const counts = new Map();
  for (let at = 0; at < rows.length; at += channels) {
    const colour = (rows[at] << 16) | (rows[at + 1] << 8) | rows[at + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([colour]) => colour);
  for (let gap = 0; ; gap += 40) {
    const palette = [];
    for (const colour of sorted) {
      if (palette.length > 256) break;
      if (palette.every((it) => distance(it, colour) > gap) || palette.length === 0) palette.push(colour);
    }
    if (palette.length <= 256) return palette;
  }
}

function distance(a, b) {
  const [r, g, l] = [(a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255)];
  return r * r + g * g + l * l;
}

function nearest(palette) {
  const known = new Map(palette.map((colour, i) => [colour, i]));
  return (colour) => {
    let found = known.get(colour);
    if (found === undefined) {
      found = palette.reduce((best, it, i) => (distance(it, colour) < distance(palette[best], colour) ? i : best), 0);
      known.set(colour, found);
    }
    return found;
  };
}
