// The second step of <layer-glass>: fetches the program, once for all elements of a page, and stands between
// an element and its machine.
const at = (name) => new URL(name, import.meta.url).href;

/** The module; where the page may load scripts from here and nothing else, it comes as one. */
async function module(name, inline) {
  try {
    const answer = await fetch(at(name));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer;
  } catch (why) {
    if (!inline) throw why;
    return (await import(at(inline))).module();
  }
}

let program;
async function load() {
  const glue = await import(at('embed.js'));
  await glue.default({ module_or_path: await module('embed_bg.wasm', 'embed-inline.js') });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(glue.style());
  return { glue, sheet };
}

let full; // the module with all commands
async function loadFull() {
  const glue = await import(at('machine-full.js'));
  await glue.default({ module_or_path: await module('machine-full_bg.wasm') });
  return glue;
}

/** A machine with all commands: `{ post, stop }`, as `www/src/boot.rs` knows it. */
function bigMachine(tell, broke) {
  const waiting = [];
  let give = (data) => waiting.push(data);
  full ??= loadFull();
  full.then((glue) => {
    give = glue.serve(tell);
    waiting.forEach((it) => give(it));
  }).catch(() => { full = undefined; broke(); });
  return { post: (data) => give(data), stop() { give = () => {}; } };
}

/** The text of a built-in scenario; imported, since a page may forbid to fetch. */
async function builtIn(id) {
  try {
    return (await import(at(`scenarios/${encodeURIComponent(id)}.js`))).default;
  } catch {
    throw new Error(`there is no scenario "${id}"`);
  }
}

/** What the element begins with. */
async function source(element, kept) {
  const state = kept ?? element.getAttribute('state');
  if (state) {
    const payload = await (await import(at('pack.js'))).unpack(state.replace(/^.*#/s, ''));
    const id = new URLSearchParams(payload).get('lab');
    return { state: payload, ...(id && { lab_id: id, scenario: await builtIn(id) }) };
  }
  const id = element.getAttribute('scenario');
  if (id) return { lab_id: id, scenario: await builtIn(id) };
  const src = element.getAttribute('src');
  if (!src) return {};
  const answer = await fetch(new URL(src, document.baseURI));
  if (!answer.ok) throw new Error(`${src}: ${answer.status}`);
  const text = await answer.text();
  return /^layerglass:/m.test(text) ? { scenario: text } : { commands: text };
}

/** Draws an element into its root. Resolves with its player once the first picture is there. */
export async function play(element, root, kept) {
  program ??= load();
  program.catch(() => { program = undefined; });
  const [{ glue, sheet }, begin] = await Promise.all([program, source(element, kept)]);
  root.adoptedStyleSheets = [sheet];
  return new Promise((resolve, reject) => { new Player(glue, element, root, begin, resolve, reject); });
}

class Player {
  #element;
  #root;
  #embed;
  #begin;
  #ready;
  #failed;
  #waiting = new Map();
  #outputs = new Map();

  constructor(glue, element, root, begin, ready, failed) {
    [this.#element, this.#root, this.#begin, this.#ready, this.#failed] = [element, root, begin, ready, failed];
    const div = document.createElement('div');
    div.setAttribute('part', 'root');
    div.style.height = '100%';
    // The poster stays until the first picture is there; the place has its size already.
    Object.assign(div.style, { position: 'absolute', inset: 0, visibility: 'hidden' });
    root.append(div);
    this.#embed = new glue.Embed(div, this.#options(element.options()), (...it) => this.#hear(...it), bigMachine);
  }

  #options(options) { return JSON.stringify({ ...options, ...this.#begin }); }

  #hear(kind, id, detail) {
    const waits = this.#waiting.get(id);
    if (kind === 'ready') {
      const div = this.#root.lastElementChild;
      if (!div.style.visibility) return;
      div.style.cssText = 'height:100%';
      this.#root.replaceChildren(div);
      this.#ready(this);
      this.#element.fire('ready', detail);
      this.#element.fire('resize', { height: this.#element.offsetHeight });
    } else if (kind === 'failed') {
      // Not from inside the program's own turn.
      setTimeout(() => { this.stop(); this.#failed(new Error(detail)); });
    } else if (kind === 'output') {
      if (waits) this.#outputs.set(id, (this.#outputs.get(id) ?? '') + detail);
      else this.#outputs.set(id, ((this.#outputs.get(id) ?? '') + detail).slice(-100_000));
    } else if (kind === 'step') {
      detail.output = this.#outputs.get(id) ?? '';
      this.#outputs.delete(id);
      if (waits) waits.value = detail;
      this.#element.fire('step', detail);
    } else if (kind === 'script' || kind === 'picture') {
      if (waits) waits.value = detail;
    } else if (kind === 'end') {
      this.#outputs.delete(id);
      this.#waiting.delete(id);
      // Once it is drawn, so that `state` and `undo` see it.
      setTimeout(() => waits?.resolve(waits.value));
    } else {
      if (kind === 'error' && waits) { this.#waiting.delete(id); waits.reject(new Error(detail.message)); }
      this.#element.fire(kind, detail);
    }
  }

  #ask(id) { return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject })); }

  /** Runs a command line; its step, with `output`. */
  run(line) { return this.#ask(this.#embed.run(String(line))); }
  /** To just after step `n`. */
  goto(n) { return this.#ask(this.#embed.goto(Math.max(0, Math.floor(Number(n)) || 0))); }
  undo() { return this.goto(this.#embed.at - 1); }
  set(options) { this.#embed.set(this.#options(options)); }
  /** The payload of a link to this moment. */
  get state() { return this.#embed.share(); }

  /** `link`, `svg`, `script` (bash for a real system), or `state` (the payload of a link). */
  async export(what = 'link') {
    if (what === 'state') return this.state;
    if (what === 'script') return this.#ask(this.#embed.script());
    const link = `${at('./')}#${await (await import(at('pack.js'))).pack(this.state)}`;
    if (what === 'link') return link;
    if (what !== 'svg') throw new Error(`export: no form "${what}"; there are link, svg, script and state`);
    const title = this.#element.getAttribute('title') ?? 'Layerglass';
    return this.#ask(this.#embed.picture(title, /^zh/i.test(this.#element.language), link));
  }

  stop() {
    this.#embed?.free();
    this.#embed = undefined;
    this.#waiting.forEach(({ reject }) => reject(new Error('the element was taken away')));
    this.#waiting.clear();
  }
}
