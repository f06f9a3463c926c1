// The article's lab: typed, in both languages, with the picture beside it.
import { expect, test } from '../lib/test.mjs';

const LINES = [
  'mount -t overlay overlay -o lowerdir=./lower,upperdir=./upper,workdir=./work ./merged',
  'echo "in lower! after edit!" > merged/in_lower.txt',
  'rm -f merged/in_lower.txt',
  'ls -l upper',
];

/** Types a line and waits until the prompt is back. */
async function type(page, line) {
  const field = page.locator('#command-line');
  await expect(field).toBeEnabled();
  await field.fill(line);
  await field.press('Enter');
  await expect(page.locator('.terminal')).toContainText(line);
}

for (const [lang, whiteout] of [['en', 'A whiteout for in_lower.txt was put into upper'], ['zh-CN', 'in_lower.txt 的 whiteout']]) {
  test(`the lab plays when typed (${lang})`, async ({ page, lab, axe }) => {
    await lab.open(`#lab=lab&lang=${lang}`);
    for (const line of LINES) await type(page, line);
    const terminal = page.locator('.terminal');
    await expect(terminal).toContainText(whiteout);
    await expect(terminal).toContainText(/c--------- 2 root root 0, 0 .* in_lower\.txt/);
    await expect(page.locator('.is-whiteout')).toHaveCount(1);
    await axe();
  });
}

test('each cell stands under the head of its layer', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await type(page, LINES[0]);
  await expect(page.locator('[role=row]')).toHaveCount(5);
  const middles = await page.evaluate(() => {
    const middle = (it) => it.getBoundingClientRect().left + it.getBoundingClientRect().width / 2;
    return [...document.querySelectorAll('.matrix [role=row]')].map((row) =>
      [...row.querySelectorAll('.mx-cell')].map((cell) => Math.round(middle(cell))));
  });
  for (const row of middles.slice(1)) expect(row).toEqual(middles[0]);
});

test('the introduction is three keystrokes', async ({ page, lab }) => {
  await lab.open('#lang=en');
  for (let click = 0; click < 3; click += 1) {
    const next = page.locator('.intro button.primary');
    await expect(next).toBeEnabled();
    await next.focus();
    await page.keyboard.press('Enter');
  }
  await expect(page.locator('.terminal')).toContainText('A whiteout for srv/index.html was put into upper');
  await expect(page.locator('.intro')).toContainText('Deleted, and still there');
});

test('undo and redo move over every step', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  for (const line of LINES.slice(0, 3)) await type(page, line);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
  await page.keyboard.press('Control+Shift+z');
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
});
