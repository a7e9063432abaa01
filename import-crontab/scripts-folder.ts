/** Reads the folder of scripts beside a crontab. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Scripts, Skipped } from './script-finder.ts';
import { decodeText } from './text-encoding.ts';

/** A larger file is not a script. */
const MOST_SCRIPT_BYTES = 1_000_000;

const MOST_FILES = 20_000;

export type ScriptsFolder = {
  readonly scripts: Scripts;
  /** The encodings of the scripts that are not UTF-8, by path. */
  readonly encodings: ReadonlyMap<string, string>;
  /** The files that were not read, with the reason. */
  readonly skipped: readonly Skipped[];
};

type Reading = {
  readonly root: string;
  readonly scripts: Map<string, string>;
  readonly encodings: Map<string, string>;
  readonly skipped: Skipped[];
};

const readScript = async (file: string, path: string, reading: Reading): Promise<void> => {
  const { size } = await stat(file);
  if (size > MOST_SCRIPT_BYTES) {
    reading.skipped.push({ path, why: `it is larger than ${MOST_SCRIPT_BYTES / 1_000_000} MB` });
    return;
  }
  const decoded = decodeText(await readFile(file));
  if (decoded.kind === 'binary') {
    reading.skipped.push({ path, why: `it is ${decoded.what}` });
    return;
  }
  reading.scripts.set(path, decoded.text);
  if (decoded.encoding !== 'UTF-8') {
    reading.encodings.set(path, decoded.encoding);
  }
};

/** Finds what a link leads to; a link out of the folder is not followed. */
const targetOf = async (file: string, root: string): Promise<string | undefined> => {
  try {
    const target = await realpath(file);
    return target === root || target.startsWith(`${root}${sep}`) ? target : undefined;
  } catch {
    return undefined;
  }
};

const readFolder = async (
  folder: string,
  prefix: string,
  parents: readonly string[],
  reading: Reading,
): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = `${prefix}${entry.name}`;
    const file = join(folder, entry.name);
    const target = await targetOf(file, reading.root);
    const kind = target === undefined ? undefined : await stat(target);
    if (reading.scripts.size + reading.skipped.length >= MOST_FILES) {
      return;
    }
    if (target === undefined || kind === undefined) {
      reading.skipped.push({ path, why: 'it is a link out of the folder, or to nothing' });
    } else if (kind.isDirectory() && !parents.includes(target)) {
      await readFolder(file, `${path}/`, [...parents, target], reading);
    } else if (kind.isFile()) {
      await readScript(target, path, reading);
    }
  }
};

/** Reads all scripts below a folder. */
export const readScripts = async (folder: string | undefined): Promise<ScriptsFolder> => {
  if (folder === undefined) {
    return { scripts: new Map(), encodings: new Map(), skipped: [] };
  }
  const root = await realpath(folder);
  const reading: Reading = { root, scripts: new Map(), encodings: new Map(), skipped: [] };
  await readFolder(root, '', [root], reading);
  return reading;
};
