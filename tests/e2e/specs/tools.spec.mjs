// The tools around the lab: two moments compared, branches, the session taken along, prediction,
// presenting, panes of any size, names to follow, words explained.
import { readFileSync } from 'node:fs';
import { expect, test } from '../lib/test.mjs';
import { LAB, newest, pane, ready, row, type } from '../lib/lab.mjs';

const slider = (page) => page.getByRole('slider');

test('two moments are compared: by key, by list, with Shift and a click', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  await page.locator('#stage').focus();
  await page.keyboard.press('d');
  const changes = page.locator('.changes tbody tr');
  // Everything since the mount.
  await expect(changes).toHaveCount(1);
  await expect(changes.first()).toContainText('−');
  await expect(changes.first()).toContainText('A whiteout for in_lower.txt was put into upper');
  await page.locator('.notch').nth(1).click({ modifiers: ['Shift'] });
  await expect(page.getByLabel('Compare two moments: from')).toHaveValue('2');
  await expect(changes.first()).toContainText('−');
  await page.getByLabel('Compare two moments: from').selectOption('1');
  await page.getByLabel('Compare two moments: to').selectOption('2');
  await expect(changes.first()).toContainText('~');
  await changes.first().getByRole('button').click();
  await expect(page.locator('.changes .diff .added')).toContainText('in lower! after edit!');
  await expect(page.locator('.changes .facts')).toContainText('size');
  await axe('#stage');
  await page.keyboard.press('Escape');
  await expect(page.locator('.compare')).toHaveCount(0);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
});

test('steps that were undone stay as a branch', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  await page.locator('.transport').getByRole('button', { name: 'Undo' }).click();
  await type(page, 'touch merged/other');
  await expect(page.locator('.term-note').last()).toContainText('branch 1');
  const branches = page.getByLabel('Branches');
  await branches.selectOption('0');
  await ready(page);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await expect(row(page, 'other')).toHaveCount(0);
  await branches.selectOption('0');
  await ready(page);
  await expect(row(page, 'other')).toHaveCount(1);
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
});

test('the session is taken along as a script and as a file, and loaded again', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  await page.getByRole('button', { name: 'Session', exact: true }).click();
  const dialog = page.locator('dialog');
  await dialog.getByRole('button', { name: 'Show the script' }).click();
  await expect(dialog.locator('textarea')).toHaveValue(new RegExp(`^#!/bin/bash[^]*${LAB[2]}\n$`));
  await axe('dialog');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    dialog.locator('section').nth(1).getByRole('button', { name: 'Download' }).click(),
  ]);
  const text = readFileSync(await file.path(), 'utf8');
  expect(JSON.parse(text).past).toHaveLength(3);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.locator('.transport').getByRole('button', { name: 'Reset' }).click();
  await dialog.getByRole('button', { name: 'Reset' }).click();
  await expect(page.locator('.nothing')).toBeVisible();
  await page.getByRole('button', { name: 'Session', exact: true }).click();
  const load = (name, body) =>
    page.locator('#session-file').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(body) });
  await load('bad.json', '{"layerglass":"something else"}');
  await expect(dialog.getByRole('alert')).toContainText('not a session');
  await load('good.json', text);
  await expect(dialog).not.toBeVisible();
  await ready(page);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await expect(slider(page)).toHaveAttribute('aria-valuetext', /Step 3 of 3/);
});

for (const [lang, words] of Object.entries({
  en: { session: 'Session', ask: /Ask me before/, whiteout: 'a whiteout appears in upper', run: 'Run it', right: 'As you expected', wrong: 'What happened: a whiteout appears' },
  'zh-CN': { session: '会话', ask: /先猜一猜/, whiteout: 'upper 里出现 whiteout', run: '运行', right: '猜对了', wrong: '实际上：upper 里出现 whiteout' },
})) {
  test(`a command is predicted before it runs (${lang})`, async ({ page, lab, axe }) => {
    await lab.open(`#lab=lab&lang=${lang}&speed=0`);
    await type(page, LAB[0]);
    await page.getByRole('button', { name: words.session, exact: true }).click();
    await page.getByLabel(words.ask).check();
    await page.keyboard.press('Escape');
    const ask = async (line) => {
      await page.locator('#command-line').fill(line);
      await page.locator('#command-line').press('Enter');
      await expect(page.locator('dialog .guess')).toBeVisible();
    };
    await ask('rm merged/in_lower.txt');
    await axe('dialog');
    await page.locator('dialog').getByRole('button', { name: words.whiteout }).click();
    await page.locator('dialog').getByRole('button', { name: words.run, exact: true }).click();
    await ready(page);
    await expect(page.locator('.guessed').last()).toContainText(words.right);
    await ask('rm merged/in_both.txt');
    await page.locator('dialog').getByRole('button', { name: words.run, exact: true }).click();
    await ready(page);
    await expect(page.locator('.guessed').last()).toContainText(words.wrong);
  });
}

test('presenting: one key is the next step', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await ready(page);
  await page.locator('#stage').focus();
  await page.keyboard.press('p');
  await expect(page.locator('.presents')).toHaveCount(1);
  await expect(page.locator('#lesson')).toBeHidden();
  for (const step of [1, 2]) {
    await page.keyboard.press('ArrowRight');
    await expect(slider(page)).toHaveAttribute('aria-valuetext', new RegExp(`Step ${step} of ${step}`));
    await ready(page);
    await expect(page.locator('.matrix .mx-row:not(.mx-head)')).toHaveCount(4);
  }
  await page.getByRole('button', { name: 'Next →' }).click();
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await page.locator('#stage').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.locator('.presents')).toHaveCount(0);
});

test('panes are resized by mouse and by keys, and a reload keeps sizes, view and selection', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, LAB[0]);
  const height = async () => (await page.locator('#terminal').boundingBox()).height;
  const before = await height();
  const bar = page.getByRole('separator', { name: 'Height of the terminal' });
  const box = await bar.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 6);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y - 94, { steps: 4 });
  await page.mouse.up();
  expect(Math.abs((await height()) - before - 100)).toBeLessThan(3);
  await bar.focus();
  await page.keyboard.press('ArrowDown');
  expect(Math.abs((await height()) - before - 76)).toBeLessThan(3);
  const lesson = page.getByRole('separator', { name: 'Width of the lesson' });
  await lesson.focus();
  await page.keyboard.press('End');
  const wide = (await page.locator('#lesson').boundingBox()).width;
  expect(wide).toBeGreaterThan(400);
  await row(page, 'in_both.txt').locator('.role-upper button').click();
  await page.locator('#tab-Inode').click();
  await page.locator('#scene-Table').click();
  await expect(page.locator('.words-table')).toContainText('hidden by a layer above');
  await page.reload();
  await ready(page);
  await expect(page.locator('.words-table')).toBeVisible();
  await expect(page.locator('#tab-Inode')).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('.version.picked')).toContainText('Inode');
  expect(Math.abs((await page.locator('#lesson').boundingBox()).width - wide)).toBeLessThan(3);
  await page.getByRole('separator', { name: 'Width of the lesson' }).dblclick();
  expect((await page.locator('#lesson').boundingBox()).width).toBeLessThan(340);
});

test('names in the output are followed, its words explained @narrow', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await pane(page, 'terminal');
  for (const line of LAB) await type(page, line);
  const output = newest(page);
  await output.getByRole('button', { name: /Explain/ }).click();
  await expect(output.locator('.explain')).toContainText('A character device with the numbers 0, 0');
  await expect(output.locator('.explain')).toContainText('More than one link');
  await axe('#terminal');
  await output.locator('.link', { hasText: 'in_lower.txt' }).click();
  await pane(page, 'inspect');
  await expect(page.locator('#inspector .path')).toHaveText('upper/in_lower.txt');
  await expect(page.locator('#inspector')).toContainText('A whiteout has no content');
});

test('thirty layers: those without the selected path are folded', async ({ page, lab, axe }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, 'for i in {1..30}; do mkdir l$i; echo $i > l$i/f$i; done; echo x > l7/same; echo y > l22/same');
  await type(page, "mount -t overlay overlay -o lowerdir=$(printf 'l%s:' {1..29})l30 merged");
  const heads = page.locator('.mx-head [role=columnheader]');
  await expect(heads).toHaveCount(32);
  await row(page, 'same').locator('.role-merged button').click();
  await expect(heads).toHaveCount(7);
  await expect(row(page, 'same').locator('.is-shadowed')).toHaveCount(1);
  await axe('#stage');
  await page.locator('.unfold').first().click();
  await expect(heads).toHaveCount(12);
  await page.getByRole('button', { name: 'Fold other layers' }).click();
  await expect(heads).toHaveCount(7);
  await page.getByRole('button', { name: 'Fold other layers' }).click();
  await expect(heads).toHaveCount(32);
  await page.locator('#scene-Stack').click();
  await expect(page.locator('.sheet')).not.toHaveCount(0);
});

test('what was copied up lights up together with where it came from', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of [LAB[0], 'echo more >> merged/in_lower.txt']) await type(page, line);
  await row(page, 'in_lower.txt').locator('.role-upper button').hover();
  await expect(row(page, 'in_lower.txt').locator('.lit')).toHaveCount(3);
  await row(page, 'in_upper.txt').locator('.role-upper button').hover();
  await expect(page.locator('.lit')).toHaveCount(0);
});

test('single letters can be switched off', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await ready(page);
  await page.locator('.session-button').click();
  await expect(page.locator('dialog')).toContainText('Single-letter keys');
  await page.getByLabel(/Single-letter keys/).uncheck();
  await page.keyboard.press('Escape');
  await page.locator('#stage').focus();
  await page.keyboard.press('2');
  await expect(page.locator('#scene-Matrix')).toHaveAttribute('aria-selected', 'true');
  await page.reload();
  await ready(page);
  await page.locator('#stage').focus();
  await page.keyboard.press('s');
  await expect(page.locator('dialog')).not.toBeVisible();
});

test('bytes that nobody sees are listed with their files', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, LAB[0]);
  await page.locator('.ledger-button').click();
  await expect(page.locator('.unseen-files')).toContainText('in_both.txt');
  await page.locator('.unseen-files button').click();
  await expect(page.locator('.version.picked')).toContainText('In both. from lower');
});

test('a poster stands there before the program does', async ({ page, lab }) => {
  await page.route('**/*.wasm', async (route) => {
    await expect(page.locator('.poster svg')).toBeVisible();
    await expect(page.locator('#boot')).toHaveText('正在加载…');
    await route.continue();
  }, { times: 1 });
  await lab.open('#lab=lab&lang=zh-CN');
  await ready(page);
  await expect(page.locator('.poster')).toHaveCount(0);
});
