// An image of 100,000 files and 1 GB, written to disk in both formats: the shape of tests/images/big.rs.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { createGzip } from 'node:zlib';
import { header, tar } from './image.mjs';

export const FILES = 100_000;
const EACH = 9_000;
/** The three wasted paths: copied for its mode, replaced, deleted. */
export const WASTED = [['opt/model.bin', 60_000_000], ['opt/app.jar', 40_000_000], ['var/cache/apt/pkgcache.bin', 20_000_000]];

/** Bytes of which half can be compressed away, as those of programs. */
const NOISE = (() => {
  const words = new Uint32Array(1 << 20);
  let state = 1;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = i % 2 ? state : state >>> 24;
  }
  return Buffer.from(words.buffer);
})();

/** An entry's header and contents, in pieces. */
function* file(name, size, seed, mode = 0o644) {
  yield header(name, size, mode);
  let left = size;
  for (let at = (seed * 7919) % NOISE.length; left > 0; at = 0) {
    const piece = NOISE.subarray(at, Math.min(NOISE.length, at + left));
    yield piece;
    left -= piece.length;
  }
  yield Buffer.alloc((512 - (size % 512)) % 512);
}

/** The layers: many files; then one copied for its mode, one replaced, one deleted. */
function* layer(number) {
  const [[model, m], [jar, j], [cache, c]] = WASTED;
  if (number === 0) {
    for (let n = 0; n < FILES; n += 1) yield* file(`usr/share/d${String(n % 500).padStart(3, '0')}/file-${n}`, EACH, n);
    yield* file(model, m, 1);
    yield* file(jar, j, 2);
    yield* file(cache, c, 3);
  } else {
    yield* file(model, m, 1, 0o755);
    yield* file(jar, j + 1, 4);
    yield* file(cache.replace('pkgcache', '.wh.pkgcache'), 0, 0, 0o600);
  }
  yield Buffer.alloc(1024);
}

/** Writes pieces; their digest and size. `pack` stands between them and the file. */
async function write(to, pieces, pack) {
  const hash = createHash('sha256');
  const out = createWriteStream(to);
  const into = pack ?? out;
  if (pack) pack.pipe(out);
  let batch = [];
  let waiting = 0;
  const flush = async () => {
    const bytes = Buffer.concat(batch);
    [batch, waiting] = [[], 0];
    hash.update(bytes);
    if (!into.write(bytes)) await once(into, 'drain');
  };
  for (const piece of pieces) {
    batch.push(piece);
    waiting += piece.length;
    if (waiting > 4_000_000) await flush();
  }
  await flush();
  into.end();
  await once(out, 'finish');
  return hash.digest('hex');
}

async function digestOf(name) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(name)) hash.update(piece);
  return hash.digest('hex');
}

/** A tar of files on disk `[name, file]`, and of small ones `[name, bytes]`. */
async function assemble(to, large, small) {
  const out = createWriteStream(to);
  for (const [name, from] of large) {
    const { size } = await stat(from);
    out.write(header(name, size));
    for await (const piece of createReadStream(from, { highWaterMark: 1 << 22 })) {
      if (!out.write(piece)) await once(out, 'drain');
    }
    out.write(Buffer.alloc((512 - (size % 512)) % 512));
  }
  out.end(tar(small));
  await once(out, 'finish');
}

const json = (value) => Buffer.from(JSON.stringify(value));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const there = (file) => stat(file).then(() => true, () => false);

/** Writes both archives into a folder, unless they are there: `{ docker, oci }`. */
export async function bigArchives(dir) {
  const [docker, oci] = ['docker.tar', 'oci.tar'].map((name) => path.join(dir, name));
  if (await there(docker) && await there(oci)) return { docker, oci };
  const plain = [0, 1].map((n) => path.join(dir, `layer-${n}`));
  const ids = [];
  for (const n of [0, 1]) ids.push(await write(plain[n], layer(n)));
  const config = json({
    architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: ids.map((it) => `sha256:${it}`) },
    history: [{ created_by: 'ADD everything' }, { created_by: 'RUN chmod and more' }],
  });
  const manifest = json([{ Config: `${sha256(config)}.json`, RepoTags: ['big:1'], Layers: ids.map((it) => `${it}.tar`) }]);
  await assemble(docker, ids.map((it, n) => [`${it}.tar`, plain[n]]), [[`${sha256(config)}.json`, config], ['manifest.json', manifest]]);

  const blobs = [[`blobs/sha256/${sha256(config)}`, config]];
  const packed = [];
  const layers = [];
  for (const n of [0, 1]) {
    const gz = `${plain[n]}.gz`;
    await write(gz, layer(n), createGzip({ level: 1 }));
    const digest = await digestOf(gz);
    packed.push([`blobs/sha256/${digest}`, gz]);
    layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${digest}`, size: (await stat(gz)).size });
  }
  const inner = json({
    schemaVersion: 2, layers,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${sha256(config)}`, size: config.length },
  });
  blobs.push([`blobs/sha256/${sha256(inner)}`, inner]);
  const entry = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha256:${sha256(inner)}`, size: inner.length,
    annotations: { 'org.opencontainers.image.ref.name': 'big:1' },
  };
  await assemble(oci, packed, [
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'], ['index.json', json({ schemaVersion: 2, manifests: [entry] })], ...blobs,
  ]);
  for (const name of [...plain, ...packed.map((it) => it[1])]) await rm(name);
  return { docker, oci };
}

/** An archive of some megabytes whose layer, gzipped, is 6 GB of zeros. */
export async function bomb(dir) {
  const name = path.join(dir, 'bomb.tar');
  if (await there(name)) return name;
  const size = 6_000_000_000;
  function* zeros() {
    yield header('zeros', size);
    const piece = Buffer.alloc(4_000_000);
    for (let left = size; left > 0; left -= piece.length) yield piece;
    yield Buffer.alloc(512 - (size % 512) + 1024);
  }
  const layer = path.join(dir, 'bomb-layer');
  const id = await write(layer, zeros(), createGzip({ level: 6 }));
  const config = json({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [`sha256:${id}`] } });
  const manifest = json([{ Config: 'config.json', RepoTags: ['bomb:1'], Layers: ['layer.tar'] }]);
  await assemble(name, [['layer.tar', layer]], [['config.json', config], ['manifest.json', manifest]]);
  await rm(layer);
  return name;
}
