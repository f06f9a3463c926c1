// <layer-glass>: one line in anybody's page. This file is all that a page loads at first; the program
// comes when the first element is seen or clicked, once for all elements.
//
// Never here: what a file system does, and anything that takes text for markup.
const NAMES = ['scenario', 'src', 'state', 'view', 'controls', 'readonly', 'at', 'path', 'autoplay', 'speed', 'start', 'lang', 'theme', 'height', 'density', 'poster', 'attach'];
const at = (name) => new URL(name, import.meta.url).href;
const WORDS = {
  en: ['Show the layers', 'Loading…', 'Layerglass could not be loaded.', 'Layerglass stopped unexpectedly.'],
  zh: ['查看各层', '正在加载…', 'Layerglass 加载失败。', 'Layerglass 意外停止了。'],
};

// How hosts say which theme is on: attributes and classes of <html> and <body>.
const MARKS = ['data-theme', 'data-md-color-scheme', 'data-bs-theme', 'data-color-mode', 'data-mode', 'class'];
const DARK = /(^|\s)((theme-|mode-)?(dark|night|slate|coal|navy|ayu)(-mode|-theme)?)(\s|$)/;
const LIGHT = /(^|\s)((theme-|mode-)?(light|default|rust)(-mode|-theme)?)(\s|$)/;
const generator = (name) => `meta[name=generator][content^=${name}]`;
const system = matchMedia('(prefers-color-scheme: dark)');
function hostTheme() {
  for (const element of [document.documentElement, document.body]) {
    for (const mark of MARKS) {
      const value = element?.getAttribute(mark) ?? '';
      if (DARK.test(value)) return 'dark';
      if (LIGHT.test(value)) return 'light';
    }
  }
  // VitePress marks the dark theme only.
  return document.querySelector(generator('VitePress')) ? 'light' : undefined;
}

/** What frameworks have rendered on a server is theirs until their own script has taken it over. */
function isHydrating() {
  if (performance.now() > 15_000) return false;
  const has = (selector) => document.querySelector(selector);
  if (has(generator('Docusaurus'))) return document.documentElement.dataset.hasHydrated !== 'true';
  const app = has(generator('VitePress')) ? has('#app') : has('#__nuxt');
  return !!app && !app.__vue_app__;
}

const live = new Set();
const follow = () => live.forEach((it) => it.follow());
system.addEventListener('change', follow);
const watcher = new MutationObserver((records) => {
  if (records.some((it) => it.type === 'attributes')) follow();
  if (records.some((it) => it.addedNodes.length)) attach();
});
function watch() {
  watcher.observe(document.documentElement, { attributes: true });
  watcher.observe(document.body, { attributes: true, childList: true, subtree: true, attributeFilter: MARKS });
  attach();
}

/** Blocks of commands that ask for a picture get an element after them. */
let later;
function attach() {
  clearTimeout(later);
  if (isHydrating()) {
    later = setTimeout(attach, 50);
    return;
  }
  for (const code of document.querySelectorAll('code.language-overlay, pre.language-overlay, .language-overlay pre, .highlight-overlay pre, pre[data-layer-glass], code[data-layer-glass]')) {
    const pre = code.closest('pre');
    if (!pre || pre.layerGlass) continue;
    const element = pre.layerGlass = document.createElement('layer-glass');
    element.setAttribute('attach', 'prev');
    for (const [name, value] of new URLSearchParams(code.dataset.layerGlass ?? pre.dataset.layerGlass ?? '')) {
      if (NAMES.includes(name)) element.setAttribute(name, value);
    }
    // Some tools wrap the block; the element stands after the whole.
    const box = pre.closest('div.language-overlay, div.highlight-overlay') ?? pre;
    element.from = pre;
    box.after(element);
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.start().catch(() => {});
}, { rootMargin: '200px' });

// What is typed in an element is no shortcut of the page around it.
function keepKeys(event) {
  if (event.defaultPrevented || event.composedPath()[0].matches('input, textarea, select')) event.stopPropagation();
}

class LayerGlass extends HTMLElement {
  static observedAttributes = NAMES;
  #root = this.attachShadow({ mode: 'open' });
  #player;
  #starting;
  #kept;
  #falls = 0;
  revived = false;

  constructor() {
    super();
    for (const name of ['keydown', 'keypress', 'keyup']) this.addEventListener(name, keepKeys);
  }

  connectedCallback() {
    live.add(this);
    if (this.#starting) return;
    this.#poster();
    const start = this.getAttribute('start');
    // The parser may not have come to the body yet.
    if (start === 'eager') setTimeout(() => this.isConnected && this.#go());
    else if (start !== 'click') seen.observe(this);
  }

  disconnectedCallback() {
    live.delete(this);
    seen.unobserve(this);
    // Frameworks move elements: what is back at once goes on.
    setTimeout(() => { if (!this.isConnected) this.#stop(true); });
  }

  attributeChangedCallback(name, old, value) {
    if (old === value || !this.isConnected) return;
    if (name === 'height') this.#height();
    if (!this.#starting) return;
    if (['scenario', 'src', 'state'].includes(name)) this.#again();
    else this.follow();
  }

  get language() {
    const tags = [this.getAttribute('lang'), this.closest('[lang]')?.lang, ...navigator.languages];
    return tags.find((it) => /^(en|zh)/i.test(it ?? '')) ?? 'en';
  }

  get hostTheme() {
    const own = this.getAttribute('theme');
    if (own === 'dark' || own === 'light') return own;
    return hostTheme() ?? (system.matches ? 'dark' : 'light');
  }

  get #words() { return WORDS[this.language.slice(0, 2).toLowerCase()]; }

  #height() {
    const height = this.getAttribute('height') ?? '';
    this.style.height = /^\d+$/.test(height) ? `${height}px` : height;
  }

  /** What is there before the program: a picture, the commands, a button. */
  #poster() {
    this.#height();
    const dark = this.hostTheme === 'dark';
    const make = (name, style, text = '') => {
      const element = document.createElement(name);
      Object.assign(element.style, style);
      element.append(text);
      return element;
    };
    const box = make('div', {
      font: '14px/1.5 system-ui,sans-serif', color: dark ? '#e7eef4' : '#14202b', background: dark ? '#131b23' : '#fff',
      border: '1px solid #8886', borderRadius: '12px', padding: '14px', height: '100%', boxSizing: 'border-box', overflow: 'auto',
    });
    const id = this.getAttribute('scenario');
    const poster = this.getAttribute('poster') ?? (id ? at(`posters/${encodeURIComponent(id)}.${this.language.slice(0, 2).toLowerCase()}.svg`) : '');
    if (poster && poster !== 'none') {
      const image = make('img', { maxWidth: '100%', maxHeight: '75%', display: 'block', margin: '0 auto', colorScheme: dark ? 'dark' : 'light' });
      Object.assign(image, { src: poster, alt: '', onerror: () => image.replaceWith(sheets()) });
      box.append(image);
    } else box.append(sheets());
    const commands = make('div', { whiteSpace: 'pre-wrap', font: '13px/1.5 ui-monospace,monospace', overflowWrap: 'anywhere' });
    commands.append(document.createElement('slot'));
    const button = make('button', { font: 'inherit', marginTop: '10px', padding: '6px 14px', borderRadius: '8px', border: 0, cursor: 'pointer', background: dark ? '#7cc4f0' : '#00609a', color: dark ? '#06121b' : '#fff' }, `▶ ${this.#words[0]}`);
    button.type = 'button';
    button.onclick = () => this.#go();
    const status = make('p', {});
    status.role = 'status';
    for (const [part, element] of Object.entries({ poster: box, commands, start: button, status })) element.setAttribute('part', part);
    box.append(commands, button, status);
    this.#root.replaceChildren(box);
  }

  #say(word) {
    if (!this.#root.querySelector('[part=status]')) this.#poster();
    this.#root.querySelector('[part=status]')?.replaceChildren(word);
  }

  // What went wrong is shown and told as an event.
  #go() { this.start().catch(() => {}); }

  /** Loads the program, if nobody has, and draws this element. */
  start() {
    seen.unobserve(this);
    return (this.#starting ??= this.#start());
  }

  async #start() {
    if (!this.#root.querySelector('.lg-root')) this.#say(this.#words[1]);
    try {
      const { play } = await import(at('embed-player.js'));
      const player = await play(this, this.#root, this.#kept);
      if (!this.isConnected) player.stop();
      else return (this.#player = player);
    } catch (why) {
      this.#say(`${this.#words[why instanceof WebAssembly.RuntimeError ? 3 : 2]} ${why.message}`);
      this.fire('error', { message: why.message });
      this.#starting = undefined;
      throw why;
    }
    this.#starting = undefined;
    throw new Error('the element was taken away');
  }

  #stop(keep) {
    this.#kept = keep ? this.#player?.state : undefined;
    this.#player?.stop();
    this.#player = this.#starting = undefined;
    this.#root.replaceChildren();
  }

  #again() {
    this.#stop();
    this.#poster();
    this.#go();
  }

  /** The program has broken down. A new one goes on from `kept`; if that happens again and again, it waits for the reader. */
  revive(kept, why) {
    this.#player = this.#starting = undefined;
    this.fire('error', { message: why.message });
    this.revived = ++this.#falls <= 3;
    this.#kept = this.revived ? kept : undefined;
    if (!this.revived) this.#say(this.#words[3]);
    else if (this.isConnected) this.#go();
  }

  follow() { this.#player?.follow(); }
  fire(name, detail) { this.dispatchEvent(new CustomEvent(`layerglass:${name}`, { detail, bubbles: true, composed: true })); }
  get state() { return this.#player?.state; }

  /** Starts over with `{ scenario }` (an id), `{ state }`, `{ commands }`, or the text of a scenario. */
  async load(what) {
    const { scenario, state, commands } = typeof what === 'string' ? { state: `scenario=${encodeURIComponent(what)}` } : what;
    this.#stop();
    this.#poster();
    this.#kept = state ?? (commands === undefined ? `lab=${encodeURIComponent(scenario)}` : `run=${encodeURIComponent(commands)}`);
    await this.start();
  }
}
for (const name of ['run', 'goto', 'undo', 'export']) {
  LayerGlass.prototype[name] = async function (...it) { return (await this.start())[name](...it); };
}

/** Three sheets, one over the other. */
function sheets() {
  const make = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  };
  const svg = make('svg', { viewBox: '0 0 300 150', width: 150, 'aria-hidden': true });
  svg.style.float = 'right';
  [['#0072B2', 92], ['#E69F00', 52], ['#009E73', 12]].forEach(([fill, y]) => {
    svg.append(make('path', { d: `M70 ${y}h220l-60 50H10z`, fill, stroke: fill, 'fill-opacity': 0.3 }));
  });
  return svg;
}

if (!customElements.get('layer-glass')) {
  customElements.define('layer-glass', LayerGlass);
  document.body ? watch() : addEventListener('DOMContentLoaded', watch);
}
