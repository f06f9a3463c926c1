// What every spec imports instead of '@playwright/test':
//
//   import { expect, test } from '../lib/test.mjs';
//   test('name @narrow', async ({ lab, page, axe }) => { await lab.open('#lang=zh-CN'); ... });
//
// `lab.open(suffix)` opens the page, `axe()` fails on any accessibility violation, and a test fails
// by itself if the page logged an error, threw, or asked for something that was not there.
import { createRequire } from 'node:module';
import { test as base, expect } from '@playwright/test';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export { expect };

export const test = base.extend({
  page: async ({ page }, use) => {
    const errors = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => errors.push(`exception: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) errors.push(`${response.status()}: ${response.url()}`);
    });
    await use(page);
    // Checked after a failed test too: what the page said is often the reason.
    expect(errors, 'errors that the page reported').toEqual([]);
  },

  lab: async ({ page }, use) => {
    await use({
      /** Opens the page; `suffix` is its query and fragment. */
      open: (suffix = '') => page.goto(process.env.LAYERGLASS_URL + suffix),
    });
  },

  axe: async ({ page }, use) => {
    await use(async (scope = ':root') => {
      await page.addScriptTag({ path: axePath });
      const violations = await page.evaluate(async (selector) => {
        const result = await window.axe.run(selector);
        return result.violations.map(({ id, help, nodes }) => ({
          id,
          help,
          where: nodes.slice(0, 5).map((node) => node.target.join(' ')),
        }));
      }, scope);
      expect(violations, 'axe violations').toEqual([]);
    });
  },
});
