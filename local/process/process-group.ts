/** Processes that lead a process group, so that they end together with all their children. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export type ProcessGroup = {
  readonly pid: number | undefined;
  /** Resolves when the leader has ended, and never rejects. */
  readonly ended: Promise<Ending>;
  /** Ends every process of the group at once. */
  end(): void;
};

export type Ending = {
  readonly succeeded: boolean;
  /** `exit code 1`, `signal SIGKILL`, `it could not be started: ...` */
  readonly reason: string;
};

export type Command = {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** The output of the group is appended to this file. */
  readonly logFile: string;
};

const running = new Set<ProcessGroup>();

// At the exit of this process, all its groups end. `WATCHED` covers the case that it is killed.
process.on('exit', () => {
  for (const group of running) {
    group.end();
  }
});

/**
 * A shell script that becomes the program in its arguments, and leaves a watcher in the group. The
 * watcher reads a pipe from the starter. The pipe closes when the starter ends, also after `kill
 * -9`, and then the watcher ends the whole group. It is a shell script since a shell is small and
 * exists before Python is found.
 */
const WATCHED = 'exec 3<&0 </dev/null; (while read -r _; do :; done; kill -KILL 0) <&3 & exec 3<&- "$0" "$@"';

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Every process of the group has ended.
  }
};

/**
 * Starts a program as the leader of a new process group, which ends when this process ends in any
 * way.
 *
 * @remarks The program has no standard input. If it does not exist, the group ends with exit code
 * 127; if it is not executable, with 126. The log then has the reason.
 */
export const startGroup = ({ program, args, environment, folder, logFile }: Command): ProcessGroup => {
  const log = openSync(logFile, 'a');
  const child = spawn('/bin/sh', ['-c', WATCHED, program, ...args], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  // The watcher can close its end first.
  child.stdin?.on('error', () => undefined);
  const { pid } = child;
  const end = (): void => {
    if (pid !== undefined) {
      endGroup(pid);
    }
  };
  const ended = new Promise<Ending>((resolve) => {
    child.once('error', (error) => resolve({ succeeded: false, reason: `it could not be started: ${error.message}` }));
    child.once('exit', (code, signal) => {
      resolve({ succeeded: code === 0, reason: signal === null ? `exit code ${code}` : `signal ${signal}` });
    });
  });
  const group: ProcessGroup = { pid, ended, end };
  running.add(group);
  void ended.then(() => {
    // Ends the children that the leader has left.
    end();
    running.delete(group);
  });
  return group;
};

/**
 * Runs a program to its end, or until a time limit.
 *
 * @returns How the program ended, and whether it exceeded the time limit.
 */
export const runToEnd = async (
  command: Command,
  timeoutMs: number,
): Promise<Ending & { readonly timedOut: boolean }> => {
  const group = startGroup(command);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    group.end();
  }, timeoutMs);
  const ending = await group.ended;
  clearTimeout(timer);
  return { ...ending, timedOut };
};
