// The headless engine in browsers and whatever else has `fetch`.

import init, { Engine } from './layerglass.js';
import { define } from './machine.js';

export { LayerglassError } from './machine.js';

let loaded;

/** Loads the module once; again if that failed. */
function load(wasm) {
  loaded ??= init({ module_or_path: wasm ?? new URL('./layerglass_bg.wasm', import.meta.url) });
  return loaded.then(() => Engine, (why) => {
    loaded = undefined;
    throw why;
  });
}

/** The text of a scenario of the package. */
async function lesson(id) {
  const answer = await fetch(new URL(`./scenarios/${id}.yaml`, import.meta.url));
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.text();
}

export const Machine = define(load, lesson);
