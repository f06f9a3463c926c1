// The headless engine in Node, which reads the module from its own folder.

import { readFile } from 'node:fs/promises';
import init, { Engine } from './layerglass.js';
import { define } from './machine.js';

export { LayerglassError } from './machine.js';

let loaded;

/** Loads the module once; again if that failed. */
function load(wasm) {
  const bytes = wasm ?? readFile(new URL('./layerglass_bg.wasm', import.meta.url));
  loaded ??= init({ module_or_path: bytes });
  return loaded.then(() => Engine, (why) => {
    loaded = undefined;
    throw why;
  });
}

/** The text of a scenario of the package. */
const lesson = (id) => readFile(new URL(`./scenarios/${id}.yaml`, import.meta.url), 'utf8');

export const Machine = define(load, lesson);
