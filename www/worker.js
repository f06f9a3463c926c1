// The machine's Worker: loads the page's own program, which sees that it has no window and serves.
const waiting = [];
self.onmessage = async (first) => {
  const [script, wasm] = first.data;
  self.onmessage = (event) => waiting.push(event);
  const hold = self.onmessage;
  try {
    const program = await import(script);
    await program.default({ module_or_path: wasm });
    if (self.onmessage === hold) throw new Error('the machine did not start');
  } catch (why) {
    // Only an error outside a promise reaches the page.
    setTimeout(() => { throw why; });
    return;
  }
  for (const event of waiting) self.onmessage(event);
};
