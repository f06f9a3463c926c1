import type {
  Failure, Inspection, Kept, Options, StepRecord, TraceReport, TraceStep, TreeDiff, View,
} from './types.js';

export type * from './types.js';

/** What a machine is made of. */
export interface CreateOptions extends Options {
  /** Commands to run one by one with `step()` and `continue()`. */
  commands?: string;
  /** A share link, or what stands after its `#`. Instead of all options that make a machine. */
  link?: string;
  /**
   * The WebAssembly module, where it does not lie beside the script: its address, bytes, or a compiled module.
   * Only the first machine of a page or process loads it.
   */
  wasm?: string | URL | Request | Response | BufferSource | WebAssembly.Module | Promise<Response | BufferSource>;
}

/** A command that has ended. */
export interface Step extends StepRecord {
  /**
   * What the engine did. Made when it is first asked for; throws `EINVAL` if the step was undone and replaced
   * by another one before that.
   */
  readonly trace: TraceStep[];
}

export interface RunOptions {
  /**
   * Text for standard input. When a command waits for more and nobody listens to `waiting`, it gets the end of its
   * input, and if it then still waits, an interrupt: a command cannot hang.
   */
  stdin?: string;
  /** Interrupts the command (Ctrl-C, status 130) when it is aborted: `AbortSignal.timeout(1000)`. */
  signal?: AbortSignal;
}

export interface Events {
  /** Output as it comes. */
  output: { stream: 'out' | 'err'; text: string };
  /** A command has ended. */
  step: Step;
  /** The picture has changed. */
  view: View;
  /** Checks of the goals of the lesson's task `step` (0 is the first). */
  goal: { step: number; met: boolean[] };
  /** What runs waits for a line of input: answer with `input()`, `endInput()` or `interrupt()`. */
  waiting: { prompt: string };
  /** A command wants an editor: answer with `save()` or `interrupt()`. Without a listener it is interrupted. */
  edit: { path: string; editor: string; text: string };
  /** A request was refused; its promise is rejected with the same error. */
  error: LayerglassError;
}

/** An error as Linux would give it. */
export class LayerglassError extends Error implements Failure {
  /** The name of the error number, such as `EXDEV`. */
  code: Failure['code'];
  /** The number itself, such as 18. */
  number: number;
  /** The rule of OverlayFS that said no, if one did: see docs/SEMANTICS.md. */
  rule: Failure['rule'];
  /** What the engine did until then. */
  trace: TraceStep[];
}

/** A simulated Linux machine. Several live side by side and share nothing. */
export class Machine {
  private constructor();
  /** A machine that is ready. Rejects with `EINVAL` and the reason if an option is wrong. */
  static create(options?: CreateOptions): Promise<Machine>;

  /**
   * Runs a command line in the machine's bash, after what was asked before. The answer is `null` for a command
   * about the journal itself, such as `undo`. A status other than 0 is no error.
   */
  run(cmd: string, options?: RunOptions): Promise<Step | null>;
  /** Puts the commands of a script in the queue of `step()` and `continue()`. */
  queue(script: string): void;
  /** What is in the queue. */
  readonly pending: string[];
  /** Runs the next command of the queue; `null` if there is none. */
  step(options?: RunOptions): Promise<Step | null>;
  /** Runs all that is in the queue. */
  continue(options?: RunOptions): Promise<(Step | null)[]>;

  /** Text for what reads standard input. */
  input(text: string): void;
  /** Ctrl-D. */
  endInput(): void;
  /** Ctrl-C. */
  interrupt(): void;
  /** Saves the text of the editor that is open, and closes it. */
  save(text: string): void;

  /** Takes back so many steps, but not the preparation. */
  undo(steps?: number): Promise<View>;
  redo(steps?: number): Promise<View>;
  /** To just after step `n`, but not before the end of the preparation. */
  goto(n: number): Promise<View>;
  /** Steps done, those of the preparation too. */
  readonly at: number;
  /** Steps that the journal knows, undone ones too. */
  readonly length: number;

  /** The picture now. */
  view(): View;
  /** How a lookup of this path goes, layer by layer. */
  trace(path: string): Promise<TraceReport>;
  /** Everything about one path. */
  inspect(path: string): Promise<Inspection>;
  /** What changed between two moments (after so many steps) in a mount, or in the newest one. */
  diff(from: number, to: number, mount?: string): Promise<TreeDiff>;
  /** The session so far as a script for bash on a real system. */
  script(): Promise<string>;

  /** The bytes of a file, without a trace in the machine. Rejects as `open` and `read` would. */
  readFile(path: string): Promise<Uint8Array>;
  /** The same as text. */
  readText(path: string): Promise<string>;
  /** Writes a file of at most 1 MiB, as a step that undo takes back. */
  writeFile(path: string, data: string | Uint8Array): Promise<Step>;

  /**
   * A share link to this machine: `#v1:…` behind the address of a page. `Machine.create({ link })` and the lab open it.
   */
  permalink(page?: string | URL): string;
  /** What restores this machine: `Machine.create({ state })`. Plain data of some hundred bytes. */
  export(): Kept;

  /** Calls `listener` from now on; the answer takes it away again. */
  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): () => void;
  /** Gives the memory back at once. A machine that is forgotten is freed in time by itself. */
  free(): void;
}
