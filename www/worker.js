// The machine's Worker: gets the program's address and the compiled module from the page, so that
// nothing is fetched twice.
const waiting = [];
let give = (data) => waiting.push(data);
// What a machine does not begin with comes when the page says so. If it is needed before it is there, the
// machine fetches it itself.
let started;
const program = new Promise((done) => { started = done; });
self.onmessage = async ({ data }) => {
  if (data === 'rest') {
    (await program).rest?.().catch(() => {});
    return;
  }
  if (!Array.isArray(data)) {
    give(data);
    return;
  }
  try {
    const [script, module] = data;
    const it = await import(script);
    await it.default({ module_or_path: module });
    give = it.serve((bytes) => postMessage(bytes));
    for (const early of waiting) give(early);
    started(it);
  } catch (why) {
    // Only an error outside a promise reaches the page.
    setTimeout(() => { throw why; });
  }
};
