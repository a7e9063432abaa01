/** Identifies processes by number and start time, since the system uses numbers again. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process, not a later one with the same number. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/**
 * Every process that a start of the local AWS starts has this variable. Its value is the folder of
 * the start.
 */
export const FOLDER_VARIABLE = 'BREAKAWAY_LOCAL_FOLDER';

const hasProc = process.platform === 'linux';

const readProc = (file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
};

const ps = (...args: string[]): string => {
  try {
    return execFileSync('ps', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch {
    // `ps` exits with 1 also when it finds nothing.
    return '';
  }
};

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const startOnLinux = (pid: number): string | undefined => {
  const stat = readProc(`${pid}/stat`);
  // The second field is the command's name in parentheses; the name may contain spaces and
  // parentheses.
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  // A zombie has ended; state is the 3rd field, the start time the 22nd.
  return state === 'Z' ? undefined : rest[18];
};

/** Identifies a running process; `undefined` when no process has this number. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const startedAt = hasProc ? startOnLinux(pid) : ps('-o', 'lstart=', '-p', String(pid)).trim();
  return startedAt === undefined || startedAt === '' ? undefined : { pid, startedAt };
};

/** Tells whether this process still runs. A later process with the same number does not count. */
export const isRunning = ({ pid, startedAt }: ProcessIdentity): boolean => identify(pid)?.startedAt === startedAt;

const pidsOnLinux = (setting: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readProc(`${pid}/environ`)?.split('\0').includes(setting))
    .map(Number);

const pidsByPs = (setting: string): number[] =>
  ps('-axEww', '-o', 'pid=,command=')
    .split('\n')
    .filter((line) => `${line} `.includes(` ${setting} `))
    .map((line) => Number.parseInt(line, 10));

/** Finds the processes that a start of the local AWS started, whatever their parent is now. */
export const processesOf = (folder: string): number[] => {
  const setting = `${FOLDER_VARIABLE}=${folder}`;
  return (hasProc ? pidsOnLinux(setting) : pidsByPs(setting)).filter((pid) => pid !== process.pid);
};
