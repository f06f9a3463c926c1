// How a person uses the page: types, clicks, looks.
import { expect } from './test.mjs';

/** The article's lab. */
export const LAB = [
  'mount -t overlay overlay -o lowerdir=./lower,upperdir=./upper,workdir=./work ./merged',
  "echo 'in lower! after edit!' > merged/in_lower.txt",
  'rm -f merged/in_lower.txt',
  'ls -la upper',
];

/** The prompt is back: what ran is over. */
export async function ready(page) {
  await expect(page.locator('.term-prompt:not(.busy) #command-line:enabled')).toHaveCount(1);
  await expect(page.locator('.term-prompt .prompt').first()).toContainText('root@');
}

/** Types a line and waits until the prompt is back. */
export async function type(page, line) {
  await ready(page);
  const field = page.locator('#command-line');
  const groups = await page.locator('.term-group').count();
  await field.fill(line);
  await field.press('Enter');
  await expect(page.locator('.term-group')).toHaveCount(groups + 1);
  await ready(page);
}

/** Brings a pane to the front where only one is shown. */
export async function pane(page, name) {
  const index = { stage: 0, terminal: 1, lesson: 2, inspect: 3 }[name];
  await expect(page.locator('header.bar')).toBeVisible();
  const button = page.locator('nav.panes button').nth(index);
  if (await button.isVisible()) await button.click();
}

/** The row of a path in the matrix. */
export const row = (page, name) =>
  page.locator('.matrix [role=row]').filter({ has: page.locator('.row-name .text', { hasText: new RegExp(`^${name}$`) }) });

/** The last thing the terminal shows for the newest command. */
export const newest = (page) => page.locator('.term-group').last();
