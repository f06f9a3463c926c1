// <layer-glass>: one line in anybody's page. This file is all that a page loads at first; the program
// (embed.js and its module) comes when the first element is seen or clicked, once for all elements.
//
// Never here: what a file system does, and anything that takes text for markup.
const NAMES = ['scenario', 'src', 'state', 'view', 'controls', 'readonly', 'at', 'path', 'autoplay', 'speed', 'start', 'lang', 'theme', 'height', 'density', 'poster', 'attach'];
const at = (name) => new URL(name, import.meta.url).href;
const WORDS = {
  en: { run: 'Run', run_all: 'Show the layers', wait: 'Loading…', broke: 'Layerglass could not be loaded.' },
  zh: { run: '运行', run_all: '查看各层', wait: '正在加载…', broke: 'Layerglass 加载失败。' },
};
const DARK = /(^|[\s_-])(dark|night|slate|coal|navy|ayu|black)($|[\s_-])/i;
const LIGHT = /(^|[\s_-])(light|default|rust|white|day)($|[\s_-])/i;
const MARKS = ['data-theme', 'data-color-mode', 'data-bs-theme', 'data-md-color-scheme', 'data-mode', 'data-user-color-scheme', 'class'];
const system = matchMedia('(prefers-color-scheme: dark)');

/** What the host's own switch says: attributes and classes of <html> and <body>. */
function hostTheme() {
  for (const element of [document.documentElement, document.body]) {
    for (const mark of MARKS) {
      const value = element?.getAttribute(mark);
      if (!value) continue;
      // VitePress and others mark only the dark one.
      if (DARK.test(value)) return 'dark';
      if (LIGHT.test(value)) return 'light';
    }
  }
  return undefined;
}

let program; // a promise: the module, once for the page
let sheet;
async function load() {
  const glue = await import(at('embed.js'));
  let module = fetch(at('embed_bg.wasm'));
  try {
    const answer = await module;
    if (!answer.ok) throw new Error(String(answer.status));
    module = answer;
  } catch {
    // The page may load scripts from here and nothing else: then the module comes as one.
    module = await (await import(at('embed-inline.js'))).module();
  }
  await glue.default({ module_or_path: module });
  const text = glue.style();
  sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return glue;
}
const loaded = () => (program ??= load().catch((why) => { program = undefined; throw why; }));

let full; // the module with all commands
async function loadFull() {
  const glue = await import(at('machine-full.js'));
  await glue.default({ module_or_path: fetch(at('machine-full_bg.wasm')) });
  return glue;
}
/** A machine with all commands: `{ post, stop }`, as `www/src/boot.rs` knows it. */
function bigMachine(tell, broke) {
  const waiting = [];
  let give = (data) => waiting.push(data);
  full ??= loadFull();
  full.then((glue) => {
    give = glue.serve((bytes) => tell(bytes));
    waiting.forEach((it) => give(it));
  }).catch(() => { full = undefined; broke(); });
  return { post: (data) => give(data), stop() { give = () => {}; } };
}

const live = new Set();
const refresh = () => live.forEach((it) => it.follow());
new MutationObserver(refresh).observe(document.documentElement, { attributes: true });
const watchBody = () => document.body && new MutationObserver(refresh).observe(document.body, { attributes: true });
document.body ? watchBody() : addEventListener('DOMContentLoaded', watchBody);
system.addEventListener('change', refresh);

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) { seen.unobserve(target); target.start(); }
}, { rootMargin: '200px' });

const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

/** The text of commands without the indent that they have in the page. */
export function dedent(text) {
  const lines = text.replace(/\t/g, '    ').split('\n');
  const indents = lines.filter((it) => it.trim()).map((it) => it.match(/^ */)[0].length);
  const cut = Math.min(...indents, 80);
  return lines.map((it) => it.slice(cut).trimEnd()).join('\n').replace(/^\n+|\n+$/g, '');
}

class LayerGlass extends HTMLElement {
  static observedAttributes = NAMES;
  #root = this.attachShadow({ mode: 'open' });
  #embed;
  #starting;
  #waiting = new Map();
  #outputs = new Map();
  #kept;

  connectedCallback() {
    live.add(this);
    if (this.#embed || this.#starting) return;
    this.#poster();
    const start = this.getAttribute('start') ?? 'visible';
    // The parser may not have come to the body yet.
    if (start === 'eager') setTimeout(() => this.isConnected && this.start());
    else if (start !== 'click') seen.observe(this);
  }

  disconnectedCallback() {
    live.delete(this);
    seen.unobserve(this);
    // Frameworks move elements: what is back at once goes on.
    setTimeout(() => { if (!this.isConnected) this.#stop(); });
  }

  attributeChangedCallback(name, old, value) {
    if (old === value) return;
    if (name === 'height') this.#height();
    if (!this.#embed) return;
    if (['scenario', 'src', 'state'].includes(name)) this.#again();
    else this.follow();
  }

  #height() {
    const height = this.getAttribute('height');
    this.style.height = /^\d+$/.test(height ?? '') ? `${height}px` : height ?? '';
  }

  get #lang() {
    const tags = [this.getAttribute('lang'), this.closest('[lang]')?.lang, document.documentElement.lang, ...navigator.languages];
    return tags.find((it) => /^(en|zh)/i.test(it ?? '')) ?? 'en';
  }

  get #theme() {
    const own = this.getAttribute('theme');
    if (own === 'dark' || own === 'light') return own;
    return hostTheme() ?? (system.matches ? 'dark' : 'light');
  }

  get #words() { return WORDS[this.#lang.slice(0, 2).toLowerCase()]; }

  /** The commands in the body, or in the block that this element is attached to. */
  get #commands() {
    const body = dedent(this.textContent);
    if (body.trim() || this.getAttribute('attach') !== 'prev') return body;
    const before = this.previousElementSibling;
    const code = before?.matches('pre') ? before : before?.querySelector('pre');
    return dedent(code?.textContent ?? '').replace(/^[$#] /gm, '');
  }

  #options(more = {}) {
    const number = (name) => (this.hasAttribute(name) && Number.isFinite(Number(this.getAttribute(name))) ? Number(this.getAttribute(name)) : null);
    return JSON.stringify({
      commands: this.#commands,
      view: this.getAttribute('view') ?? '',
      controls: { step: 'step', none: 'none' }[this.getAttribute('controls')] ?? 'full',
      readonly: this.hasAttribute('readonly'),
      at: number('at'), speed: number('speed'), path: this.getAttribute('path'),
      autoplay: this.hasAttribute('autoplay'),
      lang: this.#lang, theme: this.#theme,
      compact: this.getAttribute('density') === 'compact',
      lab: at('./'),
      ...more,
    });
  }

  /** What is there before the program: a picture or three sheets, the commands, a button. */
  #poster() {
    this.#height();
    const words = this.#words;
    const dark = this.#theme === 'dark';
    const [ink, paper, line] = dark ? ['#e7eef4', '#131b23', '#3a4a59'] : ['#14202b', '#ffffff', '#d5dde4'];
    const box = make('div', { part: 'poster' });
    Object.assign(box.style, { font: '14px/1.5 system-ui, sans-serif', color: ink, background: paper, border: `1px solid ${line}`, borderRadius: '12px', padding: '14px', height: '100%', boxSizing: 'border-box', overflow: 'auto' });
    const picture = this.getAttribute('poster') ?? (this.hasAttribute('scenario') ? at(`posters/${encodeURIComponent(this.getAttribute('scenario'))}.svg`) : undefined);
    const drawn = sheets();
    if (picture && picture !== 'none') {
      const image = make('img', { src: picture, alt: '' });
      Object.assign(image.style, { maxWidth: '100%', maxHeight: '70%', display: 'block', margin: '0 auto' });
      image.onerror = () => image.replaceWith(drawn);
      box.append(image);
    } else box.append(drawn);
    const commands = make('div', { part: 'commands' }, make('slot'));
    Object.assign(commands.style, { whiteSpace: 'pre-wrap', fontFamily: 'ui-monospace, monospace', fontSize: '13px', overflowWrap: 'anywhere' });
    const button = make('button', { type: 'button', part: 'start' }, `▶ ${words.run_all}`);
    Object.assign(button.style, { font: 'inherit', marginTop: '10px', padding: '6px 14px', borderRadius: '8px', border: 0, cursor: 'pointer', background: dark ? '#7cc4f0' : '#00609a', color: dark ? '#06121b' : '#ffffff' });
    button.onclick = () => this.start();
    const status = make('p', { role: 'status', part: 'status' });
    box.append(commands, button, status);
    this.#root.replaceChildren(box);
  }

  #say(word) {
    const status = this.#root.querySelector('[role=status]');
    if (status) status.textContent = word;
  }

  /** Loads the program, if nobody has, and draws this element. */
  start() {
    return (this.#starting ??= this.#start().catch((why) => {
      this.#starting = undefined;
      this.#say(this.#words.broke);
      this.#fire('error', { message: String(why?.message ?? why) });
    }));
  }

  async #start() {
    this.#say(this.#words.wait);
    const [glue, more] = await Promise.all([loaded(), this.#source()]);
    if (!this.isConnected) { this.#starting = undefined; return; }
    const div = make('div', { part: 'root' });
    div.style.height = '100%';
    this.#root.adoptedStyleSheets = [sheet];
    this.#embed = new glue.Embed(div, this.#options(more), (...it) => this.#hear(...it), bigMachine);
    // The poster stays until the first picture is there.
    this.#root.append(div);
    div.hidden = true;
  }

  /** The scenario that the attributes name. */
  async #source() {
    if (this.#kept) return { state: this.#kept };
    const id = this.getAttribute('scenario');
    const src = this.getAttribute('src');
    const state = this.getAttribute('state');
    const more = {};
    if (state) more.state = state;
    if (id) more.scenario = (await import(at(`scenarios/${encodeURIComponent(id)}.js`))).default;
    else if (src) {
      const answer = await fetch(new URL(src, document.baseURI));
      if (!answer.ok) throw new Error(`${src}: ${answer.status}`);
      const text = await answer.text();
      if (/^layerglass:/m.test(text)) more.scenario = text; else more.commands = text;
    }
    return more;
  }

  #stop() {
    if (!this.#embed) return;
    this.#kept = this.#embed.share();
    this.#embed.free();
    this.#embed = this.#starting = undefined;
    this.#waiting.forEach(({ reject }) => reject(new Error('the element was taken away')));
    this.#waiting.clear();
    this.#root.replaceChildren();
  }

  #again() {
    this.#stop();
    this.#kept = undefined;
    this.#poster();
    this.start();
  }

  /** The host's language or theme may have changed. */
  follow() { this.#embed?.set(this.#options()); }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(`layerglass:${name}`, { detail, bubbles: true, composed: true }));
  }

  #hear(kind, id, detail) {
    const waits = this.#waiting.get(id);
    if (kind === 'ready') {
      const div = this.#root.lastElementChild;
      this.#root.replaceChildren(div);
      div.hidden = false;
      this.#fire('ready', detail);
      this.#fire('resize', { height: this.offsetHeight });
    } else if (kind === 'output') this.#outputs.set(id, (this.#outputs.get(id) ?? '') + detail);
    else if (kind === 'step') {
      detail.output = this.#outputs.get(id) ?? '';
      this.#outputs.delete(id);
      if (waits) waits.value = detail;
      this.#fire('step', detail);
    } else if (kind === 'script') { if (waits) waits.value = detail; } else if (kind === 'end') {
      this.#outputs.delete(id);
      this.#waiting.delete(id);
      waits?.resolve(waits.value);
    } else if (kind === 'error') {
      if (waits) { this.#waiting.delete(id); waits.reject(new Error(detail.message)); }
      this.#fire('error', detail);
    } else this.#fire(kind, detail);
  }

  async #ask(how) {
    await this.start();
    const id = how(this.#embed);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  run(line) { return this.#ask((it) => it.run(String(line))); }
  goto(n) { return this.#ask((it) => it.goto(Number(n))); }
  undo() { return this.#ask((it) => it.goto(Math.max(0, it.at - 1))); }
  get state() { return this.#embed?.share(); }
}

/** Three sheets, one over the other. */
function sheets() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 300 150');
  svg.setAttribute('aria-hidden', 'true');
  Object.assign(svg.style, { width: '150px', float: 'right' });
  for (const [y, colour] of [[92, '#0072B2'], [52, '#E69F00'], [12, '#009E73']]) {
    const it = document.createElementNS(svg.namespaceURI, 'polygon');
    it.setAttribute('points', `70,${y} 290,${y} 230,${y + 50} 10,${y + 50}`);
    it.setAttribute('fill', colour);
    it.setAttribute('fill-opacity', '.3');
    it.setAttribute('stroke', colour);
    svg.append(it);
  }
  return svg;
}

if (!customElements.get('layer-glass')) customElements.define('layer-glass', LayerGlass);
