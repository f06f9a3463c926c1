// For pages with <iframe src=".../embed.html#…">: each frame gets the height that it asks for.
addEventListener('message', ({ data, source }) => {
  if (data?.source !== 'layer-glass' || data.v !== 1 || data.type !== 'resize') return;
  for (const frame of document.querySelectorAll('iframe')) {
    if (frame.contentWindow === source) frame.style.height = `${Math.min(Math.max(Number(data.height) || 0, 80), 4000)}px`;
  }
});
