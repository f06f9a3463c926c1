// <layer-glass> in pages of another origin.
import { expect, test } from '../lib/test.mjs';
import { host, page as hostPage, strict } from '../lib/host.mjs';

const MOUNT = 'mkdir lower upper work merged\necho a > lower/a\necho b > lower/b\nmount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged';
const element = (attributes, commands = MOUNT) => `<layer-glass ${attributes}>\n${commands}\n</layer-glass>`;

/** The page of these elements is open, and they are there. */
async function open(page, body, { headers, ...more } = {}) {
  const site = await host({ '/': { html: hostPage(body, more), headers } });
  await page.goto(site.url);
  return site;
}
const shadow = (page, n = 0) => page.locator('layer-glass').nth(n);
const ready = async (page, n = 0) => expect(shadow(page, n).locator('.embed')).toBeVisible({ timeout: 30_000 });

test('three elements of one page: languages, states, one module', async ({ page }) => {
  const modules = [];
  page.on('request', (it) => { if (it.url().endsWith('.wasm')) modules.push(it.url()); });
  const site = await open(page, [
    element('id="one" start="eager" height="420" view="matrix,terminal"'),
    element('id="two" start="eager" height="420" view="matrix,terminal" lang="zh-CN" theme="dark"', `${MOUNT}\nrm merged/a`),
    element('id="three" start="eager" height="300" view="stack" controls="step" readonly', `${MOUNT}\necho more >> merged/b`),
  ].join(''));
  for (const n of [0, 1, 2]) await ready(page, n);
  expect(modules).toHaveLength(1);
  await expect(shadow(page, 0).locator('.prompt').first()).toContainText('root@lab');
  await expect(shadow(page, 1).locator('.lg-root')).toHaveAttribute('lang', 'zh-CN');
  await expect(shadow(page, 1).locator('.lg-root')).toHaveAttribute('data-theme', 'dark');
  await expect(shadow(page, 1).getByText('⊘').first()).toBeVisible();
  await expect(shadow(page, 0).getByText('⊘')).toHaveCount(0);
  await expect(shadow(page, 2).locator('#command-line')).toHaveCount(0);
  // Each has its own machine.
  const field = shadow(page, 0).locator('#command-line');
  await field.fill('rm merged/b');
  await field.press('Enter');
  await expect(shadow(page, 0).getByText('⊘').first()).toBeVisible();
  const outputs = await page.evaluate(async () => {
    const all = [...document.querySelectorAll('layer-glass')];
    return Promise.all(all.map(async (it) => (await it.run('ls merged')).output));
  });
  expect(outputs).toEqual(['a\n', 'b\n', 'a  b\n'].map((it) => expect.stringMatching(new RegExp(`^${it.trim().replace(/ +/, '\\s+')}\\s*$`))));
  await site.close();
});

test('a page that allows scripts from one origin and nothing else', async ({ browser }) => {
  // Not the usual page: what is refused is reported as an error, which is the point here.
  const page = await browser.newPage();
  const refused = [];
  page.on('console', (message) => { if (message.type() === 'error') refused.push(message.text()); });
  page.on('pageerror', (error) => refused.push(`exception: ${error.message}`));
  const site = await host({ '/': { html: hostPage(element('start="eager" height="400"', `${MOUNT}\nrm merged/a`)).replace(/<link rel="icon"[^>]*>/, ''), headers: strict() } });
  await page.goto(site.url);
  await ready(page);
  await expect(shadow(page).getByText('⊘').first()).toBeVisible();
  const rest = refused.filter((it) => !/embed_bg\.wasm|favicon/.test(it));
  expect(rest).toEqual([]);
  // Sizes and places are set although no inline style is allowed.
  const columns = await shadow(page).locator('.matrix').evaluate((it) => getComputedStyle(it).getPropertyValue('--columns'));
  expect(Number(columns)).toBeGreaterThan(1);
  await page.close();
  await site.close();
});
