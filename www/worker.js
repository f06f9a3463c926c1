// The machine's Worker: gets the program's address and the compiled module from the page, so that
// nothing is fetched twice.
const waiting = [];
let give = (data) => waiting.push(data);
self.onmessage = async ({ data }) => {
  if (!Array.isArray(data)) {
    give(data);
    return;
  }
  try {
    const [script, module] = data;
    const program = await import(script);
    await program.default({ module_or_path: module });
    give = program.serve((bytes) => postMessage(bytes));
    for (const early of waiting) give(early);
    // What a machine does not begin with. If it is needed before it is there, the machine fetches it itself.
    program.rest?.().catch(() => {});
  } catch (why) {
    // Only an error outside a promise reaches the page.
    setTimeout(() => { throw why; });
  }
};
