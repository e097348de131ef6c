#!/usr/bin/env node
// The first thing that runs on a fresh clone, hence plain JavaScript and node: imports only.
// Installs what is missing, builds what changed, then hands over:
//   run.mjs [cluster options]      the main job (src/admin/main.ts, `cluster`)
//   run.mjs COMMAND …              any other command of `zkafka`
//   run.mjs test | interop | bench NAME | build
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const modules = path.join(root, 'node_modules');
const entries = { zkafka: 'src/admin/main.ts', broker: 'src/server/main.ts', zookeeper: 'zk/server/main.ts' };

/** Runs a program of node to its end. @returns its exit code */
function run(args, { quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const kept = [];
    child.stdout?.on('data', (chunk) => kept.push(chunk));
    child.stderr?.on('data', (chunk) => kept.push(chunk));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(Buffer.concat(kept));
      resolve(code ?? (signal === null ? 1 : 130));
    });
  });
}

/** npm's own program: known when npm started us, else the one beside node. */
function npmProgram() {
  const known = process.env.npm_execpath;
  if (known !== undefined && /npm-cli\.c?js$/.test(known)) return known;
  const prefix = path.dirname(path.dirname(process.execPath));
  const candidates = [
    path.join(prefix, 'lib/node_modules/npm/bin/npm-cli.js'),
    path.join(prefix, 'share/nodejs/npm/bin/npm-cli.js'),
    path.join(path.dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  return candidates.find((candidate) => existsSync(candidate));
}

async function install() {
  const stamp = path.join(modules, '.zkafka-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const npm = npmProgram();
  if (npm === undefined) fail('npm was not found beside node: run "npm ci" in this folder, then try again');
  const began = Date.now();
  process.stderr.write('zkafka: installing packages (once) …\n');
  const code = await run([npm, 'ci', '--no-audit', '--no-fund'], { quiet: !process.stderr.isTTY });
  if (code !== 0) fail('installing packages failed');
  writeFileSync(stamp, wanted);
  process.stderr.write(`zkafka: packages installed in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

/** The newest change below the folders that are built, ms. */
function newestSource() {
  let newest = statSync(path.join(root, 'package-lock.json')).mtimeMs;
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) walk(full);
      else if (/\.(ts|mjs)$/.test(entry.name)) newest = Math.max(newest, statSync(full).mtimeMs);
    }
  };
  for (const folder of ['src', 'zk', 'config']) walk(path.join(root, folder));
  return newest;
}

async function build() {
  const stamp = path.join(dist, '.built');
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newestSource()) return;
  const began = Date.now();
  const esbuild = await import('esbuild');
  mkdirSync(dist, { recursive: true }); // what is there stays: a process that runs may yet import parts of it
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: dist,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  writeFileSync(stamp, '');
  process.stderr.write(`zkafka: built in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
}

function fail(message) {
  process.stderr.write(`zkafka: ${message}\n`);
  process.exit(1);
}

const bin = (name) => path.join(modules, name);

/** Types, lint, format, imports, tests: all of them run, and one failure fails the whole. */
async function test(args) {
  await build();
  const only = args.length > 0;
  const steps = [
    ['types', bin('typescript/bin/tsc'), '-p', '.', '--noEmit'],
    ['lint', bin('eslint/bin/eslint.js'), '-c', '.eslint.config.js', 'src', 'zk', 'config', 'test'],
    ['format', bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
    [
      'imports',
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      'src',
      'zk',
      'config',
      '--config',
      '.dependency-cruiser.cjs',
    ],
  ];
  const failed = [];
  if (!only) {
    for (const [name, ...command] of steps) {
      process.stderr.write(`zkafka: ${name} …\n`);
      if ((await run(command)) !== 0) failed.push(name);
    }
  }
  process.stderr.write('zkafka: tests …\n');
  const specs = only ? ['--no-config', '--import=tsx', '--timeout', '20000', ...args] : [];
  if ((await run([bin('mocha/bin/mocha.js'), ...specs])) !== 0) failed.push('tests');
  if (failed.length > 0) fail(`failed: ${failed.join(', ')}`);
}

/** Suites beside real Apache Kafka and ZooKeeper: their jars come by Maven, the first time. */
async function interop(args) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const missing = ['java', 'mvn', 'kcat'].filter((name) => !folders.some((dir) => existsSync(path.join(dir, name))));
  if (missing.length > 0) fail(`interop needs Java, Maven and kcat; not found: ${missing.join(', ')}`);
  await build();
  const specs = args.length > 0 ? args : ['test/interop/**/*.interop.ts'];
  const options = ['--no-config', '--import=tsx', '--timeout', '300000', '--forbid-only', '--reporter', 'spec'];
  process.exitCode = await run([bin('mocha/bin/mocha.js'), ...options, ...specs]);
}

async function bench([name, ...args]) {
  const folder = path.join(root, 'test/bench');
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.bench.ts'))
    .map((file) => file.slice(0, -'.bench.ts'.length));
  if (name === undefined || !names.includes(name)) fail(`bench NAME, one of: ${names.join(', ')}`);
  await build();
  process.exitCode = await run(['--import', 'tsx', path.join(folder, `${name}.bench.ts`), ...args]);
}

if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node.js 20 or newer is needed, this is ${process.version}`);
process.env.UV_THREADPOOL_SIZE ??= '16';
const [command, ...rest] = process.argv.slice(2);
await install();
if (command === 'test') await test(rest);
else if (command === 'interop') await interop(rest);
else if (command === 'bench') await bench(rest);
else {
  await build();
  if (command !== 'build') await import(pathToFileURL(path.join(dist, 'zkafka.mjs')).href);
}
