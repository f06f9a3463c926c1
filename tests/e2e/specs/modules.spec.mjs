// The page's modules: the full machine, and the rest of a module in two parts, come when they are needed,
// and nobody notices.
import { expect, test } from '../lib/test.mjs';
import { LAB, newest, ready, row, type } from '../lib/lab.mjs';

/** Fetches of the full machine from now on. */
function fetches(page) {
  const seen = [];
  page.on('request', (request) => {
    if (/machine-full_bg.*\.wasm$/.test(request.url())) seen.push(request.url());
  });
  return seen;
}

test('who only reads a lesson fetches nothing but its beginning', async ({ page, lab }) => {
  const seen = [];
  page.on('request', (request) => seen.push(new URL(request.url()).pathname.replace(/^.*\//, '')));
  const later = () => seen.filter((it) => /-rest|later|machine-full|embed|pack/.test(it));
  await lab.open('#lab=opaque&lang=zh-CN');
  await ready(page);
  await page.mouse.move(200, 300);
  await page.mouse.wheel(0, 400);
  await page.waitForTimeout(700);
  expect(seen.filter((it) => /^(page|machine)_bg.*\.wasm$/.test(it))).toHaveLength(2);
  expect(later()).toEqual([]);
  // The first thing that is done brings the rest, a while later.
  await page.locator('.lesson').click();
  // What the machine fetches it also tells itself: of a worker's requests not each one is reported under load.
  const fetched = () => performance.getEntriesByType('resource').map((it) => new URL(it.name).pathname.replace(/^.*\//, ''));
  const plain = async () => {
    for (const worker of page.workers()) seen.push(...await worker.evaluate(fetched).catch(() => []));
    return [...new Set(later().map((it) => it.replace(/-[0-9a-f]{16}/, '')))].sort();
  };
  await expect.poll(plain, { timeout: 30_000 }).toEqual(['later.css', 'machine-rest.wasm', 'page-rest.wasm']);
});

/** Which rests somebody had to wait for, of a page that never gets one before it is needed. */
async function waits(page) {
  const seen = [];
  await page.route('**/*-rest-*.wasm', (route) => {
    if (route.request().resourceType() === 'fetch') return route.abort();
    seen.push(new URL(route.request().url()).pathname.replace(/^.*\/(.*)-rest.*$/, '$1'));
    return route.continue();
  });
  return seen;
}

const RECORD = 'the page needs what comes later: if it has changed, run `cargo xtask first`';

test('the whole lab needs nothing but what the page begins with', async ({ browser }) => {
  // Not the usual page: here requests fail.
  const page = await browser.newPage();
  const seen = await waits(page);
  await page.goto(`${process.env.LAYERGLASS_URL}#lab=lab&lang=en&speed=0`);
  const lines = ['ls -l', 'tree', LAB[0], 'cat merged/in_both.txt', LAB[1], 'stat upper/in_lower.txt', LAB[2], LAB[3]];
  for (const line of lines) await type(page, line);
  await expect(page.locator('.lesson')).toContainText('All goals reached');
  for (const view of ['Stack', 'Files', 'Table', 'Matrix']) await page.locator(`#scene-${view}`).click();
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await row(page, 'in_both.txt').locator('.row-name').click();
  await page.keyboard.press('Escape');
  for (const tab of ['Content', 'Inode', 'Diff', 'Raw', 'Trace']) await page.locator(`#tab-${tab}`).click();
  await expect(page.locator('.trace-list')).toContainText('upper');
  for (const name of ['Undo', 'Undo', 'Redo']) {
    await page.locator('.transport').getByRole('button', { name, exact: true }).click();
    await ready(page);
  }
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  expect(seen, RECORD).toEqual([]);
  await page.close();
});

for (const id of ['copy-up', 'whiteout', 'rules']) {
  test(`the lesson "${id}" needs nothing but what the page begins with`, async ({ browser }) => {
    const page = await browser.newPage();
    const seen = await waits(page);
    await page.goto(`${process.env.LAYERGLASS_URL}#lab=${id}&lang=en&speed=0`);
    await ready(page);
    const task = () => page.locator('.lesson').getAttribute('data-task');
    while (!(await page.locator('.lesson-done').isVisible())) {
      const before = await task();
      await page.getByRole('button', { name: 'Show me' }).click();
      await expect.poll(task).not.toBe(before);
      await ready(page);
    }
    expect(seen, RECORD).toEqual([]);
    await page.close();
  });
}

test('the lab needs no second module', async ({ page, lab }) => {
  const seen = fetches(page);
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of [...LAB, 'tree', 'stat lower', 'mkdir d; cp -a lower d; mv d e; rm -r e']) await type(page, line);
  await page.waitForTimeout(300);
  expect(seen).toEqual([]);
});

test('a machine with all commands takes over in the middle of a line', async ({ page, lab }) => {
  const seen = fetches(page);
  await lab.open('#lab=lab&lang=en&speed=0');
  await type(page, LAB[0]);
  await type(page, 'echo shown once; echo one > merged/new.txt; sed s/one/two/ merged/new.txt; echo end');
  await expect(newest(page).locator('.out')).toHaveText(/^shown once\s+two\s+end\s*$/);
  expect(seen).toHaveLength(1);
  await expect(page.locator('.term-group')).toHaveCount(2);
  await expect(page.locator('.terminal')).not.toContainText('replayed');
  await type(page, 'undo');
  await type(page, 'ls merged | sort -r');
  await expect(newest(page)).not.toContainText('new.txt');
  // It stays: nothing is fetched again, and a reload finds the machine as it was.
  await type(page, 'touch merged/a; printf "%s\\n" kept > merged/b');
  expect(seen).toHaveLength(1);
  await page.reload();
  await ready(page);
  await type(page, 'cat merged/b');
  await expect(newest(page)).toContainText('kept');
});

test('what was typed before the takeover is typed again', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  await ready(page);
  const field = page.locator('#command-line');
  await field.fill('read a; echo "first $a"; read b; echo "$a $b" | tr a-z A-Z');
  await field.press('Enter');
  await expect(page.locator('.term-prompt.busy')).toHaveCount(1);
  for (const word of ['one', 'two']) {
    await field.fill(word);
    await field.press('Enter');
    if (word === 'one') await expect(newest(page)).toContainText('first one');
  }
  await ready(page);
  await expect(newest(page)).toContainText('ONE TWO');
  await expect(newest(page).getByText('first one')).toHaveCount(1);
});

test('without a connection the command is given up and the machine goes on', async ({ browser }) => {
  // Not the usual page: this one does report an error.
  const page = await browser.newPage();
  await page.route('**/machine-full*', (route) => route.abort());
  await page.goto(`${process.env.LAYERGLASS_URL}#lab=lab&lang=en&speed=0`);
  await type(page, 'echo kept > k; sed p k');
  await expect(page.locator('.terminal')).toContainText('could not be loaded');
  await type(page, 'cat k');
  await expect(newest(page)).toContainText('kept');
  await page.unroute('**/machine-full*');
  await type(page, 'sed s/k/w/ k');
  await expect(newest(page)).toContainText('wept');
  await page.close();
});

test('the full machine runs in the page too', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0&engine=page');
  await type(page, 'seq 3 | tac');
  await expect(newest(page)).toContainText('3');
});

test('what comes later is waited for when it is needed at once', async ({ browser }) => {
  // Not the usual page: this one does report an error.
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const kinds = new Set();
  // As the page itself asks for it, it never comes.
  await page.route('**/*-rest-*.wasm', (route) => {
    const kind = route.request().resourceType();
    if (kind === 'fetch') return route.abort();
    kinds.add(new URL(route.request().url()).pathname.match(/(\w+)-rest/)[1]);
    return route.continue();
  });
  await page.goto(`${process.env.LAYERGLASS_URL}#lab=lab&lang=en&speed=0`);
  for (const line of [...LAB, 'undo', 'redo', '[[ abc =~ b ]] && for i in a b; do echo $i-${i/a/x}; done']) await type(page, line);
  await expect(newest(page)).toContainText('a-x');
  await page.getByRole('button', { name: 'Lessons' }).click();
  await expect(page.locator('dialog')).toBeVisible();
  expect([...kinds].sort()).toEqual(['machine', 'page']);
  expect(errors).toEqual([]);
  await page.close();
});
