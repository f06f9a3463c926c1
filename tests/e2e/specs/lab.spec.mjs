// The article's lab: typed, clicked, touched and by keyboard alone, in both languages.
import { expect, test } from '../lib/test.mjs';
import { LAB, newest, pane, ready, row, type } from '../lib/lab.mjs';

const WORDS = {
  en: { whiteout: 'A whiteout for in_lower.txt was put into upper', done: 'All goals reached', remove: 'Delete', edit: 'Edit with vi', append: 'Append a line…', save: 'Save and close', list: 'List' },
  'zh-CN': { whiteout: 'in_lower.txt 的 whiteout', done: '全部目标已达成', remove: '删除', edit: '用 vi 编辑', append: '追加一行…', save: '保存并关闭', list: '列出' },
};

for (const [lang, words] of Object.entries(WORDS)) {
  test(`the lab plays when typed (${lang}) @narrow`, async ({ page, lab }) => {
    await lab.open(`#lab=lab&lang=${lang}`);
    await pane(page, 'terminal');
    for (const line of LAB) await type(page, line);
    const terminal = page.locator('.terminal');
    await expect(terminal).toContainText(words.whiteout);
    await expect(terminal).toContainText(/c--------- 2 root root 0, 0 .* in_lower\.txt/);
    await pane(page, 'stage');
    await expect(page.locator('.is-whiteout')).toHaveCount(1);
    await pane(page, 'lesson');
    await expect(page.locator('.lesson')).toContainText(words.done);
  });

  test(`the lab plays by mouse and touch (${lang}) @narrow`, async ({ page, lab, hasTouch }) => {
    const press = (target) => (hasTouch ? target.tap() : target.click());
    const dialog = page.locator('dialog');
    const choose = (label) => press(dialog.getByRole('button', { name: label }).first());
    await lab.open(`#lab=lab&lang=${lang}`);
    await press(page.locator('.nothing button.primary'));
    await expect(row(page, 'in_lower.txt')).toBeVisible();
    // Edited in the dialog, saved as vi does.
    await press(row(page, 'in_lower.txt').locator('.row-name'));
    await choose(words.edit);
    await dialog.locator('textarea').fill('in lower! after edit!');
    await choose(words.save);
    await expect(dialog).not.toBeVisible();
    await expect(row(page, 'in_lower.txt').locator('.role-upper.is-visible')).toHaveCount(1);
    // Deleted.
    await press(row(page, 'in_lower.txt').locator('.row-name'));
    await choose(words.remove);
    await expect(page.locator('.is-whiteout')).toHaveCount(1);
    // The layer itself, from the tree.
    await press(page.locator('#scene-Files'));
    await press(page.locator('.file-row', { hasText: /^▾upper/ }));
    await choose(words.list);
    await pane(page, 'terminal');
    await expect(newest(page)).toContainText('ls -la upper');
    await expect(newest(page)).toContainText(/c--------- 2 root root 0, 0 .* in_lower\.txt/);
    await pane(page, 'lesson');
    await expect(page.locator('.lesson')).toContainText(words.done);
  });
}

test('the lab plays by keyboard alone', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const keys = async (...all) => { for (const key of all) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => document.activeElement.closest('[data-pane]')?.dataset.pane);
  // F6 goes around all panes, Shift+F6 back.
  for (const name of ['lesson', 'stage', 'inspect', 'terminal']) {
    await keys('F6');
    await expect.poll(focused).toBe(name);
  }
  await keys('Shift+F6');
  await expect.poll(focused).toBe('inspect');
  // "/" leads to the prompt.
  await page.locator('#stage').focus();
  await keys('/');
  await expect(page.locator('#command-line')).toBeFocused();
  for (const line of LAB.slice(0, 2)) { await page.keyboard.type(line); await keys('Enter'); await ready(page); }
  // Delete through the grid: down to the row, Enter, the action.
  await page.locator('[data-at="0-0"]').focus();
  await keys('ArrowDown', 'ArrowDown');
  await expect(page.locator('[data-at="2-0"]')).toBeFocused();
  await keys('Enter');
  await expect(page.locator('dialog')).toBeVisible();
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).focus();
  await keys('Enter');
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await keys('Escape');
  // Undo and redo by keys, trace of the selected path by T.
  await page.locator('#stage').focus();
  await keys('Control+z');
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
  await keys('Control+Shift+z');
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await keys('t');
  await expect(page.locator('.trace-list')).toContainText('whiteout');
  await keys('/');
  await expect(page.locator('#command-line')).toBeFocused();
  await page.keyboard.type(LAB[3]);
  await keys('Enter');
  await expect(page.locator('.lesson')).toContainText('All goals reached');
  // Out of the prompt: Escape, then Tab.
  await keys('Escape', 'Tab');
  await expect(page.locator('#command-line')).not.toBeFocused();
});

test('each cell stands under the head of its layer', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await type(page, LAB[0]);
  await expect(page.locator('[role=row]')).toHaveCount(5);
  const middles = await page.evaluate(() => {
    const middle = (it) => it.getBoundingClientRect().left + it.getBoundingClientRect().width / 2;
    return [...document.querySelectorAll('.matrix [role=row]')].map((row) =>
      [...row.querySelectorAll('.mx-cell')].map((cell) => Math.round(middle(cell))));
  });
  for (const row of middles.slice(1)) expect(row).toEqual(middles[0]);
});

test('the introduction is three keystrokes, then the lab @narrow', async ({ page, lab }) => {
  await lab.open('#lang=en');
  for (let click = 0; click < 3; click += 1) {
    const next = page.locator('.intro button.primary');
    await expect(next).toBeEnabled();
    await expect(next).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('.intro-step .past')).toHaveCount(click + 1);
  }
  await expect(page.locator('.intro')).toContainText('Deleted, and still there');
  await expect(page.locator('.caption')).toContainText('A whiteout for srv/index.html was put into upper');
  const open = page.locator('.intro button.primary');
  await expect(open).toBeEnabled();
  await page.keyboard.press('Enter');
  await expect(page.locator('.files-root').first()).toContainText('/data/myworkdir/fs');
});

test('undo, redo, slider and reset are buttons, and a new command at an old step starts a new future', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  const button = (name) => page.locator('.transport').getByRole('button', { name, exact: true });
  await button('Undo').click();
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
  await expect(row(page, 'in_lower.txt').locator('.role-upper.is-visible')).toHaveCount(1);
  await button('Redo').click();
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await button('To the start').click();
  await expect(page.locator('.nothing')).toBeVisible();
  await button('To the newest step').click();
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  const slider = page.getByRole('slider');
  await slider.focus();
  await slider.press('ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuetext', /Step 2 of 3: echo/);
  await type(page, 'touch merged/other');
  await expect(slider).toHaveAttribute('aria-valuetext', /Step 3 of 3: touch/);
  await button('Reset').click();
  await page.locator('dialog').getByRole('button', { name: 'Reset' }).click();
  await expect(page.locator('.nothing')).toBeVisible();
  await expect(slider).toHaveAttribute('aria-valuetext', 'the beginning');
});

test('language and theme change, the machine stays', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&theme=light');
  for (const line of [...LAB.slice(0, 3), 'X=kept; cd merged']) await type(page, line);
  const before = await page.locator('.term-prompt .prompt').first().innerText();
  await page.getByRole('button', { name: '中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await page.getByRole('button', { name: /主题/ }).click();
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await expect(page.locator('.terminal')).toContainText('in_lower.txt 的 whiteout');
  expect((await page.locator('.term-prompt .prompt').first().innerText()).slice(0, 20)).toBe(before.slice(0, 20));
  await type(page, 'echo "[$X]"');
  await expect(newest(page)).toContainText('[kept]');
});
