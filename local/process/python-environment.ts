/** Makes and keeps the virtual environment in which the emulators run. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../../bundle/file-lock.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Say } from '../terminal.ts';
import { type Environment, findPython, probePython } from './find-python.ts';
import { tailOf } from './log-tail.ts';
import { runToEnd } from './process-group.ts';

const VENV_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 480_000;
const PROGRESS_MS = 5_000;

/** Variables with which pip would not install into its own environment. */
const MISLEADING = [
  'PYTHONHOME',
  'PYTHONPATH',
  'PIP_PREFIX',
  'PIP_TARGET',
  'PIP_USER',
  'PIP_REQUIRE_VIRTUALENV',
  '__PYVENV_LAUNCHER__',
];

const installEnvironment = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || MISLEADING.includes(name) ? [] : [[name, value]],
    ),
  );

const countPackages = (requirements: string): number => requirements.match(/^[a-z0-9][^ ]*==/gim)?.length ?? 0;

const countCollected = (log: string): number => new Set(readFileSync(log, 'utf8').match(/^Collecting \S+/gm)).size;

/** pip writes this line for every requirement of another Python or another system. */
const NOISE = /^Ignoring .*: markers /;

/** Shows the progress of pip every few seconds. */
const followInstall = (log: string, packages: number, say: Say): NodeJS.Timeout => {
  let shown = -1;
  return setInterval(() => {
    const collected = countCollected(log);
    if (collected !== shown) {
      shown = collected;
      say(`  ${collected} of about ${packages} packages`);
    }
  }, PROGRESS_MS);
};

export type VirtualEnvironment = {
  /** The folder of the virtual environment. */
  readonly folder: string;
  /** The file of pinned and hashed requirements. */
  readonly requirements: string;
  /**
   * The name and size of the packages, for messages.
   *
   * @defaultValue the emulators
   */
  readonly contents?: { readonly name: string; readonly megabytes: number };
  readonly environment: Environment;
  readonly say: Say;
};

const pythonOf = (folder: string): string => join(folder, 'bin', 'python');

const stampOf = (folder: string): string => join(folder, 'installed.txt');

const logOf = (folder: string): string => `${folder}.log`;

/**
 * Writes what a complete environment contains. The version is part of it: an upgrade of the Python
 * leaves an environment that starts but has no packages.
 *
 * @returns `undefined` when the environment has no Python that runs.
 */
const currentStamp = async ({ folder, requirements, environment }: VirtualEnvironment): Promise<string | undefined> => {
  const hash = createHash('sha256').update(readFileSync(requirements, 'utf8')).digest('hex');
  const found = await probePython(pythonOf(folder), environment);
  return found === undefined ? undefined : `${hash} for Python ${found.version}\n`;
};

const isReady = async (wanted: VirtualEnvironment): Promise<boolean> =>
  existsSync(stampOf(wanted.folder)) && readFileSync(stampOf(wanted.folder), 'utf8') === (await currentStamp(wanted));

type Step = {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** The message when the step fails. */
  readonly failed: string;
  readonly solution?: string;
};

const runStep = async ({ folder, environment }: VirtualEnvironment, step: Step): Promise<void> => {
  const { program, args, timeoutMs, failed, solution } = step;
  const log = logOf(folder);
  const { succeeded, reason, timedOut } = await runToEnd(
    { program, args, environment: installEnvironment(environment), folder: dirname(folder), logFile: log },
    timeoutMs,
  );
  if (!succeeded) {
    const why = timedOut ? `it did not end within ${timeoutMs / 60_000} minutes` : reason;
    throw new LocalAwsError(
      `${[`${failed} (${why}).`, solution].filter((part) => part !== undefined).join(' ')}\n` +
        `The log, ${log}, ends with:\n${tailOf(log, { without: NOISE })}`,
    );
  }
};

const EMULATORS = { name: 'the emulators', megabytes: 40 };

const install = async (wanted: VirtualEnvironment): Promise<void> => {
  const { folder, requirements, contents: { name, megabytes } = EMULATORS, environment, say } = wanted;
  const { program, version } = await findPython(environment);
  say(`Installing ${name} for Python ${version} (once; about ${megabytes} MB to download)`);
  say(`into ${folder} ...`);
  // An installation that was interrupted just now may still write there.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  writeFileSync(logOf(folder), '');
  await runStep(wanted, {
    program,
    args: ['-m', 'venv', folder],
    timeoutMs: VENV_TIMEOUT_MS,
    failed: `${program} -m venv failed`,
  });
  const progress = followInstall(logOf(folder), countPackages(readFileSync(requirements, 'utf8')), say);
  const pip = ['-m', 'pip', 'install', '--require-hashes', '--only-binary=:all:', '--no-input', '--progress-bar=off'];
  try {
    await runStep(wanted, {
      program: pythonOf(folder),
      args: [...pip, '--disable-pip-version-check', '--requirement', requirements],
      timeoutMs: INSTALL_TIMEOUT_MS,
      failed: `${name[0]?.toUpperCase()}${name.slice(1)} could not be installed`,
      solution:
        'Check that the package index can be reached (pip reads proxy and index from its usual settings), then start again: ' +
        'the installation begins anew.',
    });
  } finally {
    clearInterval(progress);
  }
  writeFileSync(stampOf(folder), (await currentStamp(wanted)) ?? '');
};

/**
 * Makes a virtual environment, unless it exists with these requirements.
 *
 * An interrupted installation has no stamp, so it begins anew.
 *
 * @returns The path of its Python.
 * @throws LocalAwsError when no Python fits, or when a package could not be installed.
 */
export const preparePython = async (wanted: VirtualEnvironment): Promise<string> => {
  const { folder, contents: { name } = EMULATORS, say } = wanted;
  if (!(await isReady(wanted))) {
    mkdirSync(dirname(folder), { recursive: true });
    await withLock(
      `${folder}.lock`,
      ({ pid }) => say(`Waiting for process ${pid}, which installs ${name} ...`),
      async () => {
        if (!(await isReady(wanted))) {
          await install(wanted);
        }
      },
    );
  }
  return pythonOf(folder);
};
