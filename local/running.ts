/** Where a running `npm start` is written down, for other commands and for a person's shell. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LOCAL_FOLDER } from './local-aws.ts';
import { readOwner } from './lock.ts';
import { identify, isRunning } from './process-identity.ts';

const RUNNING_FILE = join(LOCAL_FOLDER, 'running.json');
const ENVIRONMENT_FILE = join(LOCAL_FOLDER, 'env.sh');

/** The script to `source`, as it is called from the repository. */
export const environmentScript = relative(dirname(LOCAL_FOLDER), ENVIRONMENT_FILE);

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

/** Finds the local AWS that `npm start` runs now; `undefined` when there is none, or when it died. */
export const findRunning = (file = RUNNING_FILE): Running | undefined => {
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
    '# Points the SDK, the AWS CLI and serverless to the local AWS: source it.',
    '# A profile or a session token of another account would go before what follows.',
    'unset AWS_PROFILE AWS_SESSION_TOKEN',
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`),
    '',
  ].join('\n');

/** Writes down that this process runs the local AWS, until it ends. */
export const announce = (environment: Readonly<Record<string, string>>): void => {
  mkdirSync(LOCAL_FOLDER, { recursive: true });
  writeFileSync(RUNNING_FILE, JSON.stringify({ ...identify(process.pid), environment }, undefined, 2));
  writeFileSync(ENVIRONMENT_FILE, scriptOf(environment));
  process.on('exit', () => {
    rmSync(RUNNING_FILE, { force: true });
    rmSync(ENVIRONMENT_FILE, { force: true });
  });
};
