#!/usr/bin/env node
// Runs the command with the project's own Node 24, whatever Node the machine has: only that loads TypeScript.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const { optionalDependencies } = require('../package.json');

// Where install scripts are switched off, an npm before 11 links no program of a package that is a Node.
const own = ['.bin/node', ...Object.keys(optionalDependencies).map((name) => `${name}/bin/node`)]
  .map((path) => join(__dirname, '..', 'node_modules', path))
  .find((path) => existsSync(path));
// What was compiled once need not be again: half of what a short command takes. Where it cannot be written, Node goes on without.
const COMPILE_CACHE = join(__dirname, '..', 'node_modules', '.cache', 'breakaway');
// The first releases of Node 24 call it experimental to load TypeScript.
const QUIET = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'];
const isNew = Number(process.versions.node.split('.')[0]) >= 24;

if (!isNew && own === undefined) {
  console.error(`This takes Node 24, and is ${process.version}: run npm ci first, or install Node 24`);
  process.exit(1);
}

// Ctrl-C reaches the command as well, which ends what it has begun: its exit code is waited for.
process.on('SIGINT', () => undefined);

const { status, signal, error } = spawnSync(
  isNew ? process.execPath : own,
  [...QUIET, join(__dirname, 'breakaway.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env } },
);
if (error) throw error;
if (signal) process.kill(process.pid, signal);
process.exit(status);
