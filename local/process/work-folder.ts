/**
 * Where one start of the local AWS keeps what it writes: `.local/runs/<name>-<pid>`.
 *
 * Logs stay until a few later starts have come and gone; all else goes when the start ends, or when the next one finds it ended.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOwner, withLock } from '../../bundle/file-lock.ts';
import { identify, isRunning, processesOf } from '../../bundle/process-identity.ts';

export type WorkFolder = {
  readonly path: string;
  /** For the temporary files of the servers, their functions and the deployment. */
  readonly temporary: string;
  /** A home folder without anybody's settings. */
  readonly home: string;
  /** For what `serverless package` makes. */
  readonly package: string;
  /** Names a log file. */
  log(name: string): string;
  /** Removes everything but the logs. */
  clear(): void;
};

/** The folders of ended starts that are kept for their logs. */
const KEPT = 3;

const OWNER = 'owner.json';
const TEMPORARY = 'tmp';
const HOME = 'home';
const PACKAGE = 'package';

const clearFolder = (path: string): void => {
  for (const part of [TEMPORARY, HOME, PACKAGE]) {
    // A process that is being ended may still write.
    rmSync(join(path, part), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
};

const END_CHECK_MS = 20;
const END_CHECKS = 250;

/**
 * Ends what a start has left running, workers of the emulators included.
 *
 * @returns how many processes there were
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
        // It ended by itself.
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

/** Cleans up after the starts that ended without doing so, and counts the processes that they had left. */
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
 * Makes the folder of a new start, and cleans up after starts that ended without doing so.
 *
 * @param runs - the folder that holds the folders of all starts
 * @returns the folder, and how many processes of dead starts were ended
 */
export const openWorkFolder = async (
  runs: string,
  name: string,
): Promise<{ readonly folder: WorkFolder; readonly ended: number }> => {
  mkdirSync(runs, { recursive: true });
  // A folder without an owner is taken for an abandoned one, so nobody may look while one is made.
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
