// <layer-glass> in sites that real tools have built (tests/samples), from another origin, in both themes.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '../lib/test.mjs';
import { serve } from '../lib/server.mjs';

const root = process.env.LAYERGLASS_SAMPLES;
const START = { mdbook: 'whiteouts.html', preprocessor: 'whiteouts.html' };
/** Sites whose own theme does not follow the system. */
const ONE_THEME = ['sphinx'];
const sites = readdirSync(root).filter((it) => it !== 'work');

/** Each site in both themes. */
function each(names, check) {
  for (const name of names) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${name} (${colorScheme})`, async ({ page }, info) => {
        await page.emulateMedia({ colorScheme });
        // Where the sites think that Layerglass lies.
        await page.route('http://layerglass.test/**', async (route) => {
          const answer = await route.fetch({ url: route.request().url().replace('http://layerglass.test/', process.env.LAYERGLASS_URL) });
          await route.fulfill({ response: answer });
        });
        const site = await serve(path.join(root, name));
        await page.goto(site.url + (START[name] ?? ''));
        await check(page, ONE_THEME.includes(name) ? /light|dark/ : colorScheme);
        await page.screenshot({ path: info.outputPath(`${name}-${colorScheme}.png`), fullPage: true });
        await site.close();
      });
    }
  }
}

const output = (element, line) => element.evaluate(async (it, line) => (await it.run(line)).output, line);

/** The four elements of every site, one after the other. */
async function elements(page, theme, show) {
  const all = page.locator('layer-glass');
  await expect(all).toHaveCount(4);
  for (const n of [0, 1, 2, 3]) {
    await show(all.nth(n), n);
    await expect(all.nth(n).locator('.embed')).toBeVisible({ timeout: 30_000 });
    await expect(all.nth(n).locator('.lg-root')).toHaveAttribute('data-theme', theme);
    // The commands came through the tool unharmed.
    if (n === 0) await expect(all.nth(0).getByText('⊘').first()).toBeVisible();
    if (n === 1) await expect(all.nth(1).locator('.lg-root')).toHaveAttribute('lang', 'zh-CN');
  }
  expect(await output(all.nth(0), 'ls -A lower upper')).toMatch(/lower:\s+a\s+upper:\s+a\s/);
  expect(await output(all.nth(1), 'cat merged/b')).toBe('b\nmore\n');
  expect(await output(all.nth(2), 'pwd')).toBe('/data/myworkdir/fs\n');
  expect(await output(all.nth(3), 'cat before/it')).toBe('kept\n');
}

each(sites.filter((it) => !['frame', 'reveal'].includes(it)), async (page, theme) => {
  await elements(page, theme, (element) => element.scrollIntoViewIfNeeded());
});

each(sites.filter((it) => it === 'reveal'), async (page, theme) => {
  const slide = () => page.evaluate(() => location.hash);
  await elements(page, theme, async (_, n) => {
    if (n > 0) await page.keyboard.press('ArrowRight');
    await expect.poll(slide).toBe(n > 0 ? `#/${n}` : '');
  });
  // What is typed is the terminal's: no key of it turns a slide, and Escape gives none away.
  const field = page.locator('layer-glass').nth(3).locator('#command-line');
  await field.click();
  await field.pressSequentially('echo no fso');
  await field.press('ArrowLeft');
  await field.press('Enter');
  await expect(page.locator('layer-glass').nth(3).getByText('no fso').last()).toBeVisible();
  expect(await slide()).toBe('#/3');
  await expect(page.locator('.reveal.overview, .reveal.paused')).toHaveCount(0);
});

each(sites.filter((it) => it === 'frame'), async (page, theme) => {
  const frames = [0, 1].map((n) => page.frameLocator('iframe').nth(n).locator('layer-glass'));
  for (const frame of frames) {
    await expect(frame.locator('.embed')).toBeVisible({ timeout: 30_000 });
    await expect(frame.locator('.lg-root')).toHaveAttribute('data-theme', theme);
  }
  await expect(frames[0].getByText('⊘').first()).toBeVisible();
  await expect(frames[1].locator('.lg-root')).toHaveAttribute('lang', 'zh-CN');
  expect(await output(frames[1], 'pwd')).toBe('/data/myworkdir/fs\n');
  await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('iframe')].map((it) => it.offsetHeight))).toEqual([400, 420]);
});
