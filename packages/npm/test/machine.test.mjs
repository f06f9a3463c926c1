// The class `Machine` of the installed package.

import assert from 'node:assert/strict';
import test from 'node:test';
import { readFile } from 'node:fs/promises';
import { Machine, LayerglassError } from 'layerglass/engine';

const SETUP = `mkdir lower upper work merged
echo a > lower/a
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged`;

test('a command is a step with output, status, effects and trace', async () => {
  const machine = await Machine.create({ setup: SETUP });
  const step = await machine.run('rm merged/a; ls merged nothing');
  assert.equal(step.n, 4);
  assert.equal(step.cmd, 'rm merged/a; ls merged nothing');
  assert.equal(step.status, 2);
  assert.equal(step.stdout, 'merged:\n');
  assert.equal(step.stderr, "ls: cannot access 'nothing': No such file or directory\n");
  assert.ok(step.effects.some((it) => it.whited_out?.path === 'a'));
  assert.ok(step.trace.some((it) => it.Call?.what.startsWith('unlinkat(')));
  assert.ok('trace' in JSON.parse(JSON.stringify(step)));
  machine.free();
});

test('undo, redo and goto move through the past', async () => {
  const machine = await Machine.create({ setup: SETUP });
  const picture = (view) => [view.mounts, view.tree];
  const before = machine.view();
  const first = await machine.run('rm merged/a');
  const after = machine.view();
  assert.notEqual(after.digest, before.digest);
  assert.deepEqual(picture(await machine.undo()), picture(before));
  assert.deepEqual([machine.at, machine.length], [3, 4]);
  assert.equal((await machine.redo()).digest, after.digest);
  assert.equal((await machine.goto(0)).at, 3, 'the preparation stays');
  const other = await machine.run('true');
  assert.equal(other.n, first.n);
  assert.throws(() => first.trace, { code: 'EINVAL', number: 22 });
  assert.equal(await machine.run('undo'), null);
  assert.equal(machine.at, 3);
});

test('several machines live side by side', async () => {
  const [one, two] = await Promise.all([
    Machine.create({ kernel: '6.18' }), Machine.create({ kernel: '5.15', dir: '/srv' }),
  ]);
  await one.run('x=1; touch only-here');
  assert.equal((await two.run('echo "[$x]"; pwd; uname -r | cut -d. -f1,2')).stdout, '[]\n/srv\n5.15\n');
  assert.equal((await one.run('echo "[$x]"; ls')).stdout, '[1]\nonly-here\n');
  one.free();
  assert.equal((await two.run('echo on')).stdout, 'on\n');
  assert.throws(() => one.view(), { code: 'ENODEV' });
  await assert.rejects(one.run('true'), { code: 'ENODEV' });
});

test('commands asked for together run one after the other', async () => {
  const machine = await Machine.create();
  const steps = await Promise.all(['x=1', 'let x+=1', 'echo $x'].map((it) => machine.run(it)));
  assert.deepEqual(steps.map((it) => it.n), [1, 2, 3]);
  assert.equal(steps[2].stdout, '2\n');
});

test('a script goes step by step', async () => {
  const machine = await Machine.create({ commands: 'a=1\nfor i in 1 2; do\n  echo $i\ndone\n\n# last\necho $a' });
  assert.deepEqual(machine.pending, ['a=1', 'for i in 1 2; do\n  echo $i\ndone', '# last\necho $a']);
  assert.equal((await machine.step()).cmd, 'a=1');
  const rest = await machine.continue();
  assert.deepEqual(rest.map((it) => it.stdout), ['1\n2\n', '1\n']);
  assert.equal(await machine.step(), null);
});

test('events tell what happens', async () => {
  const machine = await Machine.create({ setup: SETUP });
  const heard = [];
  const off = machine.on('output', (it) => heard.push(it));
  machine.on('step', (it) => heard.push(it.n));
  machine.on('view', (it) => heard.push(it.at));
  await machine.run('echo out; echo err >&2');
  assert.deepEqual(heard, [{ stream: 'out', text: 'out\n' }, { stream: 'err', text: 'err\n' }, 4, 4]);
  off();
  await machine.run('echo silent');
  assert.equal(heard.length, 6);
  assert.throws(() => machine.on('nothing', () => {}), { code: 'EINVAL' });
});

test('input comes from the option, from a listener, or is at its end', async () => {
  const machine = await Machine.create();
  assert.equal((await machine.run('cat', { stdin: 'text\n' })).stdout, 'text\n');
  assert.equal((await machine.run('read x; read y; echo "$?"')).stdout, '1\n');
  const off = machine.on('waiting', () => setTimeout(() => machine.input('answer\n')));
  assert.equal((await machine.run('read x; echo "got $x"')).stdout, 'got answer\n');
  off();
});

test('nothing hangs', async () => {
  const machine = await Machine.create();
  const step = await machine.run('while :; do :; done', { signal: AbortSignal.timeout(50) });
  assert.equal(step.status, 130);
  await machine.run('mkfifo f');
  assert.equal((await machine.run('x=kept; cat f')).status, 130);
  assert.equal((await machine.run('vi file')).stdout, '');
  assert.equal((await machine.run('echo $x')).stdout, 'kept\n', 'the shell is still the same');
});

test('an editor is answered', async () => {
  const machine = await Machine.create();
  machine.on('edit', ({ path, text }) => {
    assert.deepEqual([path, text], ['/root/note', '']);
    setTimeout(() => machine.save('hello\n'));
  });
  await machine.run('vi note');
  assert.equal(await machine.readText('note'), 'hello\n');
});

test('files go in and out', async () => {
  const machine = await Machine.create({ setup: SETUP });
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  await machine.writeFile('merged/b', bytes);
  assert.deepEqual(await machine.readFile('merged/b'), bytes);
  await machine.writeFile('upper/a b', "it's 你好\n%s");
  assert.equal(await machine.readText('upper/a b'), "it's 你好\n%s");
  const at = machine.at;
  await assert.rejects(machine.readFile('merged/none'), (why) => {
    assert.ok(why instanceof LayerglassError && why instanceof Error);
    assert.deepEqual([why.code, why.number, why.message], ['ENOENT', 2, 'merged/none: No such file or directory']);
    assert.ok(why.trace.length > 0);
    return true;
  });
  assert.equal(machine.at, at, 'reading is no step');
  await machine.run('umount merged; mount -t overlay o -o lowerdir=lower:upper merged');
  await assert.rejects(machine.writeFile('merged/c', 'x'), { code: 'EROFS', number: 30 });
});

test('trace, inspect, diff and script answer', async () => {
  const machine = await Machine.create({ setup: SETUP });
  await machine.run('echo b >> merged/a');
  const report = await machine.trace('merged/a');
  assert.equal(report.mount, '/root/merged');
  assert.equal(report.rows[0].layer, 'Upper');
  assert.equal((await machine.inspect('merged/a')).layers.length, 2);
  assert.ok((await machine.diff(3, 4)).changes.some((it) => it.path === 'a'));
  assert.match(await machine.script(), /mount -t overlay/);
});

test('what is exported makes the same machine', async () => {
  const machine = await Machine.create({ setup: SETUP, seed: 5 });
  await machine.run('echo $RANDOM > merged/a; read x; echo $x', { stdin: 'y\n' });
  await machine.run('rm merged/a');
  await machine.undo();
  const state = JSON.parse(JSON.stringify(machine.export()));
  const again = await Machine.create({ state });
  assert.equal(again.view().digest, machine.view().digest);
  assert.equal((await again.redo()).digest, (await machine.redo()).digest);
});

test('a link opens the same machine', async () => {
  const machine = await Machine.create({ setup: SETUP });
  await machine.run('rm merged/a');
  const link = machine.permalink('https://example.org/lab#old');
  assert.match(link, /^https:\/\/example\.org\/lab#v1:[\w-]+$/);
  const again = await Machine.create({ link });
  assert.equal(again.view().digest, machine.view().digest);
  const lesson = await Machine.create({ link: '#lab=one-view&run=echo%20hi' });
  assert.deepEqual([lesson.at, lesson.view().tree_root], [1, '/lab']);
  assert.ok(lesson.view().tree.length > 0, 'its files are there');
  await assert.rejects(Machine.create({ link: '#lab=none' }), { code: 'EINVAL', message: /none is not in this package/ });
  await assert.rejects(Machine.create({ link: '#v9:AAAA' }), { code: 'EINVAL', message: /version v9/ });
  await assert.rejects(Machine.create({ link: link.slice(0, -9) }), { code: 'EINVAL' });
  await assert.rejects(Machine.create({ link, scenario: 'x' }), { code: 'EINVAL' });
});

test('wrong options say what is wrong', async () => {
  const refused = (options, message) => assert.rejects(Machine.create(options), { code: 'EINVAL', message });
  await refused({ kernel: '2.4' }, /there is no 2.4; there are 6.18/);
  await refused({ driver: 'zip' }, /no storage driver/);
  await refused({ scenario: 'id: x' }, /line 1/);
  await refused({ scenario: 'id: x', seed: 1 }, /do not go together/);
  await refused({ colour: 'red' }, /unknown field `colour`/);
  await refused({ seed: 'x' }, /seed|invalid type/);
  assert.throws(() => new Machine(), TypeError);
  await assert.rejects((await Machine.create()).run('a\0b'), { code: 'EINVAL' });
});

test('a scenario of the package is played', async () => {
  const file = new URL(import.meta.resolve('layerglass/scenarios/one-view'));
  const machine = await Machine.create({ scenario: await readFile(file, 'utf8') });
  let goals;
  machine.on('goal', (it) => { goals = it; });
  await machine.run('true');
  assert.equal(goals.step, 0);
  assert.ok(goals.met.length > 0);
});

test('containers run', async () => {
  const machine = await Machine.create({ driver: 'overlay2' });
  const step = await machine.run("docker pull -q busybox; docker run --rm busybox echo hi; docker info -f '{{.Driver}}'");
  assert.equal(step.stderr, '');
  assert.equal(step.stdout.split('\n').slice(-3).join(' '), 'hi overlay2 ');
  assert.equal(machine.view().docker.images.length, 1);
});
