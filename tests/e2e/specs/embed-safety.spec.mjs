// <layer-glass> when something goes wrong, and under policies that allow next to nothing; from another origin.
import { expect, test } from '../lib/test.mjs';
import { host, page as hostPage, strict } from '../lib/host.mjs';

const MOUNT = 'mkdir lower upper work merged\necho a > lower/a\nmount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged';
const element = (attributes, commands = MOUNT) => `<layer-glass ${attributes}>\n${commands}\n</layer-glass>`;
const shadow = (page, n = 0) => page.locator('layer-glass').nth(n);
const ready = async (page, n = 0) => expect(shadow(page, n).locator('.embed')).toBeVisible({ timeout: 30_000 });
const output = (page, n, line) => shadow(page, n).evaluate(async (it, line) => (await it.run(line)).output, line);

/** A page with these elements. `window.programs` has an entry for each module; what is thrown at the page goes to `said`. */
async function open(browser, body) {
  const page = await browser.newPage();
  const said = [];
  page.on('pageerror', (error) => said.push(error.message));
  await page.addInitScript(() => {
    window.programs = [];
    window.heard = [];
    const streaming = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = (module, imports) => {
      const program = { broken: false };
      window.programs.push(program);
      const checked = (call) => (...given) => {
        if (program.broken) throw new WebAssembly.RuntimeError('unreachable');
        return call(...given);
      };
      for (const part of Object.values(imports)) for (const name of Object.keys(part)) part[name] = checked(part[name]);
      return streaming.call(WebAssembly, module, imports);
    };
    window.ready = 0;
    addEventListener('layerglass:ready', () => { window.ready += 1; });
    addEventListener('layerglass:error', ({ detail }) => window.heard.push(detail.message));
  });
  const site = await host({ '/': { html: hostPage(body) } });
  await page.goto(site.url);
  return { page, said, close: async () => { await page.close(); await site.close(); } };
}

/** From now on this program does not come through anything that it does: as with a panic, its frames are torn. */
const ruin = (page, n) => page.evaluate((n) => { window.programs.at(n).broken = true; }, n);
/** Elements have been drawn so many times; while a new program draws, the old picture is still there. */
const drawn = (page, count) => expect.poll(() => page.evaluate(() => window.ready), { timeout: 30_000 }).toBe(count);
const programs = (page) => page.evaluate(() => window.programs.length);

test('a program that breaks down is loaded anew, and every element goes on where it stood', async ({ browser }) => {
  const { page, said, close } = await open(browser, [
    element('start="eager"'),
    element('start="eager" lang="zh-CN"', `${MOUNT}\nrm merged/a`),
    element('start="eager" view="stack" controls="step"'),
  ].join(''));
  for (const n of [0, 1, 2]) await ready(page, n);
  expect(await output(page, 0, 'echo mine > merged/mine; cat merged/mine')).toBe('mine\n');
  await ruin(page, 0);
  const lost = await shadow(page, 1).evaluate((it) => it.run('ls merged').catch((why) => why.message));
  expect(lost).toMatch(/unreachable|broke down/);
  // No command of anybody is lost, but the one that was not done.
  await drawn(page, 6);
  expect(await programs(page)).toBe(2);
  for (const n of [0, 1, 2]) await ready(page, n);
  expect(await output(page, 0, 'cat merged/mine')).toBe('mine\n');
  expect(await output(page, 1, 'ls -A upper; ls merged')).toBe('a\n');
  expect(await output(page, 2, 'ls merged')).toBe('a\n');
  await expect(shadow(page, 1).locator('.lg-root')).toHaveAttribute('lang', 'zh-CN');
  await expect(shadow(page, 1).getByText('意外停止').first()).toBeVisible();
  expect(await page.evaluate(() => window.heard)).toEqual(Array(3).fill('the program broke down'));
  // The old program is not entered any more: the page reports the one trap and nothing after it.
  expect(said.length, said.join()).toBeLessThanOrEqual(1);
  await close();
});

test('a program that breaks down again and again is left alone, and the page can be read', async ({ browser }) => {
  const { page, close } = await open(browser, element('start="eager"'));
  for (let n = 1; n <= 4; n += 1) {
    await drawn(page, n);
    await ruin(page, -1);
    await shadow(page).evaluate((it) => it.run('true').catch(() => {}));
  }
  await expect(shadow(page).getByText('stopped unexpectedly')).toBeVisible();
  await expect(page.getByText('mount -t overlay overlay')).toBeVisible();
  await shadow(page).locator('button').click();
  await drawn(page, 5);
  expect(await output(page, 0, 'ls merged')).toBe('a\n');
  await close();
});

test('the machine with all commands breaks down, and comes back', async ({ browser }) => {
  const { page, close } = await open(browser, `${element('start="eager"')}${element('start="eager"')}`);
  for (const n of [0, 1]) await ready(page, n);
  expect(await output(page, 0, 'seq 3 | sort -r | tail -1; echo x > merged/x')).toBe('1\n');
  await expect.poll(() => programs(page)).toBe(2);
  await ruin(page, 1);
  await shadow(page, 0).evaluate((it) => it.run('sort merged/a').catch(() => {}));
  await expect.poll(() => output(page, 0, 'sort merged/x').catch(() => ''), { timeout: 20_000 }).toBe('x\n');
  // The other one has not noticed.
  expect(await output(page, 1, 'cat merged/a')).toBe('a\n');
  expect(await page.evaluate(() => window.heard)).toEqual(['the program broke down']);
  await close();
});

test('a lesson of containers, where a page allows scripts from one origin and nothing else', async ({ browser }, info) => {
  const page = await browser.newPage();
  const refused = [];
  page.on('console', (message) => { if (message.type() === 'error') refused.push(message.text()); });
  page.on('pageerror', (error) => refused.push(`exception: ${error.message}`));
  const body = `<layer-glass scenario="container-start" view="graph,images,terminal,lesson" start="eager" height="700" poster="none"></layer-glass>
    ${element('start="eager" lang="zh-CN" view="images,terminal"', 'docker run --name web -d nginx:1.21.1\ndocker exec web sh -c "echo hi > /tmp/hi"')}`;
  const html = hostPage(body).replace(/<link rel="icon"[^>]*>/, '');
  const site = await host({ '/': { html, headers: strict() } });
  await page.goto(site.url);
  for (const n of [0, 1]) await ready(page, n);
  expect(await output(page, 1, 'docker diff web')).toContain('A /tmp/hi');
  // The lesson's own first task: it is done, and the next one is on.
  const met = await shadow(page, 0).evaluate(async (it) => {
    const goal = new Promise((done) => it.addEventListener('layerglass:goal', ({ detail }) => detail.step > 0 && done(detail)));
    await it.run('docker run -d --name web nginx:1.21.1');
    return goal;
  });
  expect(met.step).toBe(1);
  await expect(shadow(page, 0).getByText('2 / 5')).toBeVisible();
  await page.screenshot({ path: info.outputPath('containers.png'), fullPage: true });
  // The modules may not be fetched, and come as scripts.
  expect(refused.filter((it) => !/_bg|favicon/.test(it))).toEqual([]);
  await page.close();
  await site.close();
});
