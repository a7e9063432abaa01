#!/usr/bin/env node
// Runs the command line on Node 24, which loads TypeScript: that of the machine or of the project.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const { optionalDependencies } = require('../package.json');

// npm before 11 does not link the program of a package where install scripts are switched off.
const own = ['.bin/node', ...Object.keys(optionalDependencies).map((name) => `${name}/bin/node`)]
  .map((path) => join(__dirname, '..', 'node_modules', path))
  .find((path) => existsSync(path));
// Node keeps compiled code here, which halves the time of a short command. It ignores a folder that
// it cannot write.
const COMPILE_CACHE = join(__dirname, '..', 'node_modules', '.cache', 'breakaway');
// The first releases of Node 24 warn that loading TypeScript is experimental.
const QUIET = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--disable-warning=ExperimentalWarning'];
const isNew = Number(process.versions.node.split('.')[0]) >= 24;

if (!isNew && own === undefined) {
  console.error(`Breakaway needs Node 24, and this is ${process.version}: run npm ci first, or install Node 24`);
  process.exit(1);
}

// Ctrl-C also reaches the command, which finishes its current step: its exit code is waited for.
process.on('SIGINT', () => undefined);

const { status, signal, error } = spawnSync(
  isNew ? process.execPath : own,
  [...QUIET, join(__dirname, 'breakaway.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env } },
);
if (error) throw error;
if (signal) process.kill(process.pid, signal);
process.exit(status);
