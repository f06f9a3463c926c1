// The pictures in docs/images: both languages, both themes, a phone and a desk. Run by
// `cargo xtask shots`, or here by `npm run shots` when dist/app is built.
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { chromium } from '@playwright/test';
import config from './playwright.config.mjs';
import { LAB, pane, ready, row, type } from './lib/lab.mjs';
import { save } from './lib/png.mjs';
import { serve } from './lib/server.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = process.env.LAYERGLASS_DIST ?? path.join(here, '../../dist/app');
const images = path.join(here, '../../docs/images');

const SIZES = { 360: { width: 360, height: 740 }, 1280: { width: 1280, height: 800 } };

/** The lab after a delete: the whiteout in upper. */
async function deleted(page, open) {
  await open('lab=lab');
  await pane(page, 'terminal');
  for (const line of LAB) await type(page, line);
  await pane(page, 'stage');
  await row(page, 'in_lower.txt').locator('.role-upper button').click();
}

/** In the middle of a lesson, with an answer expected and a hint taken. */
async function lesson(page, open) {
  await open('lab=copy-up');
  await pane(page, 'terminal');
  await type(page, 'cat merged/note.txt');
  await type(page, 'ls -l upper');
  await pane(page, 'lesson');
  await page.locator('.predict .choice').nth(2).click();
  await page.locator('.hint-buttons button').first().click();
}

/** A lookup through three layers, played to its end. */
async function trace(page, open) {
  await open('lab=lab');
  await pane(page, 'terminal');
  for (const line of LAB.slice(0, 2)) await type(page, line);
  await pane(page, 'stage');
  await row(page, 'in_lower.txt').locator('.role-merged button').click();
  await pane(page, 'inspect');
}

async function take(browser, url, [name, act], lang, theme, width) {
  const context = await browser.newContext({ viewport: SIZES[width], locale: lang, hasTouch: width === '360' });
  const page = await context.newPage();
  await act(page, async (what) => {
    await page.goto(`${url}#${what}&lang=${lang}&theme=${theme}&speed=0`);
    await ready(page);
  });
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.activeElement?.blur());
  await page.waitForTimeout(300);
  const file = path.join(images, `${name}-${lang === 'en' ? 'en' : 'zh'}-${theme}-${width}.png`);
  const bytes = await save(await page.screenshot(), file);
  console.log(`${path.basename(file)}: ${Math.round(bytes / 1024)} KiB`);
  if (name === 'lab' && lang === 'en' && theme === 'light' && width === '1280') {
    await save(await page.screenshot(), path.join(images, 'page.png'));
  }
  await context.close();
}

await rm(images, { recursive: true, force: true });
await mkdir(images, { recursive: true });
const site = await serve(dist);
const browser = await chromium.launch(config.use.launchOptions);
for (const scene of Object.entries({ lab: deleted, lesson, trace })) {
  for (const lang of ['en', 'zh-CN']) {
    for (const theme of ['light', 'dark']) {
      for (const width of Object.keys(SIZES)) await take(browser, site.url, scene, lang, theme, width);
    }
  }
}
await browser.close();
await site.close();
