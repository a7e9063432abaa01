/** Finds a Python on which the emulators run. */
import { execFile } from 'node:child_process';
import { LocalAwsError } from '../local-aws-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const OLDEST_MINOR = 10;
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const PROBE_TIMEOUT_MS = 20_000;

/** The variable with the Python to use. */
const CHOICE = 'BREAKAWAY_PYTHON';

// Any Python must understand this script, since it reports the version.
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

/** Runs a Python to read its version; `undefined` when it does not run. */
export const probePython = (program: string, environment: Environment): Promise<Found | undefined> =>
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
    return new LocalAwsError(`${CHOICE} is '${choice}', which does not run as a Python. Correct or unset it.`);
  }
  const seen = found.map(({ program, version }) => `${program} is ${version}`).join(', ');
  return new LocalAwsError(
    `The local AWS needs Python 3.${OLDEST_MINOR} or newer; ${seen === '' ? 'the PATH has no Python' : seen}.\n` +
      `${installHint}, or choose another one: ${CHOICE}=/path/to/python3 npm start`,
  );
};

/**
 * Finds a Python that runs the emulators and can make a virtual environment.
 *
 * @throws LocalAwsError when no Python fits, with the Pythons that exist and a solution.
 */
export const findPython = async (environment: Environment): Promise<{ program: string; version: string }> => {
  const choice = environment[CHOICE];
  const found: Found[] = [];
  for (const program of choice === undefined ? CANDIDATES : [choice]) {
    const python = await probePython(program, environment);
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
      `Install them (Debian and Ubuntu: apt install python${major}.${minor}-venv), or choose another Python: ` +
      `${CHOICE}=/path/to/python3 npm start`,
  );
};
