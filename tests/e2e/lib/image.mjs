// Archives of images, made here: layers of files and whiteouts, as `docker save` writes them.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The header of an entry; seconds of `mtime` that octal digits have no room for are written in base 256. */
export function header(path, size, mode, mtime) {
  const isDir = path.endsWith('/');
  const head = Buffer.alloc(512);
  const put = (text, at, length) => head.write(text, at, length, 'latin1');
  put(path, 0, 100);
  put((mode ?? (isDir ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100, 8);
  put('0000000', 108, 8);
  put('0000000', 116, 8);
  put(size.toString(8).padStart(11, '0'), 124, 12);
  put('14000000000', 136, 12);
  if (mtime !== undefined) {
    head.fill(0, 136, 148).writeBigInt64BE(mtime, 140);
    head[136] = 0x80;
  }
  put('        ', 148, 8);
  put(isDir ? '5' : '0', 156, 1);
  put('ustar\0' + '00', 257, 8);
  const sum = head.reduce((all, byte) => all + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return head;
}

/** A tar of `[path, content]`; a path with a slash at its end is a directory, `mode` and `mtime` may follow. */
export function tar(entries) {
  const blocks = [];
  for (const [path, content = '', mode, mtime] of entries) {
    const data = Buffer.from(content);
    blocks.push(header(path, data.length, mode, mtime), data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The files of a tar by name, in its order; directories are empty. */
export function untar(bytes) {
  const files = new Map();
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const field = (from, length) => bytes.toString('latin1', at + from, at + from + length).split('\0')[0];
    const size = parseInt(field(124, 12), 8);
    const prefix = field(345, 155);
    files.set((prefix && `${prefix}/`) + field(0, 100), bytes.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** A docker-archive with one image: `layers` are lists of entries, `steps` what made each. */
export function dockerArchive(name, layers, steps = [], { gzip = false, config = {} } = {}) {
  const tars = layers.map(tar);
  const document = Buffer.from(JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    created: '2024-05-06T07:08:09Z',
    config: { Cmd: ['sh'], ...config },
    history: layers.map((_, i) => ({ created: '2024-05-06T07:08:09Z', created_by: steps[i] ?? `step ${i + 1}` })),
    rootfs: { type: 'layers', diff_ids: tars.map((it) => `sha256:${sha256(it)}`) },
  }));
  const files = tars.map((it) => [`${sha256(it)}.tar`, gzip ? gzipSync(it) : it]);
  const id = `${sha256(document)}.json`;
  const manifest = [{ Config: id, RepoTags: [name], Layers: files.map((it) => it[0]) }];
  const unique = new Map(files);
  return tar([...unique, [id, document], ['manifest.json', JSON.stringify(manifest)]]);
}

/** A layer of two files, and the same as zstd 1.5 packs it (Node learned that with version 22). */
export const PACKED = [
  ['app/'], ['app/a.txt', Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n') + '\n'],
  ['bin/'], ['bin/sh', '#!layerglass sh\n', 0o755],
];
const ZSTD = Buffer.from(
  'KLUv/WQAD30GAOJIGheAbQ7AsvmsQCxEBm8jIUkmCSSn5qC6DAgsT73XGuVJptYEgld6eXYYBIHj////393d3d21bdu2VVVVVVUPo2DrawVS' +
  'JQ7TpMKlq2DJfgZJ0NAI5xpm4tOgFyEuhd7FMq+YuFaRSDjXAkaoUcBiWlho3XAlJZcDMhgMJuFQiSaYeCf+16ocA9mr1diJC8c9twOYZONI' +
  'MmCqvKXKRIFACEJoGsmiAuE5jpvCYDkKxqdtoKbGYh6s44vhKPEAhM5Hqaf7n+XGaHhOyqqFBo01SZM=',
  'base64',
);

/**
 * An OCI layout as BuildKit writes it: an index in the index, the image beside its attestation. The first layer is
 * `PACKED` in zstd, `more` follow in gzip and plain by turns.
 */
export function ociArchive(name, more) {
  const tars = [PACKED, ...more].map(tar);
  const kinds = [['+zstd', () => ZSTD], ['+gzip', gzipSync], ['', (it) => it]];
  const blobs = new Map();
  const blob = (bytes, mediaType, extra = {}) => {
    const digest = sha256(bytes);
    blobs.set(`blobs/sha256/${digest}`, bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length, ...extra };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));
  const oci = 'application/vnd.oci.image';
  const layers = tars.map((it, i) => {
    const [kind, pack] = i === 0 ? kinds[0] : kinds[1 + ((i - 1) % 2)];
    return blob(pack(it), `${oci}.layer.v1.tar${kind}`);
  });
  const config = blob(json({
    architecture: 'amd64',
    os: 'linux',
    created: '2024-05-06T07:08:09Z',
    config: { Cmd: ['sh'] },
    history: tars.map((_, i) => ({ created: '2024-05-06T07:08:09Z', created_by: `step ${i + 1}` })),
    rootfs: { type: 'layers', diff_ids: tars.map((it) => `sha256:${sha256(it)}`) },
  }), `${oci}.config.v1+json`);
  const manifest = (config, layers) => json({ schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers });
  const image = blob(manifest(config, layers), `${oci}.manifest.v1+json`, { platform: { architecture: 'amd64', os: 'linux' } });
  const proof = blob(json({ _type: 'https://in-toto.io/Statement/v0.1' }), 'application/vnd.in-toto+json');
  const attestation = blob(manifest(blob(json({}), `${oci}.config.v1+json`), [proof]), `${oci}.manifest.v1+json`, {
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image.digest },
  });
  const index = (manifests) => json({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests });
  const inner = blob(index([image, attestation]), `${oci}.index.v1+json`, {
    annotations: { 'io.containerd.image.name': `docker.io/library/${name}`, 'org.opencontainers.image.ref.name': name.split(':')[1] },
  });
  return tar([['oci-layout', '{"imageLayoutVersion":"1.0.0"}'], ['index.json', index([inner])], ...blobs]);
}

/** A small archive in whose one layer a file claims a size. */
export function claiming(size) {
  const layer = Buffer.concat([header('big', size), Buffer.alloc(512)]);
  const config = JSON.stringify({
    architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  });
  const manifest = [{ Config: 'config.json', RepoTags: ['x:1'], Layers: ['layer.tar'] }];
  return tar([['layer.tar', layer], ['config.json', config], ['manifest.json', JSON.stringify(manifest)]]);
}

/** Writes an archive whose one layer holds one file of `size` zeros, and is not what it says it is. */
export async function huge(path, size) {
  const whole = Math.ceil(size / 512) * 512 + 512 + 1024;
  const config = Buffer.from(JSON.stringify({
    architecture: 'amd64', os: 'linux', history: [{ created_by: 'zeros' }],
    rootfs: { type: 'layers', diff_ids: [`sha256:${'0'.repeat(64)}`] },
  }));
  const id = `${sha256(config)}.json`;
  const manifest = JSON.stringify([{ Config: id, RepoTags: ['huge:1'], Layers: ['layer.tar'] }]);
  const file = await open(path, 'w');
  await file.write(Buffer.concat([header('layer.tar', whole), header('zeros', size)]), 0, 1024, 0);
  const end = tar([[id, config], ['manifest.json', manifest]]);
  await file.write(end, 0, end.length, 512 + whole);
  await file.close();
}
