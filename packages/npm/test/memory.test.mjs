// Machines that are freed, and machines that are only forgotten, give their memory back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Machine } from 'layerglass/engine';
import init from './node_modules/layerglass/layerglass.js';

const WORK = 'mkdir l u w m; head -c 200000 /dev/urandom > l/a; mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m; cp m/a m/b';

/** Bytes of the module's memory, which never shrinks. */
const size = async () => (await init()).memory.buffer.byteLength;

async function round(count, keep) {
  for (let i = 0; i < count; i++) {
    const machine = await Machine.create();
    await machine.run(WORK);
    if (!keep) machine.free();
  }
}

test('200 machines in a row take no more memory than 20', async () => {
  await round(20, false);
  const before = await size();
  await round(200, false);
  assert.equal(await size(), before);
});

test('a forgotten machine is freed by the collector', async () => {
  await round(20, false);
  const before = await size();
  for (let i = 0; i < 20; i++) {
    await round(10, true);
    globalThis.gc();
    await new Promise((go) => setTimeout(go, 5));
  }
  const grown = (await size()) - before;
  assert.ok(grown < 40 * 1024 * 1024, `${grown} bytes more after 200 forgotten machines`);
});
