// The lessons: chosen, solved with hints, by keyboard, shown; what was finished is remembered.
import { readFileSync } from 'node:fs';
import { expect, test } from '../lib/test.mjs';
import { pane, ready, type } from '../lib/lab.mjs';

const IDS = ['lab', 'one-view', 'copy-up', 'whiteout', 'many-lowers', 'opaque', 'rules'];

for (const [i, id] of IDS.entries()) {
  const lang = i % 2 ? 'zh-CN' : 'en';
  test(`"${id}" is solved by its own answers (${lang})`, async ({ page, lab }) => {
    await lab.open(`#lab=${id}&lang=${lang}&speed=0`);
    await ready(page);
    const done = page.locator('.lesson-done');
    const show = page.getByRole('button', { name: lang === 'en' ? 'Show me' : '演示给我看' });
    for (let step = 0; step < 12 && !(await done.isVisible()); step += 1) {
      const at = () => page.locator('.lesson').getAttribute('data-task');
      const before = await at();
      await show.click();
      await expect.poll(at).not.toBe(before);
      await ready(page);
    }
    await expect(done).toBeVisible();
  });
}

test('a lesson by keyboard: prediction, hints, check marks, the next one', async ({ page, lab }) => {
  await lab.open('#lab=copy-up&lang=en&speed=0');
  await ready(page);
  const choice = page.locator('.predict .choice');
  await choice.first().focus();
  await page.keyboard.press('Enter');
  await expect(choice.first()).toHaveAttribute('aria-pressed', 'true');
  const hints = page.locator('.hint');
  await page.locator('#lesson').focus();
  await page.keyboard.press('h');
  await expect(hints).toHaveCount(1);
  for (let i = 0; i < 4 && (await page.getByRole('button', { name: 'Hint', exact: true }).isVisible()); i += 1) {
    await page.keyboard.press('h');
  }
  const answer = await hints.last().locator('code').first().innerText();
  await page.keyboard.press('/');
  await expect(page.locator('#command-line')).toBeFocused();
  await page.keyboard.type(answer);
  await page.keyboard.press('Enter');
  await expect(page.locator('.lesson .pane-head small')).toContainText('2 /');
  await expect(page.locator('.predicted')).toBeVisible();
  await page.locator('#lesson').focus();
  await page.keyboard.press(']');
  await expect(page.locator('.lesson h2')).toContainText('whiteout');
});

test('finished lessons are remembered, and can be forgotten @narrow', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await pane(page, 'lesson');
  await ready(page);
  for (let step = 0; step < 4; step += 1) {
    await expect(page.getByRole('button', { name: 'Show me' })).toBeEnabled();
    await page.getByRole('button', { name: 'Show me' }).click();
    if (step < 3) await expect(page.locator('.lesson .pane-head small')).toContainText(`${step + 2} /`);
  }
  await expect(page.locator('.lesson-done')).toBeVisible();
  await page.reload();
  await pane(page, 'terminal');
  await ready(page);
  await page.getByRole('button', { name: 'Lessons' }).click();
  const dialog = page.locator('dialog');
  await expect(dialog.locator('.finished')).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Forget progress' }).click();
  await expect(dialog.locator('.finished')).toHaveCount(0);
  await dialog.getByRole('button', { name: /whiteout/ }).first().click();
  await pane(page, 'lesson');
  await expect(page.locator('.lesson h2')).toContainText('whiteout');
});

test('the page works where storage is blocked', async ({ page, lab }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError'); } });
  });
  await lab.open('#lab=lab&lang=en');
  await type(page, 'echo fine');
  await expect(page.locator('.terminal')).toContainText('fine');
});

test('a reload in the middle of a command leaves a working page', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  await page.locator('#command-line').fill('while true; do :; done');
  await page.locator('#command-line').press('Enter');
  await expect(page.locator('.term-prompt.busy')).toBeVisible();
  await page.reload();
  await type(page, 'pwd');
  await expect(page.locator('.terminal')).toContainText('/data/myworkdir/fs');
});

test('the self-check replays every recorded trace and is right about all @narrow', async ({ page, lab }) => {
  test.setTimeout(240_000); // 10 s alone, many times that where other tests and builds share the machine
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  await page.getByRole('button', { name: 'Self-check' }).click();
  const dialog = page.locator('dialog');
  await dialog.getByRole('button', { name: 'Check this page against Linux' }).click();
  await expect(dialog.locator('progress')).toBeVisible();
  const bundle = JSON.parse(readFileSync(new URL('corpus.json', `file://${process.env.LAYERGLASS_DIST}/`), 'utf8'));
  await expect(dialog.locator('.check-result')).toContainText(
    `${bundle.length} of ${bundle.length} recorded kernel traces identical (Linux 6.18)`, { timeout: 200_000 });
  await expect(dialog.locator('.differs')).toHaveCount(0);
});
