// The page opens, from any path, and has nothing to complain about.
import { expect, test } from '../lib/test.mjs';

test('the page opens without errors @narrow', async ({ lab, page, axe }) => {
  await lab.open();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page).toHaveTitle(/Layerglass/);
  await axe();
});

test('the page is not wider than the window @narrow', async ({ lab, page }) => {
  await lab.open();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});
