// The page opens, from any path, and has nothing to complain about.
import { expect, test } from '../lib/test.mjs';
import { LAB, pane, ready, type } from '../lib/lab.mjs';

test('the page opens without errors @narrow', async ({ lab, page }) => {
  await lab.open();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page).toHaveTitle(/Layerglass/);
});

test('the page is not wider than the window @narrow', async ({ lab, page }) => {
  const overflow = () => page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  await lab.open();
  await ready(page);
  expect(await overflow()).toBe(0);
  for (const lang of ['en', 'zh-CN']) {
    await lab.open(`?${lang}#lab=lab&lang=${lang}`);
    await pane(page, 'terminal');
    await type(page, LAB[0]);
    for (const name of ['stage', 'lesson', 'inspect']) {
      await pane(page, name);
      expect(await overflow()).toBe(0);
    }
  }
});

test('the machine runs in the page where there are no workers', async ({ lab, page }) => {
  await lab.open('#lab=lab&lang=en&engine=page');
  for (const line of LAB) await type(page, line);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
});
