/**
 * Keeps what was packaged, by a hash of everything that it was made of, so that nothing is packaged
 * twice.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, rename, rm, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadConfiguration } from '../configuration/load.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Each takes 20 MB. */
const MOST_KEPT = 6;

/** The sources of the packages, besides the configuration. */
const SOURCES = ['bundle', 'configuration', 'functions', 'package-lock.json', 'serverless.yml', 'shared', 'template'];

const filesBelow = (path: string): string[] =>
  statSync(join(ROOT, path)).isDirectory()
    ? readdirSync(join(ROOT, path))
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/**
 * Hashes the sources, the compiled configuration, and the variables of the environment that
 * serverless.yml names.
 */
export const keyOf = async (configurationFile: string | undefined, ...more: readonly unknown[]): Promise<string> => {
  const { configuration } = await loadConfiguration(configurationFile);
  const variables = [...readFileSync(join(ROOT, 'serverless.yml'), 'utf8').matchAll(/\benv:(\w+)/g)];
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesBelow)) {
    hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  const values = variables.map(([, name = '']) => process.env[name]);
  return hash
    .update(JSON.stringify([process.version, configuration, values, more]))
    .digest('hex')
    .slice(0, 32);
};

const removeOldest = async (store: string): Promise<void> => {
  const folders = readdirSync(store).map((name) => join(store, name));
  const newestFirst = folders.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  await Promise.all(newestFirst.slice(MOST_KEPT).map((folder) => rm(folder, { recursive: true, force: true })));
};

/**
 * Copies what a store keeps under a key into a folder. What it does not keep yet is made first.
 *
 * @remarks The caller makes sure that no other process uses the store.
 */
export const copyKept = async (
  store: string,
  key: string,
  target: string,
  make: (folder: string) => Promise<void>,
): Promise<void> => {
  const kept = join(store, key);
  if (!existsSync(kept)) {
    await mkdir(store, { recursive: true });
    // A package that is half made is never taken for a whole one.
    const draft = join(store, 'draft');
    await make(draft);
    await rename(draft, kept);
  }
  await utimes(kept, new Date(), new Date());
  await rm(target, { recursive: true, force: true });
  await cp(kept, target, { recursive: true });
  await removeOldest(store);
};
