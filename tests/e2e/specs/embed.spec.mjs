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
  const rest = refused.filter((it) => !/embed_bg|favicon/.test(it));
  expect(rest).toEqual([]);
  // Sizes and places are set although no inline style is allowed.
  const columns = await shadow(page).locator('.matrix').evaluate((it) => getComputedStyle(it).getPropertyValue('--columns'));
  expect(Number(columns)).toBeGreaterThan(1);
  await page.close();
  await site.close();
});

test('it follows the theme and the language of its host', async ({ page }) => {
  const site = await open(page, element('start="eager"'));
  await ready(page);
  const root = shadow(page).locator('.lg-root');
  await expect(root).toHaveAttribute('data-theme', 'light');
  // mdBook, Docusaurus, VitePress, Material, Bootstrap themes (Docsy, Hugo), pydata.
  const marks = [
    ['html', 'class', 'js navy sidebar-visible'], ['html', 'data-theme', 'dark'], ['html', 'class', 'dark'],
    ['body', 'data-md-color-scheme', 'slate'], ['html', 'data-bs-theme', 'dark'], ['body', 'data-theme', 'dark'],
  ];
  for (const [where, name, value] of marks) {
    await page.evaluate(([where, name, value]) => document.querySelector(where).setAttribute(name, value), [where, name, value]);
    await expect(root, `${where} ${name}=${value}`).toHaveAttribute('data-theme', 'dark');
    await page.evaluate(([where, name]) => document.querySelector(where).removeAttribute(name), [where, name]);
    await expect(root).toHaveAttribute('data-theme', 'light');
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect(root).toHaveAttribute('data-theme', 'dark');
  // The host's own switch goes before the system's, the attribute before both.
  await page.evaluate(() => { document.documentElement.dataset.theme = 'light'; });
  await expect(root).toHaveAttribute('data-theme', 'light');
  await shadow(page).evaluate((it) => it.setAttribute('theme', 'dark'));
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.evaluate(() => { document.documentElement.lang = 'zh-CN'; });
  await expect(root).toHaveAttribute('lang', 'zh-CN');
  await site.close();
});

test('scripts can drive it', async ({ page }) => {
  const site = await open(page, element('start="eager"'));
  await ready(page);
  const seen = await shadow(page).evaluate(async (it) => {
    const events = [];
    for (const name of ['step', 'error']) it.addEventListener(`layerglass:${name}`, ({ detail }) => events.push([name, detail.line ?? detail.message]));
    const first = await it.run('rm merged/a');
    const failed = await it.run('cat merged/a');
    await it.undo();
    const undone = await it.run('echo again > merged/c; ls merged');
    const state = it.state;
    const link = await it.export('link');
    const script = await it.export('script');
    return { first: [first.status, first.line], failed: [failed.status, failed.output], undone: undone.output, state, link, script, events };
  });
  expect(seen.first).toEqual([0, 'rm merged/a']);
  expect(seen.failed).toEqual([1, 'cat: merged/a: No such file or directory\n']);
  expect(seen.undone).toMatch(/^b\s+c\s*$/);
  expect(seen.state).toContain('run=mount%20-t%20overlay');
  expect(seen.link).toContain(`${process.env.LAYERGLASS_URL}#v1:`);
  expect(seen.script).toContain('mount -t overlay');
  expect(seen.events.map((it) => it[0])).toEqual(['step', 'step', 'step']);
  // The same state in another element.
  await page.evaluate((state) => {
    const other = document.createElement('layer-glass');
    for (const [name, value] of Object.entries({ state, start: 'eager', id: 'other' })) other.setAttribute(name, value);
    document.querySelector('main').append(other);
  }, seen.link);
  await ready(page, 1);
  expect(await page.locator('#other').evaluate(async (it) => (await it.run('cat merged/c')).output)).toBe('again\n');
  await page.locator('#other').evaluate((it) => it.load({ scenario: 'lab' }));
  await ready(page, 1);
  expect(await page.locator('#other').evaluate(async (it) => (await it.run('pwd')).output)).toBe('/data/myworkdir/fs\n');
  await site.close();
});

test('a command that the small machine lacks brings the other one', async ({ page }) => {
  const site = await open(page, element('start="eager"'));
  await ready(page);
  const output = await shadow(page).evaluate(async (it) => (await it.run('sed s/a/z/ merged/a; ls merged | sort -r')).output);
  expect(output).toBe('z\nb\na\n');
  const svg = await shadow(page).evaluate((it) => it.export('svg'));
  expect(svg).toMatch(/^<svg /);
  await site.close();
});

test('blocks of commands get an element, and a host may set its look', async ({ page }) => {
  const block = `<pre><code class="language-overlay">${MOUNT}</code></pre><pre data-layer-glass="view=stack&controls=step"><code>$ mkdir a</code></pre>
    <pre><code class="language-console">$ ${MOUNT.replaceAll('\n', '\n$ ')}\n$ rm merged/b</code></pre><layer-glass attach="prev" start="eager"></layer-glass>`;
  const site = await open(page, block, { head: '<style>layer-glass{--lg-accent:#123456} layer-glass::part(root){outline:3px solid red}</style>' });
  await expect(page.locator('layer-glass')).toHaveCount(3);
  for (const n of [0, 1, 2]) await shadow(page, n).evaluate((it) => it.start());
  for (const n of [0, 1, 2]) await ready(page, n);
  await expect(shadow(page, 0).getByText('rm merged/b')).toHaveCount(0);
  await expect(shadow(page, 1).locator('.steps')).toBeVisible();
  await expect(shadow(page, 2).getByText('⊘').first()).toBeVisible();
  const look = await shadow(page, 0).evaluate((it) => {
    const root = it.shadowRoot.querySelector('.lg-root');
    return [getComputedStyle(root).getPropertyValue('--accent').trim(), getComputedStyle(it.shadowRoot.querySelector('[part=root]')).outlineWidth];
  });
  expect(look).toEqual(['#123456', '3px']);
  await site.close();
});

test('elements come and go two hundred times and leave nothing behind', async ({ page }) => {
  test.slow();
  await page.addInitScript(() => {
    const streaming = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...it) => {
      const made = await streaming.apply(WebAssembly, it);
      window.memory = made.instance.exports.memory;
      return made;
    };
  });
  const site = await open(page, element('start="eager" id="stays"'));
  await ready(page);
  const turn = (count) => page.evaluate(async ([count, body]) => {
    for (let i = 0; i < count; i += 1) {
      const it = document.createElement('layer-glass');
      it.setAttribute('start', 'eager');
      it.textContent = body;
      document.querySelector('main').append(it);
      await new Promise((done) => it.addEventListener('layerglass:ready', done, { once: true }));
      it.remove();
      await new Promise((done) => setTimeout(done));
    }
    return window.memory.buffer.byteLength;
  }, [count, MOUNT]);
  // What JavaScript holds, once all that nobody holds is collected: bytes, nodes, listeners.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const held = async () => {
    for (let i = 0; i < 2; i += 1) await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const of = (name) => metrics.find((it) => it.name === name).value;
    return { bytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
  await turn(30);
  const before = await turn(1);
  const heldBefore = await held();
  const after = await turn(200);
  const heldAfter = await held();
  expect(after - before, 'bytes of the module\'s memory').toBeLessThanOrEqual(2 << 16);
  // An element is some hundred nodes and some kilobytes: not one of the two hundred is left.
  expect(heldAfter.bytes - heldBefore.bytes, 'bytes of JavaScript').toBeLessThanOrEqual(1 << 20);
  expect(heldAfter.nodes - heldBefore.nodes, 'nodes').toBeLessThanOrEqual(20);
  expect(heldAfter.listeners - heldBefore.listeners, 'listeners').toBeLessThanOrEqual(20);
  // The one that stays has not noticed.
  expect(await shadow(page).evaluate(async (it) => (await it.run('ls merged')).output)).toMatch(/a\s+b/);
  await site.close();
});

test('an element that is moved goes on, and one that comes back is as it was', async ({ page }) => {
  const site = await open(page, `${element('start="eager"')}<div id="there"></div>`);
  await ready(page);
  await shadow(page).evaluate(async (it) => { await it.run('echo kept > merged/k'); document.querySelector('#there').append(it); });
  expect(await shadow(page).evaluate(async (it) => (await it.run('cat merged/k')).output)).toBe('kept\n');
  await shadow(page).evaluate(async (it) => {
    const place = it.parentElement;
    it.remove();
    await new Promise((done) => setTimeout(done, 50));
    place.append(it);
    await it.start();
  });
  expect(await shadow(page).evaluate(async (it) => (await it.run('cat merged/k')).output)).toBe('kept\n');
  await site.close();
});

test('keys: into the element, and out again', async ({ page }) => {
  const site = await open(page, `<a href="#x" id="before">before</a>${element('start="eager"')}<a href="#y" id="after">after</a>`);
  await ready(page);
  const field = shadow(page).locator('#command-line');
  await field.focus();
  await field.pressSequentially('ls mer');
  await page.keyboard.press('Tab');
  await expect(field).toHaveValue('ls merged/');
  await page.keyboard.press('Escape');
  for (let i = 0; i < 8; i += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.id) === 'after') break;
  }
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('after');
  await site.close();
});

for (const [lang, theme] of [['en', 'light'], ['zh-CN', 'dark']]) {
  test(`axe finds nothing in an element (${lang}, ${theme})`, async ({ page, axe }) => {
    const site = await open(page, element(`start="eager" theme="${theme}"`, `${MOUNT}\nrm merged/a`) + element(`start="eager" theme="${theme}" view="stack" controls="step"`) + element('start="click"'), { lang });
    await ready(page, 0);
    await ready(page, 1);
    await axe('main');
    await site.close();
  });
}

test('a frame tells its height and does what the page around asks', async ({ page }) => {
  const frame = `<iframe title="layers" style="border:0;width:100%;height:100px" sandbox="allow-scripts" src="${process.env.LAYERGLASS_URL}embed.html#run=${encodeURIComponent('mkdir lower; echo a > lower/a')}&height=333"></iframe>
    <script type="module" src="${process.env.LAYERGLASS_URL}resize.js"></script><script>window.heard=[];addEventListener('message',({data})=>heard.push(data))</script>`;
  const site = await open(page, frame);
  await expect.poll(() => page.evaluate(() => window.heard.map((it) => it.type)), { timeout: 30_000 }).toContain('resize');
  expect(await page.evaluate(() => document.querySelector('iframe').offsetHeight)).toBe(333);
  await page.evaluate(() => document.querySelector('iframe').contentWindow.postMessage({ source: 'layer-glass', v: 1, type: 'run', line: 'cat lower/a' }, '*'));
  await expect.poll(() => page.evaluate(() => window.heard.find((it) => it.type === 'step' && it.line === 'cat lower/a'))).toMatchObject({ status: 0, output: 'a\n' });
  // What is no message of ours is not heard.
  await page.evaluate(() => document.querySelector('iframe').contentWindow.postMessage({ type: 'run', line: 'rm -r lower' }, '*'));
  await page.evaluate(() => document.querySelector('iframe').contentWindow.postMessage({ source: 'layer-glass', v: 1, type: 'run', line: 'ls' }, '*'));
  await expect.poll(() => page.evaluate(() => window.heard.find((it) => it.line === 'ls')?.output)).toBe('lower\n');
  await site.close();
});

test('what is wrong is said, and the page stays', async ({ browser }) => {
  // Not the usual page: what is not there is reported as an error.
  const page = await browser.newPage();
  const thrown = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  const site = await open(page, `${element('start="eager" scenario="nowhere"', '')}${element('start="eager" state="v7:abc"', '')}${element('start="eager" state="run=a&at=9"', '')}${element('start="eager" height="500"')}`);
  await expect(shadow(page, 0).getByText('there is no scenario "nowhere"')).toBeVisible();
  await expect(shadow(page, 1).getByText('of version v7')).toBeVisible();
  await expect(shadow(page, 2).getByText('points to step 9')).toBeVisible();
  // The commands can be read, and the others work.
  await ready(page, 3);
  await page.route('**/embed-player*', (route) => route.abort());
  await page.reload();
  await expect(shadow(page, 3).getByText('could not be loaded')).toBeVisible();
  await expect(page.getByText('mount -t overlay overlay')).toBeVisible();
  expect(thrown).toEqual([]);
  await page.close();
  await site.close();
});

test('one file, from anywhere, under a policy of one script', async ({ browser }) => {
  const page = await browser.newPage();
  const asked = [];
  page.on('request', (it) => asked.push(new URL(it.url()).pathname.split('/').pop()));
  const script = `${process.env.LAYERGLASS_URL}layer-glass-single.js`;
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><link rel="icon" href="data:,">
<script type="module" src="${script}"></script>${element('start="eager" height="400"', `${MOUNT}\nrm merged/a`)}<layer-glass scenario="whiteout" start="eager"></layer-glass>`;
  const headers = { 'content-security-policy': `${strict()['content-security-policy']}; img-src data:` };
  const site = await host({ '/': { html, headers } });
  await page.goto(site.url);
  await ready(page, 0);
  await ready(page, 1);
  await expect(shadow(page, 0).getByText('⊘').first()).toBeVisible();
  // A command that the small program lacks comes out of the same file.
  const step = await page.locator('layer-glass').first().evaluate(async (it) => it.run('seq 3 | sort -r | tail -1'));
  expect(step.output.trim()).toBe('1');
  expect(asked.filter((it) => it && !it.startsWith('layer-glass-single'))).toEqual([]);
  await page.close();
  await site.close();
});

test('each scenario has a page that services for previews can read', async ({ page }) => {
  await page.goto(`${process.env.LAYERGLASS_URL}scenarios/whiteout.html`);
  const about = await page.locator('link[type="application/json+oembed"]').getAttribute('href');
  const card = await page.evaluate(async (url) => (await fetch(url)).json(), about);
  expect(card).toMatchObject({ version: '1.0', type: 'rich', provider_name: 'Layerglass' });
  expect(card.html).toContain('embed.html#lab=whiteout');
  await expect(page.locator('img')).toHaveJSProperty('complete', true);
  await page.getByRole('link', { name: 'Open in the lab' }).click();
  await expect(page.locator('#command-line')).toBeVisible({ timeout: 30_000 });
});
