// Before all tests: serve the built site. After them: stop.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './server.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

export default async function setup() {
  const dist = process.env.LAYERGLASS_DIST || path.resolve(here, '../../../dist/app');
  if (!existsSync(path.join(dist, 'index.html'))) {
    throw new Error(`${dist} holds no site: run \`cargo xtask dist\` first`);
  }
  const site = await serve(dist);
  process.env.LAYERGLASS_URL = site.url;
  return site.close;
}
