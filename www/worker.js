// The machine's Worker: gets the compiled module from the page, so that nothing is fetched twice.
import init, { serve } from './machine.js';

const waiting = [];
let give = (data) => waiting.push(data);
self.onmessage = async ({ data }) => {
  if (!(data instanceof WebAssembly.Module)) {
    give(data);
    return;
  }
  try {
    await init({ module_or_path: data });
    give = serve((bytes) => postMessage(bytes));
    for (const early of waiting) give(early);
  } catch (why) {
    // Only an error outside a promise reaches the page.
    setTimeout(() => { throw why; });
  }
};
