/**
 * `<layer-glass>`: importing this defines the element. Its attributes are those of the page
 * https://github.com/layerglass/layerglass describes; its events bubble: `layerglass:ready`, `:step`, `:goal`,
 * `:error`, `:resize`.
 */
export interface LayerGlassElement extends HTMLElement {
  /** Loads the program and draws the element now, seen or not. */
  start(): Promise<unknown>;
  /** Runs a command line; the step that it made. */
  run(line: string): Promise<unknown>;
  /** To just after step `n`. */
  goto(n: number): Promise<unknown>;
  /** Takes back the last step. */
  undo(): Promise<unknown>;
  /** What a share link to this state holds; `undefined` before the element has started. */
  readonly state: string | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'layer-glass': LayerGlassElement;
  }
}
