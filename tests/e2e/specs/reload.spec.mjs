// The machine outlives a reload and a broken Worker: the tab keeps the command log.
import { expect, test } from '../lib/test.mjs';
import { LAB, ready, row, type } from '../lib/lab.mjs';

const slider = (page) => page.getByRole('slider');
const KEY = 'layerglass.log';

test('a reload brings back the machine, its past and its future', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  // A command that reads from the keyboard, one that is interrupted, and one that is undone.
  const field = page.locator('#command-line');
  await field.fill('cat > merged/typed; N=5');
  await field.press('Enter');
  await expect(page.locator('.term-prompt.busy')).toHaveCount(1);
  await field.fill('from the keyboard');
  await field.press('Enter');
  await field.press('Control+d');
  await ready(page);
  await type(page, 'echo undone > merged/undone');
  await page.locator('#stage').focus();
  await page.keyboard.press('Control+z');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', /Step 4 of 5/);
  await page.reload();
  await ready(page);
  await expect(page.locator('.terminal')).toContainText('5 steps were replayed');
  await expect(page.locator('.terminal')).not.toContainText('not exactly');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', /Step 4 of 5/);
  await expect(row(page, 'in_lower.txt').locator('.is-whiteout')).toHaveCount(1);
  await type(page, 'cat merged/typed; echo $N');
  await expect(page.locator('.term-group').last()).toContainText('from the keyboard\n5');
  await page.locator('#stage').focus();
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press('Control+z');
    await expect(slider(page)).toHaveAttribute('aria-valuetext', new RegExp(`Step ${4 - i} of 5`));
  }
  await expect(page.locator('.is-whiteout')).toHaveCount(0);
});

test('a log that hangs is interrupted, a broken one is told and dropped', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, 'echo one');
  const field = page.locator('#command-line');
  await field.fill('while :; do :; done');
  await field.press('Enter');
  await page.waitForTimeout(400);
  await page.getByRole('button', { name: 'Ctrl-C' }).click();
  await ready(page);
  await page.reload();
  await ready(page);
  await expect(slider(page)).toHaveAttribute('aria-valuetext', /Step 2 of 2/);
  await page.evaluate((key) => sessionStorage.setItem(key, '1 nonsense'), KEY);
  await page.reload();
  await ready(page);
  await expect(page.locator('.terminal')).toContainText('could not be replayed');
  await expect(slider(page)).toHaveAttribute('max', '0');
});

test('without storage the page works', async ({ page, lab }) => {
  await page.addInitScript(() => {
    for (const name of ['sessionStorage', 'localStorage']) {
      Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
    }
  });
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, LAB[0]);
  await expect(row(page, 'in_lower.txt')).toBeVisible();
  await page.reload();
  await ready(page);
  await expect(page.locator('.term-group')).toHaveCount(0);
});

test('a Worker that breaks is replaced and the machine rebuilt', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) await type(page, line);
  const [worker] = page.workers();
  await worker.evaluate(() => { setTimeout(() => { throw new Error('broken on purpose'); }); });
  await expect(page.locator('.terminal')).toContainText('The machine stopped unexpectedly');
  await expect(page.locator('.terminal')).toContainText('3 steps were replayed');
  await ready(page);
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await type(page, 'ls merged');
});

test('where a Worker cannot be loaded the machine runs in the page', async ({ page, lab }) => {
  await page.route('**/worker-*.js', (route) => route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("none")' }));
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, LAB[0]);
  await expect(row(page, 'in_lower.txt')).toBeVisible();
});

test('a page that cannot start says so', async ({ browser }) => {
  // Not the usual page: this one does report an error.
  const page = await browser.newPage();
  await page.addInitScript(() => { delete window.WebAssembly; });
  await page.goto(process.env.LAYERGLASS_URL);
  await expect(page.getByRole('alert')).toContainText('WebAssembly is missing');
  await page.close();
});

test('a rule number explains itself @narrow', async ({ page, lab, axe }) => {
  await lab.open('#lab=copy-up&lang=en&speed=0');
  await ready(page).catch(() => {});
  const tab = page.locator('nav.panes button').nth(1);
  if (await tab.isVisible()) await tab.click();
  await type(page, 'trace merged/note.txt');
  const inspect = page.locator('nav.panes button').nth(3);
  if (await inspect.isVisible()) await inspect.click();
  const badge = page.locator('.rule-id').last();
  await badge.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.rule-more')).toContainText('recordings of a real Linux kernel');
  await axe();
  const opened = page.waitForEvent('popup');
  await page.locator('.rule-more a').click();
  await expect((await opened).locator(':target')).toContainText(/^R2/);
});
