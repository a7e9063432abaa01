/** Processes that are started as the leader of a group, so that all they start can be ended with them. */
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
  /** Takes what the group prints, behind what the file holds already. */
  readonly logFile: string;
};

const running = new Set<ProcessGroup>();

// However this process ends, short of being killed itself, nothing that it started is left.
process.on('exit', () => {
  for (const group of running) {
    group.end();
  }
});

/**
 * Becomes the program that its arguments name, and leaves a watcher in the group: it reads a pipe that only the starter holds, which closes
 * however that ends, `kill -9` included, and ends the whole group then. A shell, since that is there before Python is, and is small.
 */
const WATCHED = 'exec 3<&0 </dev/null; (while read -r _; do :; done; kill -KILL 0) <&3 & exec 3<&- "$0" "$@"';

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Every process of it has ended.
  }
};

/**
 * Starts a program as the leader of a group of its own, which ends with this process, in whatever way that ends.
 *
 * @remarks It has no standard input. What there is no program for ends with exit code 127 (126: not to be run), and the log says so.
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
  // Its other end may be gone before this one is closed.
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
    // What the leader started and did not end.
    end();
    running.delete(group);
  });
  return group;
};

/**
 * Runs a program to its end, at most so long.
 *
 * @returns how it ended; `timed out` when it had to be ended
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
