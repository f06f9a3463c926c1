// The picture: lookups that play, what moves and what stands still, the inspector.
import { expect, test } from '../lib/test.mjs';
import { LAB, row, type } from '../lib/lab.mjs';

test('a lookup plays layer by layer, each with its rule', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0.25');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  await row(page, 'in_lower.txt').locator('.role-merged button').click();
  const rows = page.locator('.trace-row');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('upper');
  await expect(rows.nth(0)).toContainText('R2.3 A whiteout hides the name in every layer below.');
  await expect(page.locator('.ghost.ball')).toBeVisible();
  await expect(page.locator('.mx-head .asked')).toHaveCount(1);
  await expect(page.locator('.trace-result')).toContainText('No such file or directory (ENOENT)');
  // Step by step.
  await page.locator('.beats').getByRole('button', { name: 'Previous' }).click();
  await expect(page.locator('.trace-row.now')).toHaveCount(1);
});

test('a copy-up and a whiteout play from the trace', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0.25');
  await type(page, LAB[0]);
  await type(page, 'echo more >> merged/in_lower.txt');
  await expect(page.locator('.ghost.copy')).toBeVisible();
  await expect(page.locator('.work.busy')).toBeVisible();
  await expect(page.locator('.beats small')).toHaveText(/\/\d/);
  // New input never waits for an animation.
  await type(page, LAB[2]);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await expect(page.locator('.caption')).toContainText('whiteout');
});

test('no beat is longer than 400 ms, and the speed can be chosen', async ({ page, lab }) => {
  // The timers that the page sets: how long they take in the end is the machine's business.
  await page.addInitScript(() => {
    const set = window.setTimeout;
    window.timers = [];
    window.setTimeout = (call, ms, ...rest) => { window.timers.push(ms); return set(call, ms, ...rest); };
  });
  await lab.open('#lab=lab&lang=en');
  await type(page, LAB[0]);
  const beats = async () => {
    await page.evaluate(() => { window.timers = []; });
    await type(page, 'echo more >> merged/in_lower.txt');
    const [, of] = (await page.locator('.beats small').innerText()).split('/').map(Number);
    await expect(page.locator('.beats small')).toHaveText(new RegExp(`^${of}\\s*/\\s*${of}$`));
    await page.locator('.transport').getByRole('button', { name: 'Undo' }).click();
    return [of, await page.evaluate(() => window.timers)];
  };
  const [many, usual] = await beats();
  expect(many).toBeGreaterThan(2);
  expect(usual.filter((it) => it === 400).length).toBeGreaterThanOrEqual(many);
  await page.getByLabel('Speed').selectOption('2');
  const [, quick] = await beats();
  expect(quick.filter((it) => it === 200).length).toBeGreaterThanOrEqual(many);
  // What moves in a beat is over with it.
  const longest = await page.evaluate(() => getComputedStyle(document.querySelector('.stage')).getPropertyValue('--beat'));
  expect(longest.trim()).toBe('200ms');
  await page.getByLabel('Speed').selectOption('0');
  await type(page, 'echo more >> merged/in_lower.txt');
  await expect(page.locator('.ghost')).toHaveCount(0);
});

test.describe('with reduced motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });
  test('nothing moves: before and after carry their names', async ({ page, lab }) => {
    await lab.open('#lab=lab&lang=en');
    await type(page, LAB[0]);
    await type(page, LAB[2]);
    await expect(page.locator('.still-label')).toHaveText('Before');
    await expect(page.locator('.still-label')).toHaveText('After');
    await expect(page.locator('.mx-row.changed')).toHaveCount(1);
  });
});

test('the inspector shows content, inode and attributes of every version', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await type(page, LAB[0]);
  await type(page, 'echo more >> merged/in_lower.txt');
  await row(page, 'in_lower.txt').locator('.role-upper button').click();
  const panel = page.locator('#inspect-panel');
  await expect(panel.locator('.version')).toHaveCount(3);
  await expect(panel.locator('.version.picked')).toContainText('more');
  await page.getByRole('tab', { name: 'Inode' }).click();
  await expect(panel).toContainText('trusted.overlay.origin');
  await expect(panel).toContainText('the lower file that this one was copied up from');
  await page.getByRole('tab', { name: 'Diff' }).click();
  await expect(panel.locator('.added')).toContainText('more');
  await page.getByRole('tab', { name: 'Raw' }).click();
  await expect(panel).toContainText('lowerdir=./lower,upperdir=./upper,workdir=./work');
});

test('every entry has its actions, each with its command', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await type(page, LAB[0]);
  const dialog = page.locator('dialog');
  const act = async (name, answer) => {
    await dialog.getByRole('button', { name }).first().click();
    if (answer !== undefined) {
      await dialog.locator('input').fill(answer);
      await dialog.getByRole('button', { name: 'Run it' }).click();
    }
    await expect(dialog).not.toBeVisible();
  };
  const root = page.locator('[data-at="0-0"]');
  await root.click();
  await act('New directory…', 'docs');
  await expect(row(page, 'docs')).toBeVisible();
  await root.click();
  await act('New file…', 'made by hand');
  await expect(page.locator('.terminal')).toContainText("echo hello > merged/'made by hand'");
  await row(page, 'made by hand').locator('.row-name').click({ button: 'right' });
  await act('Permissions…', '640');
  await expect(page.locator('.terminal')).toContainText("chmod 640 'merged/made by hand'");
  await row(page, 'in_both.txt').locator('.row-name').click();
  await act('Rename…', 'renamed.txt');
  await expect(row(page, 'renamed.txt')).toBeVisible();
  await root.click();
  await act('Unmount');
  await expect(page.locator('.nothing')).toBeVisible();
  await page.locator('.file-row', { hasText: /^▾merged/ }).click();
  await act('Mount an overlay here…', 'lowerdir=lower,upperdir=upper,workdir=work');
  await expect(row(page, 'renamed.txt')).toBeVisible();
});

test('the tree of files is a tree by keys', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&view=files');
  const items = page.getByRole('treeitem');
  await expect(items.first()).toBeVisible();
  const all = await items.count();
  await items.first().focus();
  await page.keyboard.press('ArrowLeft');
  expect(await items.count()).toBeLessThan(all);
  await page.keyboard.press('ArrowRight');
  await expect(items).toHaveCount(all);
  await page.keyboard.press('ArrowRight');
  await expect(items.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(items.last()).toBeFocused();
  await page.keyboard.press('m');
  await expect(page.locator(':focus')).toContainText('merged');
  await page.keyboard.press('Enter');
  await expect(page.locator('dialog')).toBeVisible();
});
