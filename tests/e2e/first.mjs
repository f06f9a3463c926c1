// What a visit begins with: uses a page whose modules remember their calls, and writes the names
// of the functions that were called, NAME.txt for each module, to the folder that is named. Run by
// `cargo xtask first`.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from '@playwright/test';
import config from './playwright.config.mjs';
import { pane, ready, type } from './lib/lab.mjs';
import { serve } from './lib/server.mjs';

const dist = process.env.LAYERGLASS_DIST;
const out = process.argv[2];

/** The page as it opens, and a first command. */
async function opened(page, open) {
  await open('#');
  await pane(page, 'terminal');
  await type(page, 'ls');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Tab');
  await page.waitForTimeout(500);
}

const WAYS = [[opened, 'en', 1280], [opened, 'zh-CN', 360]];

const modules = new Map();
for (const file of await readdir(dist)) {
  if (!file.endsWith('-functions.json')) continue;
  modules.set(file.replace('-functions.json', ''), { names: JSON.parse(await readFile(path.join(dist, file), 'utf8')), called: new Set() });
}

/** Notes what each instance in the page or a Worker has called. */
async function note(place) {
  const instances = await place.evaluate(() => (globalThis.watched ?? []).map((it) => {
    const watched = Object.entries(it).filter(([key]) => key.startsWith('0w'));
    return { count: watched.length, called: watched.filter(([, cell]) => cell.value).map(([key]) => key) };
  }));
  for (const { count, called } of instances) {
    const module = [...modules.values()].find(({ names }) => Object.keys(names).length === count);
    if (!module) throw new Error(`an unknown module of ${count} functions`);
    for (const name of called.map((key) => module.names[key])) if (name) module.called.add(name);
  }
}

const site = await serve(dist);
const browser = await chromium.launch(config.use.launchOptions);
try {
  for (const [way, lang, width] of WAYS) {
    const narrow = width === 360;
    const context = await browser.newContext({ viewport: { width, height: narrow ? 740 : 800 }, hasTouch: narrow, locale: lang });
    const page = await context.newPage();
    await way(page, async (what) => {
      await page.goto(`${site.url}${what}lang=${lang}&speed=0`);
      await ready(page);
    });
    for (const place of [page, ...page.workers()]) await note(place);
    await context.close();
    console.log([...modules].map(([name, it]) => `${name}: ${it.called.size}`).join(', '));
  }
} finally {
  await browser.close();
  await site.close();
}
await mkdir(out, { recursive: true });
for (const [name, { called }] of modules) {
  await writeFile(path.join(out, `${name}.txt`), `${[...called].sort().join('\n')}\n`);
}
