// The page inside an <iframe>: one element that fills it, and the messages between it and the page around.
//
//   in  { source: "layer-glass", v: 1, type: "run", line } · { type: "load", scenario | commands | state }
//       { type: "theme", theme } · { type: "lang", lang }
//   out { source: "layer-glass", v: 1, type: "ready" | "resize" | "step" | "goal" | "error", … }
//
// Only the page around is listened to. What is sent to it says no more than what the reader sees, so it
// goes wherever the frame is; a `step` carries output only once that page has spoken (`targetOrigin` is then its).
import './layer-glass.js';

const SOURCE = 'layer-glass';
const PASSED = ['view', 'controls', 'readonly', 'at', 'path', 'autoplay', 'speed', 'lang', 'theme', 'density'];
let peer; // origin of the page around, once it has spoken

const post = (type, more = {}, target = '*') => parent.postMessage({ source: SOURCE, v: 1, type, ...more }, target);

const fragment = location.hash.slice(1);
const isShort = /^v\d+:/.test(fragment);
const asked = new URLSearchParams(isShort ? '' : fragment);
const element = document.createElement('layer-glass');
element.setAttribute('start', 'eager');
for (const name of PASSED) if (asked.has(name)) element.setAttribute(name, asked.get(name));
if (asked.has('src')) element.setAttribute('src', asked.get('src'));
else if (isShort || ['lab', 'scenario', 'run'].some((it) => asked.has(it))) element.setAttribute('state', fragment);
if (asked.get('lang')) document.documentElement.lang = asked.get('lang');

const height = () => Math.ceil(Number(asked.get('height')) || 440);
element.addEventListener('layerglass:ready', ({ detail }) => { post('ready', detail); post('resize', { height: height() }); });
element.addEventListener('layerglass:step', ({ detail }) => {
  const { line, status, output } = detail;
  if (peer && peer !== 'null') post('step', { line, status, output }, peer);
  else post('step', { line, status });
});
element.addEventListener('layerglass:goal', ({ detail }) => post('goal', detail));
element.addEventListener('layerglass:error', ({ detail }) => post('error', { message: detail.message }));

addEventListener('message', ({ data, origin, source }) => {
  if (source !== parent || source === window || data?.source !== SOURCE || data.v !== 1) return;
  peer = origin;
  const failed = (why) => post('error', { message: why.message });
  if (data.type === 'run' && typeof data.line === 'string') element.run(data.line).catch(failed);
  else if (data.type === 'theme' && typeof data.theme === 'string') element.setAttribute('theme', data.theme);
  else if (data.type === 'lang' && typeof data.lang === 'string') element.setAttribute('lang', data.lang);
  else if (data.type === 'load') element.load(data).catch(failed);
});
document.body.append(element);
