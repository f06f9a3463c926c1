// The element of the package in Chromium, from its own folder, under the policy that it promises to be content with.

import assert from 'node:assert/strict';
import test from 'node:test';
import { readFile, readdir } from 'node:fs/promises';
import { open } from './browser.mjs';

const PAGE = `<!doctype html><meta charset=utf-8><title>test</title>
<script type=module src=./node_modules/layerglass/element/layer-glass.js></script>
<layer-glass start=eager>
mkdir lower upper work merged
echo a > lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
</layer-glass>`;

test('the package names a file that is there', async () => {
  const file = new URL(import.meta.resolve('layerglass'));
  assert.match(await readFile(file, 'utf8'), /customElements\.define/);
  const names = await readdir(new URL('.', file));
  assert.ok(names.some((it) => /^embed_bg.*\.wasm$/.test(it)), names.join(' '));
});

test('the element runs a command', async () => {
  const { page, problems, close } = await open(PAGE);
  try {
    const step = await page.evaluate(() => document.querySelector('layer-glass').run('rm merged/a'));
    assert.equal(step.status, 0);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
