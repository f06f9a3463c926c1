// Every example of the README runs, and prints what the README says: the comments after `//>`.

import assert from 'node:assert/strict';
import test from 'node:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const here = new URL('.', import.meta.url);
const readme = await readFile(new URL('node_modules/layerglass/README.md', here), 'utf8');
const examples = [...readme.matchAll(/^```js\n(.*?)^```$/gms)].map((it) => it[1]);

test('the README has examples', () => assert.ok(examples.length >= 5, `${examples.length}`));

for (const [i, text] of examples.entries()) {
  test(`example ${i + 1}: ${text.split('\n').find((it) => it && !it.startsWith('import'))}`, async () => {
    const expected = [...text.matchAll(/\/\/> ?(.*)$/gm)].map((it) => it[1]);
    assert.ok(expected.length > 0, 'an example shows what it prints');
    const dir = await mkdtemp(new URL('example-', here).pathname);
    try {
      await writeFile(`${dir}/example.mjs`, text);
      const { stdout } = await promisify(execFile)(process.execPath, [`${dir}/example.mjs`], { timeout: 60_000 });
      assert.deepEqual(stdout.trimEnd().split('\n'), expected);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
}
