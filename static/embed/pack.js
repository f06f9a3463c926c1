// Share links: a payload (see src/share.rs) as the letters after `#v1:`, and back. Browsers and Node pack
// by themselves; nothing else is needed to make or read a link.

/** Bytes of a link, and of the payload in it (src/limits.rs). */
export const LINK_MAX = 100_000;
export const TEXT_MAX = 1_000_000;

/** Why a link cannot be opened: `kind` is `version`, `letter`, `packed` or `long`. */
export class LinkError extends Error {
  constructor(kind, detail, message) {
    super(message);
    Object.assign(this, { name: 'LinkError', kind, detail });
  }
}

async function through(bytes, stream, max) {
  const parts = [];
  let size = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    size += value.length;
    if (size > max) {
      reader.cancel().catch(() => {});
      throw new LinkError('long', max, `the link holds more than ${max} bytes`);
    }
    parts.push(value);
  }
}

const SUM = /(^|&)sum=[0-9a-f]{16}$/;

/** FNV-1a of a text, as 16 digits: the last key of a payload, without which a damaged link could go unnoticed. */
function sum(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}

/** `v1:…` for a payload. */
export async function pack(payload) {
  const text = SUM.test(payload) ? payload : `${payload}${payload && '&'}sum=${sum(payload)}`;
  const bytes = new Uint8Array(await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'), LINK_MAX));
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `v1:${btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** The payload of what stands after the `#` of a link, in either form. */
export async function unpack(fragment) {
  if (fragment.length > LINK_MAX) throw new LinkError('long', LINK_MAX, `the link holds more than ${LINK_MAX} bytes`);
  const form = /^(v\d+):(.*)$/s.exec(fragment);
  if (!form) return fragment;
  if (form[1] !== 'v1') throw new LinkError('version', form[1], `the link is of version ${form[1]}, this program reads v1: reload the page, or open it with a newer one`);
  const letters = form[2].replace(/=+$/, '');
  const wrong = letters.search(/[^A-Za-z0-9_-]/);
  if (wrong >= 0) throw new LinkError('letter', wrong + 1, `the link is damaged at letter ${wrong + 1}: copy it again as a whole`);
  try {
    const bytes = Uint8Array.from(atob(letters.replaceAll('-', '+').replaceAll('_', '/')), (it) => it.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await through(bytes, new DecompressionStream('deflate-raw'), TEXT_MAX));
    if (SUM.test(text)) return text;
  } catch (why) {
    if (why instanceof LinkError) throw why;
  }
  throw new LinkError('packed', 0, 'a part of the link is missing or changed: copy it again as a whole');
}
