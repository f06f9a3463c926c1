// A page in Chromium, beside the package as it was installed, from a plain static server, under a policy that allows
// scripts of one origin and WebAssembly.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const require = createRequire(join(process.env.LAYERGLASS_SOURCE, 'tests/e2e/package.json'));
const { chromium } = require('@playwright/test');
const here = new URL('.', import.meta.url).pathname;
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'";

/** The page, what went wrong in it, and how to close all. */
export async function open(html) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const body = path === '/' ? html : await readFile(join(here, path)).catch(() => null);
    response.writeHead(body === null ? 404 : 200, {
      'content-type': path === '/' ? 'text/html' : TYPES[extname(path)] ?? 'text/plain',
      'content-security-policy': POLICY,
    });
    response.end(body);
  });
  await new Promise((go) => server.listen(0, '127.0.0.1', go));
  const browser = await chromium.launch({
    executablePath: process.env.LAYERGLASS_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  });
  const close = async () => {
    await browser.close();
    server.close();
  };
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (why) => problems.push(String(why)));
    // A picture that is not there is no fault of the package.
    page.on('console', (it) => it.type() === 'error' && !it.text().includes('404') && problems.push(it.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    return { page, problems, close };
  } catch (why) {
    await close();
    throw why;
  }
}
