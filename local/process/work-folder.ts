/**
 * The folder of one start of the local AWS: `.local/runs/<name>-<pid>`.
 *
 * The logs of the last few starts stay. All other files are removed when the start ends, or by the
 * next start.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOwner, withLock } from '../../bundle/file-lock.ts';
import { identify, isRunning, processesOf } from '../../bundle/process-identity.ts';

export type WorkFolder = {
  readonly path: string;
  /** The folder for temporary files of the servers, their functions and the deployment. */
  readonly temporary: string;
  /** An empty home folder, without settings of a user. */
  readonly home: string;
  /** The folder for the packages. */
  readonly package: string;
  /** Names a log file. */
  log(name: string): string;
  /** Removes all files but the logs. */
  clear(): void;
};

/** The number of ended starts whose logs are kept. */
const KEPT = 3;

const OWNER = 'owner.json';
const TEMPORARY = 'tmp';
const HOME = 'home';
const PACKAGE = 'package';

const clearFolder = (path: string): void => {
  for (const part of [TEMPORARY, HOME, PACKAGE]) {
    // A process that is ending may still write.
    rmSync(join(path, part), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
};

const END_CHECK_MS = 20;
const END_CHECKS = 250;

/**
 * Ends the processes that a start has left, workers of the emulators included.
 *
 * @returns The number of these processes.
 */
export const endLeftovers = async (path: string): Promise<number> => {
  const found = new Set<number>();
  for (let check = 0; check < END_CHECKS; check += 1) {
    const left = processesOf(path);
    if (left.length === 0) {
      break;
    }
    for (const pid of left) {
      found.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // The process has ended meanwhile.
      }
    }
    await sleep(END_CHECK_MS);
  }
  return found.size;
};

const isAbandoned = (path: string): boolean => {
  const owner = readOwner(join(path, OWNER));
  return owner === undefined || !isRunning(owner);
};

/** Cleans up after starts that ended without it, and counts the processes that they left. */
const cleanUp = async (runs: string): Promise<number> => {
  const abandoned = readdirSync(runs)
    .map((entry) => join(runs, entry))
    .filter(isAbandoned)
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  let ended = 0;
  for (const [position, path] of abandoned.entries()) {
    ended += await endLeftovers(path);
    clearFolder(path);
    if (position >= KEPT) {
      rmSync(path, { recursive: true, force: true });
    }
  }
  return ended;
};

let opened = 0;

/**
 * Makes the folder of a new start, and cleans up after starts that ended without it.
 *
 * @param runs - The folder with the folders of all starts.
 * @returns The folder, and the number of processes of dead starts that were ended.
 */
export const openWorkFolder = async (
  runs: string,
  name: string,
): Promise<{ readonly folder: WorkFolder; readonly ended: number }> => {
  mkdirSync(runs, { recursive: true });
  // A folder without an owner counts as abandoned, so no other start may clean up while this one is
  // made.
  return withLock(
    `${runs}.lock`,
    () => undefined,
    async () => {
      const ended = await cleanUp(runs);
      opened += 1;
      const path = join(runs, `${name}-${process.pid}${opened === 1 ? '' : `-${opened}`}`);
      rmSync(path, { recursive: true, force: true });
      mkdirSync(join(path, TEMPORARY), { recursive: true });
      mkdirSync(join(path, HOME));
      writeFileSync(join(path, OWNER), JSON.stringify(identify(process.pid)));
      const clear = (): void => {
        process.off('exit', clear);
        clearFolder(path);
      };
      process.on('exit', clear);
      const folder: WorkFolder = {
        path,
        temporary: join(path, TEMPORARY),
        home: join(path, HOME),
        package: join(path, PACKAGE),
        log: (log) => join(path, `${log}.log`),
        clear,
      };
      return { folder, ended };
    },
  );
};
