/** Tells processes apart, also those that an earlier start left behind. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process, and not another one that got its number later. */
export type ProcessIdentity = { readonly pid: number; readonly startedAt: string };

/** The variable by which every process of a start of the local AWS can be known: its value is the start's folder. */
export const FOLDER_VARIABLE = 'BREAKAWAY_LOCAL_FOLDER';

const hasProc = process.platform === 'linux';

const readProc = (file: string): string | undefined => {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    // The process has ended, or is somebody else's.
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
    // It also exits with 1 when it finds nothing.
    return '';
  }
};

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const startOnLinux = (pid: number): string | undefined => {
  const stat = readProc(`${pid}/stat`);
  // The second field is the command's name in parentheses, and may hold spaces and parentheses itself.
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  // A zombie has ended; state is the 3rd field, the start time the 22nd.
  return state === 'Z' ? undefined : rest[18];
};

/** Identifies a running process; `undefined` when there is none of this number. */
export const identify = (pid: number): ProcessIdentity | undefined => {
  const startedAt = hasProc ? startOnLinux(pid) : ps('-o', 'lstart=', '-p', String(pid)).trim();
  return startedAt === undefined || startedAt === '' ? undefined : { pid, startedAt };
};

/** Tells whether exactly this process still runs. */
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

/** Finds the processes that were started for the local AWS of a folder, whoever their parent is now. */
export const processesOf = (folder: string): number[] => {
  const setting = `${FOLDER_VARIABLE}=${folder}`;
  return (hasProc ? pidsOnLinux(setting) : pidsByPs(setting)).filter((pid) => pid !== process.pid);
};
