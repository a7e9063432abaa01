/**
 * The files in which a running `npm start` describes itself, for other commands and for the user's
 * shell.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isOwn, readOwner, takeLock } from '../../bundle/file-lock.ts';
import { identify, isRunning } from '../../bundle/process-identity.ts';
import { LOCAL_FOLDER } from '../local-aws.ts';
import { LocalAwsError } from '../local-aws-error.ts';

const RUNNING = 'running.json';
const ENVIRONMENT = 'env.sh';
const LOCK = 'start.lock';

/** The path of the script to `source`, relative to the repository. */
export const environmentScript = relative(dirname(LOCAL_FOLDER), join(LOCAL_FOLDER, ENVIRONMENT));

export type Running = { readonly pid: number; readonly environment: Readonly<Record<string, string>> };

const isText = (value: unknown): value is string => typeof value === 'string';

const environmentOf = (written: unknown): Record<string, string> | undefined => {
  if (typeof written !== 'object' || written === null || !('environment' in written)) {
    return undefined;
  }
  const { environment } = written;
  return typeof environment === 'object' && environment !== null
    ? Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => isText(entry[1])))
    : undefined;
};

/** Finds the running local AWS of `npm start`; `undefined` when it does not run. */
export const findRunning = (folder = LOCAL_FOLDER): Running | undefined => {
  const file = join(folder, RUNNING);
  const owner = readOwner(file);
  if (owner === undefined || !isRunning(owner)) {
    return undefined;
  }
  const environment = environmentOf(JSON.parse(readFileSync(file, 'utf8')));
  return environment === undefined ? undefined : { pid: owner.pid, environment };
};

/** Quotes a value for a shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

const scriptOf = (environment: Readonly<Record<string, string>>): string =>
  [
    '# Source this file to point the SDK, the AWS CLI and serverless to the local AWS.',
    '# A profile or a session token of another account would override these settings.',
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    '',
  ].join('\n');

/**
 * Makes this process the only `npm start` of the repository until it exits.
 *
 * @throws LocalAwsError when another `npm start` runs, with its process id.
 */
export const claimSingleInstance = (folder = LOCAL_FOLDER): void => {
  const lock = takeLock(join(folder, LOCK));
  if (lock.kind === 'taken') {
    return;
  }
  const { pid } = lock.holder;
  throw new LocalAwsError(
    findRunning(folder)?.pid === pid
      ? `The local AWS is running already, as process ${pid}. Use it (npm run put), or end it first (Ctrl-C).`
      : `Process ${pid} is already starting the local AWS. Wait until it is ready, or end it first (Ctrl-C).`,
  );
};

/** Writes the files of this running `npm start`, and removes them at exit. */
export const announce = (environment: Readonly<Record<string, string>>, folder = LOCAL_FOLDER): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, RUNNING), JSON.stringify({ ...identify(process.pid), environment }, undefined, 2));
  writeFileSync(join(folder, ENVIRONMENT), scriptOf(environment));
  process.on('exit', () => {
    // The files belong to another start if somebody has deleted the lock by hand.
    if (isOwn(join(folder, RUNNING))) {
      rmSync(join(folder, RUNNING), { force: true });
      rmSync(join(folder, ENVIRONMENT), { force: true });
    }
  });
};
