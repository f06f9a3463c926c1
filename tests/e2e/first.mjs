// What a visit begins with: uses a page whose modules remember their calls, and writes the names of all
// functions and of those that were called, NAME-all.txt and NAME-called.txt for each module, to the folder that is
// named. Run by `cargo xtask first`.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from '@playwright/test';
import config from './playwright.config.mjs';
import { LAB, pane, ready, row, type } from './lib/lab.mjs';
import { serve } from './lib/server.mjs';
import { expect } from './lib/test.mjs';

const dist = process.env.LAYERGLASS_DIST;
const out = process.argv[2];

/** A first command. */
async function begun(page) {
  await pane(page, 'terminal');
  await type(page, 'ls');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Tab');
  await page.waitForTimeout(500);
}

/** A lesson is read, while its preparation is played: nothing is done. */
async function read(page) {
  await page.mouse.move(200, 300);
  await page.mouse.wheel(0, 400);
  await page.waitForTimeout(2500);
}

/** The article's lab: typed, looked at from all sides, taken back; and once more by pressing. */
async function worked(page) {
  const idle = () => page.waitForTimeout(150);
  const press = async (target) => { await target.click(); await idle(); };
  const views = async () => {
    await pane(page, 'stage');
    for (const view of ['Stack', 'Files', 'Table', 'Matrix']) await press(page.locator(`#scene-${view}`));
  };
  const facts = async () => {
    await pane(page, 'inspect');
    for (const tab of ['Content', 'Inode', 'Diff', 'Raw', 'Trace']) await press(page.locator(`#tab-${tab}`));
  };
  const dialog = page.locator('dialog');
  const choose = async (name) => {
    await pane(page, 'stage');
    await press(row(page, name).locator('.row-name'));
  };
  await pane(page, 'terminal');
  for (const line of ['ls', 'tree', LAB[0], 'ls -l merged', 'cat merged/in_both.txt', LAB[1], 'cat merged/in_lower.txt upper/in_lower.txt', 'stat upper/in_lower.txt', LAB[2], LAB[3], 'tree -a', 'stat upper/in_lower.txt']) await type(page, line);
  await views();
  await choose('in_both.txt');
  await page.keyboard.press('Escape');
  await facts();
  await pane(page, 'stage');
  const player = page.locator('.transport .buttons button');
  for (const at of [1, 1, 1, 2, 0, 3]) {
    // A phone shows two of them.
    if (await player.nth(at).isVisible()) await press(player.nth(at));
    await ready(page);
  }
  const compare = page.locator('.transport > button[aria-pressed]');
  for (let times = 0; times < 2; times += 1) if (await compare.isVisible()) await press(compare);
  const again = page.locator('.transport > button[aria-haspopup=dialog]');
  if (await again.isVisible()) {
    await press(again);
    await press(dialog.locator('button.primary'));
  }
  const mount = page.locator('.nothing button.primary');
  for (let times = 0; times < 20 && !(await mount.isVisible()); times += 1) {
    await press(player.nth(1));
    await ready(page);
  }
  // By pressing.
  await press(mount);
  await ready(page);
  await choose('in_lower.txt');
  await press(dialog.getByRole('button', { name: /Edit with vi|用 vi 编辑/ }).first());
  await dialog.locator('textarea').fill('in lower! after edit!');
  await press(dialog.getByRole('button', { name: /Save and close|保存并关闭/ }).first());
  await choose('in_lower.txt');
  await press(dialog.getByRole('button', { name: /^(Delete|删除)/ }).first());
  await expect(page.locator('.is-whiteout')).toHaveCount(1);
  await views();
}

/** A lesson is solved by its own answers. */
async function solved(page) {
  await pane(page, 'lesson');
  const done = page.locator('.lesson-done');
  const show = page.locator('.lesson button', { hasText: /Show me|演示给我看/ });
  const at = () => page.locator('.lesson').getAttribute('data-task');
  for (let step = 0; step < 20 && !(await done.isVisible()); step += 1) {
    const before = await at();
    await show.click();
    await expect.poll(at, { timeout: 30_000 }).not.toBe(before);
    await expect(page.locator('.term-prompt:not(.busy) #command-line:enabled')).toHaveCount(1, { timeout: 30_000 });
  }
}

// What is opened, what is done there, and which modules that is a beginning for: the whole lab and three lessons, and the
// others to read. The machine with all commands begins with what the first lessons about containers need.
const SMALL = ['machine', 'page'];
const LESSONS = ['lab', 'one-view', 'copy-up', 'whiteout', 'many-lowers', 'opaque', 'rules'];
const CONTAINERS = ['image-layers', 'nginx-hunt', 'container-start', 'docker-diff'];
const WAYS = [
  ['', begun, SMALL],
  ['lab=lab&', worked, SMALL],
  ...['copy-up', 'whiteout', 'rules'].map((id) => [`lab=${id}&`, solved, SMALL]),
  ...LESSONS.map((id) => [`lab=${id}&`, read, SMALL]),
  ...CONTAINERS.map((id) => [`lab=${id}&`, solved, ['machine-full']]),
];
const LOOKS = [['en', 1280], ['zh-CN', 360], ['zh-CN', 1280], ['en', 360]];

const modules = new Map();
for (const file of await readdir(dist)) {
  if (!file.endsWith('-functions.json')) continue;
  modules.set(file.replace('-functions.json', ''), { names: JSON.parse(await readFile(path.join(dist, file), 'utf8')), called: new Set() });
}

/** Notes what each instance of these modules in the page or a Worker has called. */
async function note(place, which) {
  // What is left behind is taken away some time, by functions of these modules.
  await place.evaluate(() => globalThis.gc());
  await place.evaluate(() => new Promise((done) => setTimeout(done, 300)));
  const instances = await place.evaluate(() => (globalThis.watched ?? []).map((it) => {
    const watched = Object.entries(it).filter(([key]) => key.startsWith('0w'));
    return { count: watched.length, called: watched.filter(([, cell]) => cell.value).map(([key]) => key) };
  }));
  for (const { count, called } of instances) {
    const found = [...modules].find(([, { names }]) => Object.keys(names).length === count);
    if (!found) throw new Error(`an unknown module of ${count} functions`);
    const [name, module] = found;
    if (!which.includes(name)) continue;
    for (const it of called.map((key) => module.names[key])) if (it) module.called.add(it);
  }
}

const site = await serve(dist);
const browser = await chromium.launch({ ...config.use.launchOptions, args: [...config.use.launchOptions.args, '--js-flags=--expose-gc'] });
try {
  for (const [what, way, which] of WAYS) {
    for (const [lang, width] of way === solved && which !== SMALL ? LOOKS.slice(0, 1) : LOOKS) {
      const narrow = width === 360;
      const context = await browser.newContext({ viewport: { width, height: narrow ? 740 : 800 }, hasTouch: narrow, locale: lang });
      const page = await context.newPage();
      // With its usual pace, too: pictures are played then.
      const pace = way === read || (which === SMALL && !narrow) ? '' : '&speed=0';
      await page.goto(`${site.url}#${what}lang=${lang}${pace}`);
      await ready(page);
      await way(page);
      for (const place of [page, ...page.workers()]) await note(place, which);
      await context.close();
      console.log(what || 'the page', lang, [...modules].map(([name, it]) => `${name}: ${it.called.size}`).join(', '));
    }
  }
} finally {
  await browser.close();
  await site.close();
}
await mkdir(out, { recursive: true });
for (const [name, { names, called }] of modules) {
  const all = Object.values(names).filter((it) => it);
  for (const [what, list] of [['all', all], ['called', [...called]]]) {
    await writeFile(path.join(out, `${name}-${what}.txt`), list.map((it) => `${it}\n`).sort().join(''));
  }
}
