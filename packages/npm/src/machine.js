// The class `Machine`: promises and events around the engine, which works in slices. What is said of
// its methods stands in engine.d.ts.

/** Milliseconds of work before the host's other tasks get their turn. */
const TURN = 8;
/** Ends of input that a command gets when nobody listens to `waiting`; then it is interrupted. */
const ENDS_MAX = 100;
const EVENTS = ['output', 'step', 'view', 'goal', 'waiting', 'edit', 'error'];

/** An error as Linux would give it, with the rule of OverlayFS behind it. */
export class LayerglassError extends Error {
  constructor({ code, number, message, rule = null, trace = [] }) {
    super(message);
    this.name = 'LayerglassError';
    Object.assign(this, { code, number, rule, trace });
  }
}

const invalid = (message) => new LayerglassError({ code: 'EINVAL', number: 22, message });

/** The engine throws text. */
function thrown(why) {
  if (typeof why !== 'string') return why;
  return new LayerglassError(JSON.parse(why));
}

function call(work) {
  try {
    return work();
  } catch (why) {
    throw thrown(why);
  }
}

const pause = () => new Promise((go) => { setTimeout(go); });

/** A number of steps. */
function count(n, what) {
  if (!Number.isInteger(n) || n < 0) throw invalid(`${what}: ${n} is no number of steps`);
  return n;
}

/** The class for one way of loading the module. */
export function define(load, lesson) {
  const key = Symbol('created by Machine.create');

  /** The state that a link describes; a built-in scenario is fetched from the package. */
  async function opened(Engine, link) {
    const { lab, kept } = call(() => JSON.parse(Engine.open(link)));
    if (lab === null) return kept;
    if (!/^[\w-]+$/.test(lab)) throw invalid(`${lab} is no name of a scenario`);
    const scenario = await lesson(lab).catch((why) => {
      throw invalid(`the link's scenario ${lab} is not in this package: ${why.message}`);
    });
    return { ...kept, scenario };
  }

  return class Machine {
    #engine;
    #Engine;
    #listeners = new Map(EVENTS.map((name) => [name, new Set()]));
    #tail = Promise.resolve();
    #wake = null;
    #editing = null;
    #pending = [];
    /** Which recording a step's number means: a step that was replaced is another one. */
    #marks = new Map();

    constructor(inside, Engine, engine) {
      if (inside !== key) throw new TypeError('use `await Machine.create(options)`: the engine has to be loaded first');
      this.#Engine = Engine;
      this.#engine = engine;
    }

    static async create({ commands, wasm, link, ...options } = {}) {
      const Engine = await load(wasm);
      if (link !== undefined) {
        if (options.state || options.scenario) throw invalid('`link` does not go together with `state` or `scenario`: the link says it');
        options.state = await opened(Engine, String(link));
      }
      const engine = call(() => new Engine(JSON.stringify(options)));
      const machine = new Machine(key, Engine, engine);
      try {
        await machine.#drive({});
      } catch (why) {
        machine.free();
        throw why;
      }
      if (commands !== undefined) machine.queue(commands);
      return machine;
    }

    get #live() {
      if (!this.#engine) throw new LayerglassError({ code: 'ENODEV', number: 19, message: 'this machine was freed' });
      return this.#engine;
    }

    /** One request after the other. */
    #next(work) {
      const done = this.#tail.then(work);
      this.#tail = done.catch(() => {});
      return done;
    }

    #emit(name, value) {
      for (const listener of [...this.#listeners.get(name)]) listener(value);
    }

    #hears(name) {
      return this.#listeners.get(name).size > 0;
    }

    #step(record) {
      const mark = {};
      this.#marks.set(record.n, mark);
      const replaced = () => invalid(`step ${record.n} was undone and replaced by another one`);
      const trace = () => {
        if (this.#marks.get(record.n) !== mark) throw replaced();
        return call(() => JSON.parse(this.#live.traceOf(record.n)));
      };
      let kept;
      return Object.defineProperty({ ...record }, 'trace', { enumerable: true, get: () => (kept ??= trace()) });
    }

    /** Works until the request is done; the step it recorded, if it is one. */
    async #drive({ stdin, signal }) {
      let step = null;
      let failure = null;
      let input = stdin;
      let ends = 0;
      const stop = () => this.interrupt();
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      try {
        for (let since = performance.now(); ;) {
          const { events, state, unread } = JSON.parse(this.#live.slice());
          for (const event of events) {
            if (event.type === 'step') step = this.#step(event.step);
            if (event.type === 'failed') failure = new LayerglassError(event.failure);
            if (event.type === 'edit') this.#editing = event;
            this.#tell(event, step, failure);
          }
          if (state === 'idle') break;
          if (state === 'waiting') {
            if (input !== undefined) {
              this.#live.input(String(input));
              input = undefined;
            } else if (this.#hears(this.#editing ? 'edit' : 'waiting')) {
              await new Promise((go) => { this.#wake = go; });
            } else {
              this.#end(ends++, unread);
            }
          }
          if (performance.now() - since > TURN) {
            await pause();
            since = performance.now();
          }
        }
      } finally {
        signal?.removeEventListener('abort', stop);
        this.#editing = null;
      }
      if (failure) throw failure;
      return step;
    }

    /** Nobody answers: what runs gets the end of its input, or an interrupt if it does not read it. */
    #end(tries, unread) {
      if (this.#editing || unread || tries >= ENDS_MAX) this.interrupt();
      else this.#live.endInput();
      if (tries > ENDS_MAX + 3) {
        throw new LayerglassError({ code: 'EDEADLK', number: 35, message: 'the command waits for something that never comes' });
      }
    }

    #tell(event, step, failure) {
      switch (event.type) {
        case 'output': return this.#emit('output', { stream: event.stream, text: event.text });
        case 'step': return this.#emit('step', step);
        case 'view': return this.#emit('view', event.view);
        case 'goal': return this.#emit('goal', { step: event.step, met: event.met });
        case 'waiting': return this.#emit('waiting', { prompt: event.prompt });
        case 'edit': return this.#emit('edit', { path: event.path, editor: event.editor, text: event.text });
        default: return this.#emit('error', failure);
      }
    }

    #give(how) {
      how(this.#live);
      const wake = this.#wake;
      this.#wake = null;
      wake?.();
    }

    run(cmd, options = {}) {
      if (typeof cmd !== 'string' || cmd.includes('\0')) {
        return Promise.reject(invalid('a command is a text without NUL'));
      }
      return this.#next(() => {
        call(() => this.#live.run(cmd));
        return this.#drive(options);
      });
    }

    queue(script) {
      this.#pending.push(...call(() => JSON.parse(this.#Engine.commands(String(script)))));
    }

    get pending() {
      return [...this.#pending];
    }

    async step(options) {
      const next = this.#pending.shift();
      return next === undefined ? null : this.run(next, options);
    }

    async continue(options) {
      const steps = [];
      while (this.#pending.length > 0) steps.push(await this.step(options));
      return steps;
    }

    input(text) {
      this.#give((engine) => engine.input(String(text)));
    }

    endInput() {
      this.#give((engine) => engine.endInput());
    }

    interrupt() {
      this.#editing = null;
      this.#give((engine) => engine.interrupt());
    }

    save(text) {
      const open = this.#editing;
      if (!open) throw invalid('no editor is open');
      this.#editing = null;
      this.#give((engine) => engine.save(open.path, open.editor, String(text)));
    }

    goto(n) {
      return this.#next(async () => {
        call(() => this.#live.goto(count(n, 'goto')));
        await this.#drive({});
        return this.view();
      });
    }

    undo(steps = 1) {
      return this.#move(-count(steps, 'undo'));
    }

    redo(steps = 1) {
      return this.#move(count(steps, 'redo'));
    }

    /** From where the machine stands when its turn comes. */
    #move(by) {
      return this.#next(async () => {
        const n = Math.min(Math.max(this.at + by, 0), this.length);
        call(() => this.#live.goto(n));
        await this.#drive({});
        return this.view();
      });
    }

    get at() {
      return this.#live.at();
    }

    get length() {
      return this.#live.len();
    }

    view() {
      return JSON.parse(this.#live.view());
    }

    trace(path) {
      return this.#next(() => call(() => JSON.parse(this.#live.trace(String(path)))));
    }

    inspect(path) {
      return this.#next(() => call(() => JSON.parse(this.#live.inspect(String(path)))));
    }

    diff(from, to, mount) {
      return this.#next(() => call(() => JSON.parse(this.#live.diff(count(from, 'diff'), count(to, 'diff'), mount))));
    }

    script() {
      return this.#next(() => call(() => this.#live.script()));
    }

    readFile(path) {
      return this.#next(() => call(() => this.#live.read(String(path))));
    }

    async readText(path) {
      return new TextDecoder().decode(await this.readFile(path));
    }

    async writeFile(path, data) {
      const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
      const line = call(() => this.#Engine.writeLine(String(path), bytes));
      const step = await this.run(line);
      if (step?.status === 0) return step;
      throw thrown(call(() => this.#live.failureOf(step.n, String(path))));
    }

    permalink(page = '') {
      const url = String(page).split('#')[0];
      return `${url}#${this.#live.link()}`;
    }

    export() {
      return JSON.parse(this.#live.kept());
    }

    on(name, listener) {
      const all = this.#listeners.get(name);
      if (!all) throw invalid(`there is no event ${name}; there are ${EVENTS.join(', ')}`);
      all.add(listener);
      return () => { all.delete(listener); };
    }

    free() {
      this.#engine?.free();
      this.#engine = null;
      this.#wake?.();
    }

    [Symbol.dispose ?? Symbol('dispose')]() {
      this.free();
    }
  };
}
