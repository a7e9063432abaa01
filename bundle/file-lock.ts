/**
 * A lock between processes: a file that names the process which holds it. A lock of a dead process
 * counts for nothing.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 200;

/** Reads which process owns a file; `undefined` when the file does not exist or cannot be read. */
export const readOwner = (file: string): ProcessIdentity | undefined => {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof owner === 'object' &&
      owner !== null &&
      'pid' in owner &&
      typeof owner.pid === 'number' &&
      'startedAt' in owner &&
      typeof owner.startedAt === 'string'
      ? { pid: owner.pid, startedAt: owner.startedAt }
      : undefined;
  } catch {
    return undefined;
  }
};

/** Writes a file that names this process as its owner, in one step, unless the file exists. */
const claim = (file: string): boolean => {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(identify(process.pid)));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Removes a lock whose holder has ended. */
const breakLock = (file: string): void => {
  const broken = `${file}.${process.pid}.broken`;
  try {
    renameSync(file, broken);
  } catch {
    return;
  }
  const owner = readOwner(broken);
  if (owner !== undefined && isRunning(owner)) {
    // Another process was faster, and this is its new lock.
    renameSync(broken, file);
    return;
  }
  rmSync(broken, { force: true });
};

export type Lock =
  | {
      readonly kind: 'taken';
      /** Releases the lock, as does the exit of the process. */
      release(): void;
    }
  | { readonly kind: 'held'; readonly holder: ProcessIdentity };

/** Tells whether this process owns a file. */
export const isOwn = (file: string): boolean => {
  const owner = readOwner(file);
  return owner?.pid === process.pid && isRunning(owner);
};

/**
 * Takes a lock if no living process holds it, and holds it until it is released or this process
 * exits.
 */
export const takeLock = (file: string): Lock => {
  mkdirSync(dirname(file), { recursive: true });
  while (!claim(file)) {
    const holder = readOwner(file);
    if (holder !== undefined && isRunning(holder)) {
      return { kind: 'held', holder };
    }
    breakLock(file);
  }
  const removeOwn = (): void => {
    if (isOwn(file)) {
      rmSync(file, { force: true });
    }
  };
  process.once('exit', removeOwn);
  return {
    kind: 'taken',
    release: () => {
      process.off('exit', removeOwn);
      removeOwn();
    },
  };
};

/**
 * Waits for a lock, holds it while the action runs, and releases it.
 *
 * @param onWait - called once, with the holder, when the lock is not free
 */
export const withLock = async <Result>(
  file: string,
  onWait: (holder: ProcessIdentity) => void,
  action: () => Promise<Result>,
): Promise<Result> => {
  let told = false;
  for (;;) {
    const lock = takeLock(file);
    if (lock.kind === 'taken') {
      try {
        return await action();
      } finally {
        lock.release();
      }
    }
    if (!told) {
      told = true;
      onWait(lock.holder);
    }
    await sleep(POLL_MS);
  }
};
