// A TypeScript program that uses the package compiles, and one that uses it wrongly does not.

import assert from 'node:assert/strict';
import test from 'node:test';
import { writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const modules = join(process.env.LAYERGLASS_SOURCE, 'packages/npm/node_modules');
const OPTIONS = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom', '--types', 'node', '--typeRoots', join(modules, '@types')];

const RIGHT = `
import { Machine, LayerglassError, type Step, type View, type Effect } from 'layerglass/engine';
const machine = await Machine.create({ setup: 'mkdir a', kernel: '6.18', seed: 1, columns: 100 });
const step: Step | null = await machine.run('ls', { stdin: '', signal: AbortSignal.timeout(5) });
const effects: Effect[] = step?.effects ?? [];
const copied = effects.flatMap((it) => (typeof it === 'object' && 'copied_up' in it ? [it.copied_up.bytes] : []));
const sum: number = copied.reduce((a, b) => a + b, 0);
const off = machine.on('goal', ({ step, met }) => { console.log(step + 1, met.every(Boolean), sum); });
off();
const view: View = await machine.undo(1);
for (const mount of view.mounts) console.log(mount.target);
const bytes: Uint8Array = await machine.readFile('a').catch((why: LayerglassError) => {
  if (why.code === 'EISDIR') return new Uint8Array();
  throw why;
});
const again = await Machine.create({ state: machine.export(), commands: 'ls' });
for (const it of await again.continue()) console.log(it?.trace.length, bytes.length);
`;

const ELEMENT = `
import 'layerglass';
import type { ElementStep, ElementStart } from 'layerglass';
const element = document.querySelector('layer-glass');
if (element) {
  const step: ElementStep | undefined = await element.run('ls');
  const text: string = (step?.output ?? '') + step?.status;
  const start: ElementStart = { commands: text };
  await element.load(start);
  await element.load('layerglass: 1');
  const picture: string = await element.export('svg');
  element.addEventListener('layerglass:step', ({ detail }) => console.log(detail.line.length, detail.output.length, picture));
  element.addEventListener('layerglass:goal', ({ detail: { step, met } }) => console.log(step + 1, met.every(Boolean)));
}
`;

const WRONG = [
  'new Machine();',
  'await Machine.create({ colour: 1 });',
  "const n: number = (await Machine.create()).readText('a');",
  "(await Machine.create()).on('nothing', () => {});",
  "await document.createElement('layer-glass').export('png');",
  "await document.createElement('layer-glass').load({ lesson: 'lab' });",
];

async function compile(name, text, kind) {
  await writeFile(new URL(name, import.meta.url), text);
  const how = kind === 'node' ? ['--module', 'node16'] : ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const tsc = join(modules, 'typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, ...OPTIONS, ...how, name], { cwd: new URL('.', import.meta.url), encoding: 'utf8' });
  return done.status === 0 ? '' : done.stdout;
}

for (const kind of ['node', 'bundler']) {
  test(`a right program compiles (${kind})`, async () => {
    assert.equal(await compile('right.mts', RIGHT, kind), '');
  });
  test(`a right program with the element compiles (${kind})`, async () => {
    assert.equal(await compile('element.mts', ELEMENT, kind), '');
  });
}

for (const [i, line] of WRONG.entries()) {
  test(`a wrong program does not compile: ${line}`, async () => {
    const text = `import 'layerglass';\nimport { Machine } from 'layerglass/engine';\n${line}\n`;
    assert.match(await compile(`wrong${i}.mts`, text, 'bundler'), /error TS/);
  });
}
