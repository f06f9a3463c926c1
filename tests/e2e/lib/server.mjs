// A static file server as dull as any web host, on a free port. The site lives under a deep path,
// so that an absolute link in the build cannot go unnoticed.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

export const BASE = '/any/sub/path/';

/** Serves `root` and returns `{ url, close }`. */
export async function serve(root) {
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => {
      response.writeHead(500).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}${BASE}`;
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url, close };
}

async function answer(root, request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = await locate(root, decodeURIComponent(pathname));
  if (!file) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', 'access-control-allow-origin': '*' });
  createReadStream(file).pipe(response);
}

/** The file for a URL path, or nothing: outside the site, missing, or a folder without index. */
async function locate(root, pathname) {
  if (!pathname.startsWith(BASE)) return undefined;
  let file = path.join(root, pathname.slice(BASE.length));
  if (path.relative(root, file).startsWith('..')) return undefined;
  if (pathname.endsWith('/')) file = path.join(file, 'index.html');
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? file : undefined;
}
