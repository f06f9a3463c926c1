// <layer-glass> in sites that real tools have built (tests/samples), from another origin, in both themes.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '../lib/test.mjs';
import { serve } from '../lib/server.mjs';

const root = process.env.LAYERGLASS_SAMPLES;
const START = { mdbook: 'whiteouts.html' };
const sites = readdirSync(root).filter((it) => it !== 'work');

for (const name of sites) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${name} (${colorScheme})`, async ({ page }, info) => {
      await page.emulateMedia({ colorScheme });
      // Where the sites think that Layerglass lies.
      await page.route('http://layerglass.test/**', async (route) => {
        const answer = await route.fetch({ url: route.request().url().replace('http://layerglass.test/', process.env.LAYERGLASS_URL) });
        await route.fulfill({ response: answer });
      });
      const site = await serve(path.join(root, name));
      await page.goto(site.url + (START[name] ?? 'index.html'));
      const elements = page.locator('layer-glass');
      await expect(elements).toHaveCount(3);
      for (const n of [0, 1, 2]) {
        await elements.nth(n).scrollIntoViewIfNeeded();
        await expect(elements.nth(n).locator('.embed')).toBeVisible({ timeout: 30_000 });
        await expect(elements.nth(n).locator('.lg-root')).toHaveAttribute('data-theme', name === 'sphinx' ? /light|dark/ : colorScheme);
      }
      // The commands came through the tool unharmed.
      await expect(elements.nth(0).getByText('⊘').first()).toBeVisible();
      await expect(elements.nth(1).locator('.lg-root')).toHaveAttribute('lang', 'zh-CN');
      expect(await elements.nth(1).evaluate(async (it) => (await it.run('cat merged/b')).output)).toBe('b\nmore\n');
      expect(await elements.nth(2).evaluate(async (it) => (await it.run('pwd')).output)).toBe('/data/myworkdir/fs\n');
      await page.screenshot({ path: info.outputPath(`${name}-${colorScheme}.png`), fullPage: true });
      await site.close();
    });
  }
}
