/** Runs the command line as an operator does, without a terminal. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

export const LAUNCHER = resolve(import.meta.dirname, '../../cli/breakaway.cjs');

export type CliResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

export const runCli = (
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CliResult> =>
  new Promise((done) => {
    // vitest switches the cache off where it measures coverage, and a command would take twice as long to start.
    const cached = { ...env, NODE_DISABLE_COMPILE_CACHE: undefined };
    const child = execFile(process.execPath, [LAUNCHER, ...words], { env: cached }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.end();
  });
