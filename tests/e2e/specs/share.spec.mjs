// Share links: what the lab gives away opens again, and what cannot be opened says why.
import { readFileSync } from 'node:fs';
import { expect, test } from '../lib/test.mjs';
import { LAB, newest, pane, ready, type } from '../lib/lab.mjs';

const texts = (page) => page.locator('.share-row textarea').evaluateAll((all) => all.map((it) => it.value));

test('a link opens the same machine at the same step @narrow', async ({ page, lab, context }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB.slice(0, 3)) {
    await pane(page, 'terminal');
    await type(page, line);
  }
  await page.locator('.share-button').click();
  await expect(page.locator('.share-row')).toHaveCount(5);
  const [link, markdown, element, frame] = await texts(page);
  expect(link).toContain(`${process.env.LAYERGLASS_URL}#v1:`);
  expect(markdown).toMatch(/^\[.+\]\(.+#v1:[A-Za-z0-9_-]+\)$/);
  expect(element).toContain('<layer-glass state="v1:');
  expect(frame).toContain('embed.html#v1:');
  const other = await context.newPage();
  await other.goto(link);
  await ready(other);
  await pane(other, 'terminal');
  await type(other, 'ls -A upper merged');
  await expect(newest(other)).toContainText('in_lower.txt');
  await expect(other.locator('.term-log')).toContainText(LAB[2]);
  // A reload keeps what was done since.
  await type(other, 'touch merged/since');
  await other.reload();
  await ready(other);
  await pane(other, 'terminal');
  await type(other, 'ls merged');
  await expect(newest(other)).toContainText('since');
  await other.close();
});

test('a link by hand, and one to an empty machine', async ({ page, lab }) => {
  await lab.open('#lab=lab&run=echo+hi+%3E+lower/by_hand&lang=en');
  await type(page, 'cat lower/by_hand');
  await expect(newest(page)).toContainText('hi');
  await lab.open('?2#run=mkdir%20a&run=touch%20a/b&at=1&lang=en');
  await type(page, 'ls -d a a/b');
  await expect(newest(page)).toContainText("cannot access 'a/b'");
});

const golden = readFileSync(new URL('../../share/golden.txt', import.meta.url), 'utf8').split('\n').filter((it) => it.startsWith('v1:'));
test('links that were given away open for ever', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en');
  await ready(page);
  const opened = await page.evaluate(async (links) => {
    // The page's own module, under whatever name it has.
    return Promise.all(links.map(async (it) => (await window.layerglass.unpack(it))));
  }, golden.map((it) => it.split(' ')[0]));
  expect(opened).toEqual(golden.map((it) => it.slice(it.indexOf(' ') + 1)));
});

for (const [what, hash, en, zh] of [
  ['of a later version', '#v9:abc', 'of version v9', 'v9 版'],
  ['with a wrong letter', '#v1:y0lM!s1J', 'damaged at letter 5', '第 5 个字符'],
  ['that was cut', '#v1:y0lMss1JTFIrKs2zLcpVNTLITS1KT03Rr1B', 'missing or changed', '缺了一部分'],
  ['to a step that is not there', '#run=ls&at=7', 'points to step 7', '第 7 步'],
  ['to a lesson that is not there', '#lab=nowhere&run=ls', '“nowhere”', '“nowhere”'],
]) {
  test(`a link ${what} says so, and the lab is there`, async ({ page, lab }) => {
    await page.addInitScript(() => localStorage.setItem('layerglass.lang', 'en'));
    await lab.open(hash);
    await expect(page.getByRole('alert')).toContainText(en);
    await type(page, 'pwd');
    await expect(newest(page)).toContainText('/data/myworkdir/fs');
    await page.getByRole('button', { name: '中文' }).click();
    await expect(page.getByRole('alert')).toContainText(zh);
  });
}

test('the picture of a moment', async ({ page, lab }) => {
  await lab.open('#lab=lab&lang=en&speed=0');
  for (const line of LAB) await type(page, line);
  await page.locator('.share-button').click();
  await page.getByRole('button', { name: 'Picture (SVG)' }).click();
  const picture = page.locator('.share-row img');
  await expect(picture).toBeVisible();
  const svg = decodeURIComponent((await picture.getAttribute('src')).replace('data:image/svg+xml,', ''));
  expect(svg).toContain('⊘');
  expect(svg).toContain(`${process.env.LAYERGLASS_URL}#v1:`);
  expect(await picture.evaluate((it) => it.naturalWidth)).toBeGreaterThan(300);
});
