#!/usr/bin/env node
// Runs the command with the project's own Node 24, whatever Node the machine has: only that loads TypeScript.
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const own = join(__dirname, '..', 'node_modules', '.bin', 'node');
// What was compiled once need not be again: half of what a short command takes. Where it cannot be written, Node goes on without.
const COMPILE_CACHE = join(__dirname, '..', 'node_modules', '.cache', 'breakaway');
const isNew = Number(process.versions.node.split('.')[0]) >= 24;

if (!isNew && !existsSync(own)) {
  console.error(`This takes Node 24, and is ${process.version}: run npm ci first, or install Node 24`);
  process.exit(1);
}

// Ctrl-C reaches the command as well, which ends what it has begun: its exit code is waited for.
process.on('SIGINT', () => undefined);

const { status, signal, error } = spawnSync(
  isNew ? process.execPath : own,
  ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', join(__dirname, 'breakaway.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env } },
);
if (error) throw error;
if (signal) process.kill(process.pid, signal);
process.exit(status);
