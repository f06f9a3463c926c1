// Archives of images, made here: layers of files and whiteouts, as `docker save` writes them.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** The header of an entry. */
function header(path, size, mode) {
  const isDir = path.endsWith('/');
  const head = Buffer.alloc(512);
  const put = (text, at, length) => head.write(text, at, length, 'latin1');
  put(path, 0, 100);
  put((mode ?? (isDir ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100, 8);
  put('0000000', 108, 8);
  put('0000000', 116, 8);
  put(size.toString(8).padStart(11, '0'), 124, 12);
  put('14000000000', 136, 12);
  put('        ', 148, 8);
  put(isDir ? '5' : '0', 156, 1);
  put('ustar\0' + '00', 257, 8);
  const sum = head.reduce((all, byte) => all + byte, 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return head;
}

/** A tar of `[path, content]`; a path with a slash at its end is a directory, `mode` may follow. */
export function tar(entries) {
  const blocks = [];
  for (const [path, content = '', mode] of entries) {
    const data = Buffer.from(content);
    blocks.push(header(path, data.length, mode), data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
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
