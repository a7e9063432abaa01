/** Finds a Python, and keeps the virtual environment that the emulators run in. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from '../../bundle/file-lock.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Say } from '../terminal.ts';
import { tailOf } from './log-tail.ts';
import { runToEnd } from './process-group.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const OLDEST_MINOR = 10;
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const PROBE_TIMEOUT_MS = 20_000;
const VENV_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 480_000;
const PROGRESS_MS = 5_000;

/** Names the Python to use. */
const CHOICE = 'BREAKAWAY_PYTHON';

// It has to be understood by any Python, to tell which one it is.
const PROBE = `
import sys
print('.'.join(map(str, sys.version_info[:3])))
try:
    import venv, ensurepip
    print('venv')
except ImportError:
    print('none')
`;

type Found = { readonly program: string; readonly version: string; readonly fits: boolean; readonly hasVenv: boolean };

const probe = (program: string, environment: Environment): Promise<Found | undefined> =>
  new Promise((resolve) => {
    execFile(program, ['-c', PROBE], { env: { ...environment }, timeout: PROBE_TIMEOUT_MS }, (error, stdout) => {
      const [version = '', venv] = stdout.trim().split(/\s+/);
      const [major, minor] = version.split('.').map(Number);
      if (error !== null || major === undefined || minor === undefined) {
        resolve(undefined);
        return;
      }
      resolve({ program, version, fits: major === 3 && minor >= OLDEST_MINOR, hasVenv: venv === 'venv' });
    });
  });

const installHint = 'Install it (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python)';

const missing = (choice: string | undefined, found: readonly Found[]): LocalAwsError => {
  if (choice !== undefined && found.length === 0) {
    return new LocalAwsError(`${CHOICE} is '${choice}', which is no Python that runs. Correct or unset it.`);
  }
  const seen = found.map(({ program, version }) => `${program} is ${version}`).join(', ');
  return new LocalAwsError(
    `The local AWS needs Python 3.${OLDEST_MINOR} or newer; ${seen === '' ? 'there is none on the PATH' : seen}.\n` +
      `${installHint}, or name another one: ${CHOICE}=/path/to/python3 npm start`,
  );
};

/**
 * Finds a Python that the emulators run on and that can make a virtual environment.
 *
 * @throws LocalAwsError when there is none, with what there is and the way out
 */
export const findPython = async (environment: Environment): Promise<{ program: string; version: string }> => {
  const choice = environment[CHOICE];
  const found: Found[] = [];
  for (const program of choice === undefined ? CANDIDATES : [choice]) {
    const python = await probe(program, environment);
    if (python?.fits && python.hasVenv) {
      return python;
    }
    if (python !== undefined) {
      found.push(python);
    }
  }
  const incomplete = found.find(({ fits }) => fits);
  if (incomplete === undefined) {
    throw missing(choice, found);
  }
  const [major, minor] = incomplete.version.split('.');
  throw new LocalAwsError(
    `${incomplete.program} (Python ${incomplete.version}) cannot make virtual environments: it lacks venv or ensurepip.\n` +
      `Install them (Debian and Ubuntu: apt install python${major}.${minor}-venv), or name another Python: ` +
      `${CHOICE}=/path/to/python3 npm start`,
  );
};

/** What pip would do otherwise than install into the environment it belongs to. */
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

/** pip says so of every requirement that is for another Python or another system. */
const NOISE = /^Ignoring .*: markers /;

/** Tells every few seconds how far pip has come. */
const followInstall = (log: string, packages: number, say: Say): NodeJS.Timeout => {
  let told = -1;
  return setInterval(() => {
    const collected = countCollected(log);
    if (collected !== told) {
      told = collected;
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
   * What is installed, for whom is told.
   *
   * @defaultValue the emulators
   */
  readonly contents?: { readonly name: string; readonly megabytes: number };
  readonly environment: Environment;
  readonly say: Say;
};

/**
 * Makes a virtual environment, if it is not there as the requirements ask for it.
 *
 * An interrupted installation is known by its missing stamp, and done anew.
 *
 * @returns the path of its Python
 * @throws LocalAwsError when there is no fitting Python, or when a package could not be installed
 */
export const preparePython = async ({
  folder,
  requirements,
  contents: { name, megabytes } = { name: 'the emulators', megabytes: 40 },
  environment,
  say,
}: VirtualEnvironment): Promise<string> => {
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const hash = createHash('sha256').update(wanted).digest('hex');
  const log = `${folder}.log`;

  // An upgrade of the Python that it was made with leaves an environment that starts and has no packages.
  const stampOf = async (): Promise<string | undefined> => {
    const found = await probe(python, environment);
    return found === undefined ? undefined : `${hash} for Python ${found.version}\n`;
  };
  const isReady = async (): Promise<boolean> => existsSync(stamp) && readFileSync(stamp, 'utf8') === (await stampOf());

  const step = async (
    program: string,
    args: readonly string[],
    timeoutMs: number,
    failure: { readonly what: string; readonly wayOut?: string },
  ): Promise<void> => {
    const { succeeded, reason, timedOut } = await runToEnd(
      { program, args, environment: installEnvironment(environment), folder: dirname(folder), logFile: log },
      timeoutMs,
    );
    if (!succeeded) {
      const why = timedOut ? `it was not done after ${timeoutMs / 60_000} minutes` : reason;
      const { what, wayOut } = failure;
      throw new LocalAwsError(
        `${[`${what} (${why}).`, wayOut].filter((part) => part !== undefined).join(' ')}\n` +
          `The log, ${log}, ends with:\n${tailOf(log, { without: NOISE })}`,
      );
    }
  };

  const install = async (): Promise<void> => {
    const { program, version } = await findPython(environment);
    say(`Installing ${name} for Python ${version} (once; about ${megabytes} MB to download)`);
    say(`into ${folder} ...`);
    // What was interrupted just now may still be writing there.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    writeFileSync(log, '');
    await step(program, ['-m', 'venv', folder], VENV_TIMEOUT_MS, { what: `${program} -m venv failed` });
    const progress = followInstall(log, countPackages(wanted), say);
    const pip = [
      ...['-m', 'pip', 'install', '--require-hashes', '--only-binary=:all:', '--no-input', '--progress-bar=off'],
      // The requirements name every package, and Python compiles what it loads: both take half of the installation's time.
      ...['--no-deps', '--no-compile'],
    ];
    try {
      await step(python, [...pip, '--disable-pip-version-check', '--requirement', requirements], INSTALL_TIMEOUT_MS, {
        what: `${name[0]?.toUpperCase()}${name.slice(1)} could not be installed`,
        wayOut:
          'Is the package index reachable (pip takes proxy and index from its usual settings)? Then start again: a half-done ' +
          'installation is done anew.',
      });
    } finally {
      clearInterval(progress);
    }
    writeFileSync(stamp, (await stampOf()) ?? '');
  };

  if (!(await isReady())) {
    mkdirSync(dirname(folder), { recursive: true });
    await withLock(
      `${folder}.lock`,
      ({ pid }) => say(`Waiting for process ${pid}, which installs ${name} ...`),
      async () => {
        if (!(await isReady())) {
          await install();
        }
      },
    );
  }
  return python;
};
