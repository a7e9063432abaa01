/** Runs vitest in a process group of its own, and ends the group if it has not ended a while after its last test. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Counts, NONE, type Progress, sum } from './count-reporter.ts';

const VITEST = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs');

/** How long the last lines may take after vitest has ended. */
const OUTPUT_MS = 1_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Options = {
  /** Takes what is printed. */
  readonly write: (text: string) => void;
  /** How long vitest may take to end after its last test. */
  readonly endingMs: number;
  /** How long it may take for one test file, and to prepare the first one. */
  readonly fileMs: number;
};

export type Outcome = { readonly counts: Counts; readonly exitCode: number };

const signalGroup = (leader: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-leader, signal);
  } catch {
    // Every process of the group has ended.
  }
};

/** Lists the processes of a group, a line each: its number and its command. A machine may have no `ps`. */
const processesIn = (leader: number): string => {
  try {
    const all = execFileSync('ps', ['-A', '-o', 'pgid=,pid=,args='], { encoding: 'utf8' });
    return all
      .split('\n')
      .filter((line) => line.trimStart().startsWith(`${leader} `))
      .join('\n');
  } catch (error) {
    return `The processes could not be listed: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/**
 * Runs vitest to its end.
 *
 * @remarks vitest waits, without a limit, until nothing holds the output of its workers open. A process that a failed test has left behind does.
 */
export const runVitest = async (args: readonly string[], { write, endingMs, fileMs }: Options): Promise<Outcome> => {
  const child = spawn(process.execPath, [VITEST, 'run', '--configLoader', 'native', ...args], {
    detached: true,
    env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { pid: leader = 0 } = child;
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', write);
  const passOn = (signal: NodeJS.Signals): void => signalGroup(leader, signal);
  for (const signal of SIGNALS) process.on(signal, passOn);

  let progress: Progress = { counts: NONE, isOver: false, isReported: false };
  let wasEnded = false;
  const end = (): void => {
    wasEnded = true;
    write(`\nEnded what did not end by itself:\n${processesIn(leader)}\n`);
    signalGroup(leader, 'SIGKILL');
  };
  let timer = setTimeout(end, fileMs);
  child.on('message', (message: Progress) => {
    progress = message;
    clearTimeout(timer);
    timer = setTimeout(end, progress.isOver ? endingMs : fileMs);
  });

  const closed = once(child, 'close');
  const [code]: (number | null)[] = await once(child, 'exit');
  clearTimeout(timer);
  // The processes that the tests have left behind.
  signalGroup(leader, 'SIGKILL');
  // Wait for the last lines, but not for a process that has left the group and holds the output open.
  await Promise.race([closed, sleep(OUTPUT_MS, undefined, { ref: false })]);
  for (const signal of SIGNALS) process.off(signal, passOn);

  const { counts, isOver, isReported } = progress;
  if (!wasEnded) return { counts, exitCode: code ?? 1 };
  // The file that did not end has failed.
  if (!isOver) return { counts: sum([counts, { ...NONE, failed: 1 }]), exitCode: 1 };
  return { counts, exitCode: isReported && counts.failed === 0 ? 0 : 1 };
};
