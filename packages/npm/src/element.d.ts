import type { StepInfo } from './types.js';

/** What an element begins with: a built-in scenario, a share link (or what stands after its `#`), or commands. */
export type ElementStart = { scenario: string } | { state: string } | { commands: string };

/** A step of an element's machine. */
export interface ElementStep extends StepInfo {
  /** What the command printed. */
  output: string;
}

/** Events of an element, which bubble and leave shadow roots. */
export interface LayerGlassEventMap {
  /** The first picture is there; `steps` that the author has prepared are done. */
  'layerglass:ready': CustomEvent<{ steps: number }>;
  /** A command has ended, the reader's too. */
  'layerglass:step': CustomEvent<ElementStep>;
  /** Checks of the goals of the lesson's task `step` (0 is the first). */
  'layerglass:goal': CustomEvent<{ step: number; met: boolean[] }>;
  /** Something could not be done, or the program broke down and is loaded anew. */
  'layerglass:error': CustomEvent<{ message: string }>;
  /** The element has its height, in pixels. */
  'layerglass:resize': CustomEvent<{ height: number }>;
}

/** `<layer-glass>`: importing this package defines it. */
export interface LayerGlassElement extends HTMLElement {
  /** Loads the program and draws the element now, seen or not. */
  start(): Promise<unknown>;
  /** Runs a command line; the step that it made, or nothing for a line without a command. */
  run(line: string): Promise<ElementStep | undefined>;
  /** To just after step `n`. */
  goto(n: number): Promise<void>;
  /** Takes back the last step. */
  undo(): Promise<void>;
  /** Starts over with something else; a text is that of a scenario file. */
  load(what: ElementStart | string): Promise<void>;
  /**
   * This state, in a form: `link` to the full lab (the default), `svg` picture with that link, `script` for bash on a
   * real system, `state` as in a link.
   */
  export(form?: 'link' | 'svg' | 'script' | 'state'): Promise<string>;
  /** What a share link to this state holds; `undefined` before the element has started. */
  readonly state: string | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'layer-glass': LayerGlassElement;
  }
  interface HTMLElementEventMap extends LayerGlassEventMap {}
}
