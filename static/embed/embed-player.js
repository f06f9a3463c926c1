// The second step of <layer-glass>: fetches the program, once for all elements of a page, and stands between
// an element and its machine.
const at = (name) => new URL(name, import.meta.url).href;

/** A module; where the page may load scripts from here and nothing else, it comes as one. */
async function module(name, inline) {
  try {
    const answer = await fetch(at(name));
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer;
  } catch {
    return (await import(at(inline))).module();
  }
}

/** A program of the page: loaded when it is first needed, and anew after it has broken down. */
class Program {
  #script;
  #module;
  #made;

  constructor(script, module) { [this.#script, this.#module] = [script, module]; }

  /** What it exports; `fell` has calls for when it breaks down. */
  get() { return (this.#made ??= this.#make()); }

  async #make() {
    const fell = new Set();
    const isGone = () => { this.#made = undefined; };
    try {
      const { program } = await this.#script();
      const it = program(() => { isGone(); setTimeout(() => fell.forEach((call) => call())); });
      await it.start({ module_or_path: await this.#module() });
      return { ...it, fell };
    } catch (why) {
      isGone();
      throw why;
    }
  }
}

const small = new Program(() => import(at('embed.js')), () => module('embed_bg.wasm', 'embed-inline.js'));
const full = new Program(() => import(at('embed-full.js')), () => module('machine-full_bg.wasm', 'machine-full-inline.js'));

/** A machine with all commands: `{ post, stop }`, as `www/src/boot.rs` knows it. `lost`: it broke down. */
function bigMachine(tell, broke, lost) {
  let waiting = [];
  let give = (data) => waiting.push(data);
  let stop = () => { waiting = undefined; };
  full.get().then(({ serve, fell }) => {
    if (!waiting) return;
    fell.add(lost);
    stop = () => fell.delete(lost);
    const post = serve(tell);
    // When it breaks down in this call, the program that calls must not be torn as well.
    give = (data) => { try { post(data); } catch { /* `lost` is called */ } };
    waiting.forEach((it) => give(it));
  }).catch(() => broke());
  return {
    post: (data) => give(data),
    stop() { give(null); stop(); give = () => {}; },
  };
}

/** The text of a built-in scenario; imported, since a page may forbid to fetch. */
async function builtIn(id) {
  try {
    return (await import(at(`scenarios/${encodeURIComponent(id)}.js`))).default;
  } catch {
    throw new Error(`there is no scenario "${id}"`);
  }
}

/** The text of a block; some tools end its lines with `<br>`. */
function textOf(pre) {
  const copy = pre.cloneNode(true);
  copy.querySelectorAll('br').forEach((it) => it.replaceWith('\n'));
  return copy.textContent;
}

/** Text without the indent that it has in the page. */
function dedent(text) {
  const lines = text.replace(/\t/g, '    ').split('\n');
  const cut = Math.min(80, ...lines.filter((it) => it.trim()).map((it) => it.match(/^ */)[0].length));
  return lines.map((it) => it.slice(cut).trimEnd()).join('\n').replace(/^\n+|\n+$/g, '');
}

/** The commands in an element's body, or in the block that it is attached to. */
function commandsOf(element) {
  const body = dedent(element.textContent);
  if (body.trim() || element.getAttribute('attach') !== 'prev') return body;
  const blocks = [...element.getRootNode().querySelectorAll('pre')];
  const pre = element.from ?? blocks.findLast((it) => it.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
  return dedent(pre ? textOf(pre) : '').replace(/^[$#] /gm, '');
}

/** What an element's attributes ask for, as the program reads it. */
function optionsOf(element) {
  const get = (name) => element.getAttribute(name);
  const number = (name) => (get(name) && Number(get(name)) >= 0 ? Number(get(name)) : null);
  const controls = get('controls');
  return {
    commands: commandsOf(element), view: get('view') ?? '', path: get('path'),
    controls: ['step', 'none'].includes(controls) ? controls : 'full',
    readonly: element.hasAttribute('readonly'), autoplay: element.hasAttribute('autoplay'), compact: get('density') === 'compact',
    at: number('at') === null ? null : Math.floor(number('at')), speed: number('speed'),
    lang: element.language, theme: element.hostTheme, lab: at('./'), revived: element.revived,
  };
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
  const [program, begin] = await Promise.all([small.get(), source(element, kept)]);
  if (!program.sheet) (program.sheet = new CSSStyleSheet()).replaceSync(program.style());
  root.adoptedStyleSheets = [program.sheet];
  return new Promise((resolve, reject) => { new Player(program, element, root, begin, resolve, reject); });
}

class Player {
  #program;
  #element;
  #root;
  #embed;
  #begin;
  #ready;
  #failed;
  #last; // where it stood when it was last at rest
  #waiting = new Map();
  #outputs = new Map();

  constructor(program, element, root, begin, ready, failed) {
    [this.#program, this.#element, this.#root, this.#begin, this.#ready, this.#failed] = [program, element, root, begin, ready, failed];
    const div = document.createElement('div');
    div.setAttribute('part', 'root');
    div.style.height = '100%';
    // The poster stays until the first picture is there; the place has its size already.
    Object.assign(div.style, { position: 'absolute', inset: 0, visibility: 'hidden' });
    root.append(div);
    program.fell.add(this.#fell);
    this.#embed = new program.Embed(div, this.#options, (...it) => this.#hear(...it), (tell, broke) => bigMachine(tell, broke, this.#fell));
  }

  /** The program, or the machine with all commands, has broken down. */
  #fell = () => {
    const why = new WebAssembly.RuntimeError('the program broke down');
    this.stop(why);
    // Before the first picture: this element may be what broke it.
    if (this.#last === undefined) this.#failed(why);
    else this.#element.revive(this.#last, why);
  };

  get #options() { return JSON.stringify({ ...optionsOf(this.#element), ...this.#begin }); }

  #hear(kind, id, detail) {
    const waits = this.#waiting.get(id);
    if (kind === 'ready') {
      const div = this.#root.lastElementChild;
      if (!div.style.visibility) return;
      div.style.cssText = 'height:100%';
      this.#root.replaceChildren(div);
      this.#rest();
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
      setTimeout(() => { this.#rest(); waits?.resolve(waits.value); });
    } else {
      if (kind === 'error' && waits) { this.#waiting.delete(id); waits.reject(new Error(detail.message)); }
      this.#element.fire(kind, detail);
    }
  }

  #rest() { this.#last = this.#embed?.share() ?? this.#last; }
  #ask(id) { return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject })); }

  /** Runs a command line; its step, with `output`. */
  run(line) { return this.#ask(this.#embed.run(String(line))); }
  /** To just after step `n`. */
  goto(n) { return this.#ask(this.#embed.goto(Math.max(0, Math.floor(Number(n)) || 0))); }
  undo() { return this.goto(this.#embed.at - 1); }
  /** The attributes, or the page around, have changed. */
  follow() { this.#embed.set(this.#options); }
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

  stop(why = new Error('the element was taken away')) {
    this.#program.fell.delete(this.#fell);
    this.#embed?.free();
    this.#embed = undefined;
    this.#waiting.forEach(({ reject }) => reject(why));
    this.#waiting.clear();
  }
}
