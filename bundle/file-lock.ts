/** A lock between processes: a file that says who holds it. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 200;

/** Reads who wrote a file of this kind; `undefined` when it is not there or not readable. */
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

/** Writes a file that says that this process owns it, at once and as a whole. */
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

/** Takes away a lock whose holder has ended. */
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
      /** Gives it back; also done when the process exits. */
      release(): void;
    }
  | { readonly kind: 'held'; readonly holder: ProcessIdentity };

/** Tells whether a file of this kind was written by this process. */
export const isOwn = (file: string): boolean => {
  const owner = readOwner(file);
  return owner?.pid === process.pid && isRunning(owner);
};

/** Takes a lock if no living process holds it, and holds it until it is released or this process exits. */
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
 * Does something while no other process does the like, and waits for its turn.
 *
 * @param onWait - called once, when another process holds the lock
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
