// Archives that a reader opens: looked at, compared, run, and taken out again; nothing is ever sent.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from '../lib/test.mjs';
import { claiming, dockerArchive, header, huge, ociArchive, tar, untar } from '../lib/image.mjs';
import { newest, pane, ready, type } from '../lib/lab.mjs';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const text = (n) => Array.from({ length: n }, (_, i) => `line ${i}`).join('\n') + '\n';
const SHELL = ['bin/sh', '#!layerglass sh\n', 0o755];
const BASE = [['app/'], ['app/a.txt', text(50)], ['bin/'], SHELL, ['etc/'], ['var/'], ['var/big', 'x'.repeat(3_000_000)]];
const SHOP = dockerArchive('shop:2', [
  BASE,
  [['app/'], ['app/a.txt', text(51)], ['root/'], ['root/.npmrc', '//registry/:_authToken=abcdefgh12345678\n']],
  [['app/'], ['app/new', 'new\n', 0o755], ['root/'], ['root/.wh..npmrc'], ['var/'], ['var/.wh.big']],
], ['ADD file:abc in / ', 'RUN /bin/sh -c npm ci # buildkit', 'RUN /bin/sh -c rm -rf /var/big /root/.npmrc # buildkit']);

/** Gives a file to the page as the file chooser does. */
async function open(page, name, buffer) {
  await page.locator('#archive-file').setInputFiles({ name, mimeType: 'application/x-tar', buffer });
}

async function start(page, lab, more = '') {
  await lab.open(`#lab=lab&view=archive&speed=0${more}`);
  await ready(page);
  await pane(page, 'stage');
}

const line = (page, name) => page.locator('.line', { has: page.locator('.text', { hasText: new RegExp(`^${name}$`) }) });
const tab = (page, name) => page.locator(`.archive-pages [data-page=${name}]`);

test('an image is opened, and every page about it tells the truth @narrow', async ({ page, lab, axe }) => {
  const asked = [];
  await start(page, lab);
  await axe();
  await expect(page.locator('.door')).toContainText('never leaves this computer');
  page.on('request', (request) => asked.push(request.url()));
  await open(page, 'shop.tar.gz', gzipSync(SHOP));
  await expect(page.locator('.archive-head')).toContainText('shop:2');
  await expect(page.locator('.layer-card')).toHaveCount(4);
  await axe();
  // The tree, by keyboard: the first directory opens, its second file is picked.
  await page.locator('.file-list').focus();
  await page.keyboard.press('ArrowRight');
  await expect(line(page, 'a.txt')).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const picked = page.locator('.archive-picked');
  await expect(picked.locator('h3')).toHaveText('/app/a.txt');
  await expect(picked.locator('.versions-list > li')).toHaveCount(2);
  await expect(picked.locator('pre.file').last()).toContainText('line 49');
  await picked.getByRole('button', { name: 'Compare with the version before' }).click();
  await expect(picked.locator('.diff .added')).toHaveText('+ line 50\n');
  await axe();
  const saved = page.waitForEvent('download');
  await picked.getByRole('button', { name: 'Download' }).click();
  expect(await readFile(await (await saved).path(), 'utf8')).toBe(text(51));
  // What one layer removes.
  await page.locator('.layer-card', { hasText: 'Layer 3' }).click();
  await page.getByLabel('Change').selectOption({ label: 'removed' });
  await expect(page.locator('.line')).toHaveCount(2);
  await expect(page.locator('.line.deleted').first()).toContainText('root/.npmrc');
  await page.getByLabel('Change').selectOption({ label: 'any' });
  await tab(page, 'Waste').click();
  await expect(page.locator('.waste tr').first()).toContainText('/var/big');
  await expect(page.locator('.waste tr').first()).toContainText('removed later, still stored in layer 1, hidden by layer 3');
  await axe();
  await tab(page, 'Secrets').click();
  await expect(page.locator('.archive tbody tr')).toContainText(['/root/.npmrc']);
  await expect(page.locator('.archive tbody tr')).toContainText(['removed later, still in the image']);
  await tab(page, 'Dockerfile').click();
  await expect(page.locator('.dockerfile')).toContainText('RUN npm ci');
  // Beside another image.
  await tab(page, 'Compare').click();
  await open(page, 'other.tar', dockerArchive('shop:3', [BASE, [['app/'], ['app/b.txt', 'b']]]));
  await expect(page.locator('.archive-head select')).toHaveValue('1');
  await tab(page, 'Compare').click();
  await page.getByLabel('Compare with').selectOption({ label: 'shop:2' });
  await expect(page.locator('.archive .changes tr.added')).toContainText(['/app/b.txt']);
  await expect(page.locator('.archive')).toContainText('They share 1 layer');
  await axe();
  // All of that came from the page itself; only the machine with all commands was fetched from its host.
  expect(asked.filter((url) => !url.startsWith(process.env.LAYERGLASS_URL) && !url.startsWith('blob:'))).toEqual([]);
});

test('an image goes into the machine, is changed there, and comes out again', async ({ page, lab }) => {
  await start(page, lab, '&lang=zh-CN');
  await open(page, 'shop.tar', SHOP);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出' }).click();
  const file = await (await saved).path();
  await page.getByRole('button', { name: '载入模拟机' }).click();
  await expect(page.locator('.card', { hasText: 'shop:2' })).toBeVisible();
  await expect(newest(page)).toContainText('Loaded image: shop:2');
  const type = async (text) => {
    await page.locator('#command-line').fill(text);
    await page.keyboard.press('Enter');
    await ready(page);
  };
  await type('docker create --name it shop:2 >/dev/null; echo changed > x; docker cp x it:/app/a.txt; docker diff it');
  await expect(newest(page)).toContainText('C /app/a.txt');
  await type('docker commit it shop:4 >/dev/null; docker history shop:4 | wc -l');
  await expect(newest(page)).toContainText('5');
  // A file of the machine goes to the reader.
  await page.locator('#scene-Files').click();
  await page.locator('[role=treeitem]', { has: page.locator('.text', { hasText: /^x$/ }) }).click();
  const out = page.waitForEvent('download');
  await page.locator('dialog').getByRole('button', { name: '下载' }).click();
  expect(await readFile(await (await out).path(), 'utf8')).toBe('changed\n');
  // What was exported is what can be opened again.
  await page.locator('#scene-Archive').click();
  await page.locator('#archive-file').setInputFiles(file);
  await expect(page.locator('.archive-head select option')).toHaveText(['shop:2', 'shop:2']);
});

test('a file of a year that no date of JavaScript reaches is shown and goes into the machine', async ({ page, lab }) => {
  await start(page, lab);
  await open(page, 'late.tar', dockerArchive('late:1', [[['late.txt', 'late\n', 0o644, 10n ** 17n], ['soon.txt', 'soon\n']]]));
  await page.locator('.file-list').focus();
  await page.keyboard.press('Enter');
  const picked = page.locator('.archive-picked');
  await expect(picked.locator('h3')).toHaveText('/late.txt');
  await expect(picked).toContainText('@100000000000000000');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(picked.locator('h3')).toHaveText('/soon.txt');
  await page.getByRole('button', { name: 'Load into the machine' }).click();
  await expect(newest(page)).toContainText('Loaded image: late:1');
  await pane(page, 'terminal');
  await page.locator('#command-line').fill('docker run --rm late:1 ls -l late.txt; ls -l --time-style=full-iso /var/lib/docker/overlay2/*/diff/late.txt; echo do""ne');
  await page.keyboard.press('Enter');
  await ready(page);
  await expect(newest(page)).toContainText('done');
});

test('an OCI layout with zstd, gzip, an inner index and an attestation is opened, run, and comes out with its layers @narrow', async ({ page, lab, axe }) => {
  await start(page, lab);
  await open(page, 'box.tar', ociArchive('box:1', [
    [['app/'], ['app/a.txt', text(51)]],
    [['app/'], ['app/.wh.a.txt'], ['app/b', 'b\n']],
  ]));
  await expect(page.locator('.archive-head')).toContainText('box:1');
  await expect(page.locator('.layer-card')).toHaveCount(4);
  await expect(page.locator('.archive')).toContainText('attestation');
  await axe();
  await page.locator('.layer-card', { hasText: 'Layer 1' }).click();
  // The list that has the focus may still be that of all layers.
  await expect(async () => {
    await page.locator('.file-list').focus();
    await page.keyboard.press('ArrowRight');
    await expect(line(page, 'a.txt')).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 10_000 });
  // Its diff IDs, in and out of the machine.
  await page.getByRole('button', { name: 'Load into the machine' }).click();
  await expect(newest(page)).toContainText('Loaded image: box:1');
  const type = async (text) => {
    await pane(page, 'terminal');
    await page.locator('#command-line').fill(text);
    await page.keyboard.press('Enter');
    await ready(page);
  };
  await type("docker inspect -f '{{json .RootFS.Layers}}' box:1 > before; docker save -o out.tar box:1; docker rmi -f box:1 >/dev/null; docker load -qi out.tar; docker inspect -f '{{json .RootFS.Layers}}' box:1 | cmp before - && echo sa''me");
  await expect(newest(page)).toContainText('same');
  // The quotes keep what is looked for out of the line itself.
  await type("docker create --name it box:1 >/dev/null; docker cp -q it:/app/b b; echo got''-$(cat b); docker cp it:/app/a.txt x 2>/dev/null || echo hid''den");
  await expect(newest(page)).toContainText('got-b');
  await expect(newest(page)).toContainText('hidden');
});

test('what is broken says where, and nothing of it stays @narrow', async ({ page, lab, axe }) => {
  await start(page, lab);
  const refused = page.locator('.refused');
  const whole = SHOP;
  for (const [name, bytes, why] of [
    ['cut.tar', whole.subarray(0, whole.length / 2), /bytes, \d+ are left/],
    ['text.tar', Buffer.from('no archive at all\n'.repeat(100)), /byte 0/],
    ['empty.tar', Buffer.alloc(0), /./],
    ['plain.tar', tar([['a', 'b']]), /manifest.json and index.json are missing/],
    ['up.tar', dockerArchive('x:1', [[['../../etc/passwd', 'x']]]), /\.\.\/\.\.\/etc\/passwd/],
    ['lies.tar', Buffer.from(whole.toString('latin1').replace('line 7', 'line 8'), 'latin1'), /layer 1 .*diff ID/],
    ['bad.tar.gz', gzipSync(whole).subarray(0, 2000), /unpacking, byte/],
    ['deep.tar', dockerArchive('x:1', Array.from({ length: 10_000 }, () => [])), /10000 layers, at most 1000/],
    ['claims.tar', Buffer.concat([header('layer.tar', 5_000_000_000), Buffer.alloc(5120)]), /"layer.tar", byte 512: is to have 5000000000 bytes/],
    ['claim.tar', claiming(5_000_000_000), /layer 1 .*"big", byte 0: the archive ends before the contents do, 4999999488 bytes/],
  ]) {
    await open(page, name, bytes);
    await expect(refused.locator('code')).toHaveText(why);
    await expect(page.locator('.door')).toBeVisible();
    await refused.getByRole('button', { name: 'Close' }).click();
    await expect(refused).toHaveCount(0);
  }
  await open(page, 'text.tar', Buffer.from('no archive'.repeat(100)));
  await expect(refused).toBeVisible();
  await axe();
  await open(page, 'shop.tar', SHOP);
  await expect(page.locator('.archive-head')).toContainText('shop:2');
  await expect(refused).toHaveCount(0);
});

test('ten thousand files are rows where one looks; an opening can be given up; a file can be dropped', async ({ page, lab }, info) => {
  await start(page, lab);
  const many = Array.from({ length: 10_000 }, (_, i) => [`many/f${String(i).padStart(5, '0')}`, 'x'.repeat(i % 900)]);
  const big = dockerArchive('many:1', [[['many/'], ...many]]);
  // Given up.
  const path = info.outputPath('huge.tar');
  await huge(path, 3_000_000_000);
  await page.locator('#archive-file').setInputFiles(path);
  await expect(page.locator('.door progress')).toBeVisible();
  await expect(page.locator('.door')).toContainText('of 3.00 GB, layer 1 of 1');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.locator('.door')).toContainText('Drop an image here');
  // Dropped.
  const handle = await page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], 'many.tar'));
    return transfer;
  }, big.toString('base64'));
  await page.dispatchEvent('main', 'drop', { dataTransfer: handle });
  await expect(page.locator('.archive-head')).toContainText('many:1');
  await line(page, 'many').click();
  await expect(page.locator('.list-sum')).toContainText('10001 rows');
  const list = page.locator('.file-list');
  await list.focus();
  await page.keyboard.press('End');
  await expect(line(page, 'f09999')).toBeVisible();
  expect(await page.locator('.line').count()).toBeLessThan(300);
  await page.getByLabel('Order').selectOption({ label: 'by size' });
  await page.getByLabel('Filter by path').fill('f00');
  await expect(page.locator('.list-sum')).toContainText('1000 rows');
  await expect(page.locator('.line').first()).toContainText('899 B');
});

test('an image that was opened is run, changed, compared, committed and exported, and the archive holds what was done', async ({ page, lab }, info) => {
  await start(page, lab);
  // Programs as real images hold them: the head of an ELF file for x86-64.
  const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(9), Buffer.from([3, 0, 62, 0]), Buffer.alloc(4000)]);
  const programs = ['cat', 'chmod', 'ls', 'rm', 'sh', 'stat'].map((name) => [`bin/${name}`, elf, 0o755]);
  const bytes = dockerArchive('shop:2', [
    [['app/'], ['app/a.txt', text(50)], ['bin/'], ...programs, ['etc/'], ['www/'], ['www/index.html', 'one\n'], ['www/old', 'old\n']],
    [['www/'], ['www/.wh.old'], ['www/new', 'new\n', 0o755]],
  ], ['ADD file:abc in / ', 'RUN /bin/sh -c rm /www/old'], { config: { Env: ['A=1'], WorkingDir: '/www', Cmd: ['sh', '-c', 'cat index.html'] } });
  await open(page, 'shop.tar', bytes);
  await expect(page.locator('.archive-head')).toContainText('shop:2');
  await page.getByRole('button', { name: 'Load into the machine' }).click();
  await expect(newest(page)).toContainText('Loaded image: shop:2');
  const says = async (line, ...texts) => {
    await pane(page, 'terminal');
    await type(page, line);
    for (const text of texts) await expect(newest(page).locator('pre').last()).toContainText(text);
  };
  // Run: what the image says, with its variables, where it says.
  await says('docker run --name first shop:2', 'one');
  await says("docker run --name work shop:2 sh -c 'echo $A; pwd; ls; echo two > index.html; echo more > /app/added; rm new; chmod 700 /bin/sh'", '1\n/www\nindex.html\nnew');
  await says('docker diff work | sort', 'A /app/added\nC /app\nC /bin\nC /bin/sh\nC /www\nC /www/index.html\nD /www/new');
  await says('docker diff first | wc -l', '0');
  await says("docker commit -m 'made here' -c 'ENV B=2' -c 'CMD cat index.html' work shop:3", 'sha256:');
  await says("docker history --format '{{.CreatedBy}}|{{.Size}}|{{.Comment}}' shop:3", 'made here', 'RUN /bin/sh -c rm /www/old', 'ADD file:abc in /');
  await says('docker run --rm shop:3', 'two');
  await says("docker run --rm shop:3 sh -c 'echo $A $B; ls /www /app; stat -c %a /bin/sh'", '1 2', 'added', '700');
  await says('docker save -o out.tar shop:3');
  await says("docker inspect -f '{{.RootFS.Layers}} {{.Id}}' shop:3", 'sha256:');
  const told = await newest(page).locator('pre').last().textContent();
  // Out of the machine, and under the eyes of the page and of the command line.
  await pane(page, 'stage');
  await page.locator('#scene-Files').click();
  await page.locator('[role=treeitem]', { has: page.locator('.text', { hasText: /^out.tar$/ }) }).click();
  const out = page.waitForEvent('download');
  await page.locator('dialog').getByRole('button', { name: 'Download' }).click();
  const file = info.outputPath('out.tar');
  await (await out).saveAs(file);
  await page.keyboard.press('Escape');
  const entries = untar(await readFile(file));
  const [{ Config, Layers, RepoTags }] = JSON.parse(entries.get('manifest.json'));
  expect(RepoTags).toEqual(['shop:3']);
  const { rootfs, history, config } = JSON.parse(entries.get(Config));
  const ids = Layers.map((name) => `sha256:${sha256(entries.get(name))}`);
  expect(ids).toEqual(rootfs.diff_ids);
  expect(ids.length).toBe(3);
  // What came in goes out as it was: the same two layers, byte for byte in what they are named by.
  const came = untar(bytes);
  const [first] = JSON.parse(came.get('manifest.json'));
  expect(ids.slice(0, 2)).toEqual(JSON.parse(came.get(first.Config)).rootfs.diff_ids);
  for (const id of ids) expect(told).toContain(id);
  expect(told).toContain(`sha256:${sha256(entries.get(Config))}`);
  expect(history.map((it) => it.comment ?? '')).toEqual(['', '', 'made here']);
  expect(config.Env).toEqual(['A=1', 'B=2']);
  const changes = [...untar(entries.get(Layers[2])).keys()].sort();
  expect(changes).toEqual(['app/', 'app/added', 'bin/', 'bin/sh', 'www/', 'www/.wh.new', 'www/index.html']);
  await page.locator('#scene-Archive').click();
  await page.locator('#archive-file').setInputFiles(file);
  await expect(page.locator('.archive-head')).toContainText('shop:3');
  await expect(page.locator('.layer-card')).toHaveCount(4);
  if (process.env.LAYERGLASS_BIN) {
    const said = (...args) => execFileSync(process.env.LAYERGLASS_BIN, ['image', ...args], { encoding: 'utf8' });
    expect(said('files', file).split('\n')).toContain('www/index.html');
    expect(said('files', file).split('\n')).not.toContain('www/new');
    expect(JSON.parse(said('inspect', file))[0].RootFS.Layers).toEqual(ids);
  }
});
