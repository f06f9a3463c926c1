// An image of 100,000 files and 1 GB in the page, in both formats, and what pretends to be large. On demand:
// LAYERGLASS_LARGE names a folder where the archives are made, unless they are there already, and LAYERGLASS_BIN the command
// line, whose `image waste` has to say the same.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { expect, test } from '../lib/test.mjs';
import { bigArchives, bomb, WASTED } from '../lib/big.mjs';
import { newest, pane, ready, type } from '../lib/lab.mjs';

/** What the page and its machine together may have taken at most. */
const MEMORY = 1_500_000_000;

test.describe.configure({ mode: 'serial', timeout: 1_200_000 });

let archives;
test.beforeAll(async () => {
  test.setTimeout(1_200_000);
  if (!process.env.LAYERGLASS_BIN) throw new Error('LAYERGLASS_BIN has to name the command line');
  await mkdir(process.env.LAYERGLASS_LARGE, { recursive: true });
  archives = await bigArchives(process.env.LAYERGLASS_LARGE);
});

/** What `layerglass image waste` says: path, bytes and reason of each. */
function told(archive) {
  const out = execFileSync(process.env.LAYERGLASS_BIN, ['image', 'waste', '--json', archive], { maxBuffer: 1 << 26 });
  return JSON.parse(out).files.slice(0, 3).map((it) => [it.path, it.bytes, it.reason]);
}

/** The most memory that any renderer of this browser has had, in bytes. */
async function peak(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const of = (pid) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  return Math.max(...processInfo.filter((it) => it.type === 'renderer').map((it) => of(it.id)));
}

/** Lets a file be dropped on the page: the file chooser's, whose bytes stay on disk. */
async function drop(page, file) {
  await page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'carried', hidden: true });
    document.body.append(input);
  });
  await page.locator('#carried').setInputFiles(file);
  await page.evaluate(() => {
    const input = document.querySelector('#carried');
    const transfer = new DataTransfer();
    transfer.items.add(input.files[0]);
    input.remove();
    document.querySelector('main').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  });
}

/** Notes from now on the longest time in which the page could do nothing, in milliseconds. */
const watch = (page) => page.evaluate(() => {
  let last = performance.now();
  window.longest = 0;
  setInterval(() => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
  }, 20);
});

const REASONS = {
  'copied-for-metadata': 'copied only for owner, mode or time',
  shadowed: 'replaced by other contents',
  'whited-out': 'removed later, still stored',
};

for (const format of ['docker', 'oci']) {
  test(`an image of 100,000 files and 1 GB opens: ${format}`, async ({ page, lab, browser }) => {
    const archive = archives[format];
    const expected = told(archive);
    expect(expected.map((it) => it.slice(0, 2))).toEqual(WASTED);
    await lab.open('#lab=lab&view=archive&speed=0');
    await ready(page);
    // The machine with all commands is there before the clock runs.
    await type(page, 'docker ps');
    await pane(page, 'stage');
    await watch(page);

    // Given up: the door is there again, and nothing of it is held.
    await drop(page, archive);
    const bar = page.locator('.door progress');
    await expect.poll(() => bar.evaluate((it) => it.value), { timeout: 60_000 }).toBeGreaterThan(20_000_000);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.locator('.door')).toContainText('Drop an image here', { timeout: 5_000 });
    await expect(page.locator('.archive-head')).toHaveCount(0);

    const begun = Date.now();
    await drop(page, archive);
    // The bar moves, and the terminal answers meanwhile.
    await expect.poll(() => bar.evaluate((it) => it.value), { timeout: 60_000 }).toBeGreaterThan(20_000_000);
    const first = await bar.evaluate((it) => it.value);
    const asked = Date.now();
    await type(page, 'echo st""ill here');
    await expect(newest(page)).toContainText('still here');
    const answered = Date.now() - asked;
    expect(answered, 'the terminal answers while the file is read').toBeLessThan(10_000);
    await expect.poll(() => bar.evaluate((it) => it.value), { timeout: 60_000 }).toBeGreaterThan(first);
    await expect(page.locator('.archive-head')).toContainText('big:1', { timeout: 600_000 });
    const opened = Date.now() - begun;

    const waste = Date.now();
    await page.locator('.archive-pages [data-page=Waste]').click();
    const rows = page.locator('.waste tr');
    await expect(rows.first()).toContainText('/opt/model.bin', { timeout: 120_000 });
    const shown = Date.now() - waste;
    for (const [n, [name, bytes, reason]] of expected.entries()) {
      await expect(rows.nth(n)).toContainText(`/${name}`);
      await expect(rows.nth(n)).toContainText(`${(bytes / 1_000_000).toFixed(1)} MB`);
      await expect(rows.nth(n)).toContainText(REASONS[reason]);
    }
    await page.locator('.archive-pages [data-page=Files]').click();
    await page.getByLabel('Filter by path').fill('file-99999');
    await expect(page.locator('.list-sum')).toContainText('1 row', { timeout: 60_000 });

    const longest = await page.evaluate(() => window.longest);
    const memory = await peak(browser);
    console.log(`${format}: opened in ${opened} ms, waste after ${shown} ms, a command in ${answered} ms, ` +
      `the page stood still for ${Math.round(longest)} ms at most, ${Math.round(memory / 1e6)} MB at the peak`);
    expect(longest, 'the page stays alive').toBeLessThan(1_000);
    expect(memory, 'memory stays bounded').toBeLessThan(MEMORY);
  });
}

test('a bomb is found out, with its place, and nothing of it stays', async ({ page, lab, browser }) => {
  const archive = await bomb(process.env.LAYERGLASS_LARGE);
  await lab.open('#lab=lab&view=archive&speed=0');
  await ready(page);
  await type(page, 'docker ps');
  await pane(page, 'stage');
  await watch(page);
  const begun = Date.now();
  await page.locator('#archive-file').setInputFiles(archive);
  await expect(page.locator('.refused code')).toHaveText(/layer 1 \(layer\.tar\): entry "zeros", byte \d+: \d+ bytes unpack to more than/, { timeout: 600_000 });
  await expect(page.locator('.door')).toContainText('Drop an image here');
  const [longest, memory] = [await page.evaluate(() => window.longest), await peak(browser)];
  console.log(`bomb: refused after ${Date.now() - begun} ms, the page stood still for ${Math.round(longest)} ms at most, ` +
    `${Math.round(memory / 1e6)} MB at the peak`);
  expect(longest).toBeLessThan(1_000);
  expect(memory).toBeLessThan(MEMORY);
});
