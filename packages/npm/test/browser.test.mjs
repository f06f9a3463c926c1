// The same package in Chromium: a page that imports it as it was installed, from a plain static server, under a
// policy that allows no more than WebAssembly.

import assert from 'node:assert/strict';
import test from 'node:test';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const require = createRequire(join(process.env.LAYERGLASS_SOURCE, 'tests/e2e/package.json'));
const { chromium } = require('@playwright/test');
const here = new URL('.', import.meta.url).pathname;
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = '<!doctype html><meta charset=utf-8><title>test</title><script type=importmap nonce=n>{"imports":{"layerglass/engine":"./node_modules/layerglass/engine.js"}}</script>';

test('it runs in a browser', async () => {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const body = path === '/' ? PAGE : await readFile(join(here, path)).catch(() => null);
    response.writeHead(body === null ? 404 : 200, {
      'content-type': path === '/' ? 'text/html' : TYPES[extname(path)] ?? 'text/plain',
      'content-security-policy': "default-src 'self'; script-src 'self' 'nonce-n' 'wasm-unsafe-eval'; require-trusted-types-for 'script'",
    });
    response.end(body);
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  const browser = await chromium.launch({
    executablePath: process.env.LAYERGLASS_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (why) => problems.push(String(why)));
    page.on('console', (it) => it.type() === 'error' && !it.text().includes('favicon') && problems.push(it.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const seen = await page.evaluate(async () => {
      const { Machine } = await import('./node_modules/layerglass/engine.js');
      const machines = await Promise.all([1, 2, 3].map((i) => Machine.create({ setup: `mkdir d${i}` })));
      const listings = await Promise.all(machines.map(async (it) => (await it.run('ls')).stdout));
      const refused = await machines[0].readFile('none').catch((why) => [why.code, why.number]);
      const modules = performance.getEntriesByType('resource').filter((it) => it.name.endsWith('.wasm')).length;
      return { listings, refused, modules };
    });
    assert.deepEqual(seen, { listings: ['d1\n', 'd2\n', 'd3\n'], refused: ['ENOENT', 2], modules: 1 });
    assert.deepEqual(problems.filter((it) => !it.includes('404')), []);
  } finally {
    await browser.close();
    server.close();
  }
});
