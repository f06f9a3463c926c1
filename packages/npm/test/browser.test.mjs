// The engine of the package in Chromium.

import assert from 'node:assert/strict';
import test from 'node:test';
import { open } from './browser.mjs';

test('it runs in a browser', async () => {
  const { page, problems, close } = await open('<!doctype html><meta charset=utf-8><title>test</title>');
  try {
    const seen = await page.evaluate(async () => {
      const { Machine } = await import('./node_modules/layerglass/engine.js');
      const machines = await Promise.all([1, 2, 3].map((i) => Machine.create({ setup: `mkdir d${i}` })));
      const listings = await Promise.all(machines.map(async (it) => (await it.run('ls')).stdout));
      const refused = await machines[0].readFile('none').catch((why) => [why.code, why.number]);
      const lesson = await Machine.create({ link: '#lab=one-view' });
      const modules = performance.getEntriesByType('resource').filter((it) => it.name.endsWith('.wasm')).length;
      return { listings, refused, prepared: lesson.view().tree.length > 0, modules };
    });
    assert.deepEqual(seen, { listings: ['d1\n', 'd2\n', 'd3\n'], refused: ['ENOENT', 2], prepared: true, modules: 1 });
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});
