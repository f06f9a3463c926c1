// axe on each view, theme and language, in the wide and the narrow window; forced colours.
import { expect, test } from '../lib/test.mjs';
import { LAB, pane, ready, row, type } from '../lib/lab.mjs';

for (const lang of ['en', 'zh-CN']) {
  for (const theme of ['light', 'dark']) {
    test(`axe finds nothing in any view (${lang}, ${theme}) @narrow`, async ({ page, lab, axe }) => {
      await lab.open(`#lang=${lang}&theme=${theme}&speed=0`);
      await ready(page);
      await axe();
      await lab.open(`?lab#lab=lab&lang=${lang}&theme=${theme}&speed=0`);
      await pane(page, 'terminal');
      await axe();
      for (const line of LAB) await type(page, line);
      await axe();
      await pane(page, 'lesson');
      await axe();
      await pane(page, 'stage');
      for (const scene of ['Files', 'Stack', 'Table', 'Matrix']) {
        await page.locator(`#scene-${scene}`).click();
        await axe();
      }
      await row(page, 'in_lower.txt').locator('.role-merged button').click();
      await pane(page, 'inspect');
      for (const tab of ['Trace', 'Content', 'Inode', 'Diff', 'Raw']) {
        await page.locator(`#tab-${tab}`).click();
        await axe();
      }
      for (const button of await page.locator('[aria-haspopup=dialog]:visible').all()) {
        await button.click();
        await expect(page.locator('dialog')).toBeVisible();
        await axe();
        await page.keyboard.press('Escape');
        await expect(page.locator('dialog')).not.toBeVisible();
      }
    });
  }
}

test('the suggestions take the focus while a command runs, in a font that makes them scroll', async ({ page, lab, axe }) => {
  await lab.open('?lab#lab=lab&lang=en&speed=0');
  await ready(page);
  await page.addStyleTag({ content: '.chip { font-size: 2rem !important; }' });
  const field = page.locator('#command-line');
  await field.fill('read x');
  await field.press('Enter');
  const chip = page.locator('.chip').first();
  await expect(chip).toHaveAttribute('aria-disabled', 'true');
  const scrolls = await page.locator('.chips').evaluate((it) => it.scrollWidth > it.clientWidth);
  expect(scrolls).toBe(true);
  await axe('.chips');
  await chip.focus();
  await expect(chip).toBeFocused();
  // And a press does nothing but stay there: the line is not given to what runs.
  const groups = await page.locator('.term-group').count();
  await page.keyboard.press('Enter');
  await expect(chip).toBeFocused();
  await expect(page.locator('.term-group')).toHaveCount(groups);
  await page.locator('#command-line').fill('done');
  await page.locator('#command-line').press('Enter');
  await ready(page);
  await expect(chip).not.toHaveAttribute('aria-disabled');
});

test.describe('forced colours', () => {
  test.use({ contextOptions: { forcedColors: 'active' } });
  test('roles can still be told apart', async ({ page, lab }) => {
    await lab.open('#lab=lab&lang=en&speed=0');
    for (const line of LAB.slice(0, 3)) await type(page, line);
    const border = (selector) => page.locator(selector).first().evaluate((it) => getComputedStyle(it).border);
    const looks = new Set([await border('.is-visible button'), await border('.is-shadowed button'), await border('.is-whiteout button')]);
    expect(looks.size).toBe(3);
  });
});
