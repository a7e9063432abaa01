/** Packages the service as the CLI does, without credentials or network for stage `local`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { isFields } from '../shared/fields.ts';
import { withLock } from './file-lock.ts';
import { copyKept, keyOf } from './kept-packages.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { BUNDLE_NOTES } from './source-maps.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The CLI works in folders with fixed names, so only one CLI can run at a time. */
const LOCK = '.build/packaging.lock';

/** For the temporary files of the CLI, which leaves one folder per function behind. */
const TEMPORARY = '.build/packaging-tmp';

/** Keeps what was packaged. */
const STORE = '.build/kept';

/** Where serverless-esbuild builds. */
const WORK_FOLDER = '.esbuild';

const TEMPLATE = 'cloudformation-template-update-stack.json';

export type Packaging = {
  readonly stage: string;
  /** The folder for the template and the packages. Files that exist there are overwritten. */
  readonly directory: string;
  /** A configuration file to use in place of `breakaway.config.ts`. */
  readonly configurationFile?: string;
  /** Values for the `${param:...}` of serverless.yml. */
  readonly params?: Readonly<Record<string, string>>;
  /**
   * After this time the CLI is killed. The time in which this packaging waits for another one does
   * not count.
   */
  readonly timeLimitMs?: number;
};

/** One function's package. */
export type PackagedFunction = {
  /** The folder under functions/, which is the function's name. */
  readonly folder: string;
  readonly zip: string;
  readonly map: string;
  readonly metafile: string;
  readonly bundleBytes: number;
  readonly zipBytes: number;
};

export type PackagedService = {
  readonly directory: string;
  /** The CloudFormation template. */
  readonly template: string;
  readonly functions: readonly PackagedFunction[];
};

/** Packagings in this process or others wait for each other here. */
const sayWaiting = ({ pid }: ProcessIdentity): void =>
  console.warn(`Waiting for process ${pid}, which is packaging ...`);

/** Runs the CLI, and kills it after the time limit. */
const runCli = async (args: readonly string[], environment: NodeJS.ProcessEnv, timeLimitMs: number): Promise<void> => {
  const cli = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: ROOT,
    env: { ...environment, TMPDIR: join(ROOT, TEMPORARY), SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeLimitMs,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));

  const [code, signal]: unknown[] = await once(child, 'close');
  if (code !== 0) {
    const how = signal === 'SIGKILL' ? 'did not end in time' : `ended with ${code ?? signal}`;
    throw new Error(`serverless ${args.join(' ')} ${how}:\n${Buffer.concat(output).toString().trim()}`);
  }
};

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, name) => (isFields(inner) ? inner[name] : undefined), value);

const textAt = (value: unknown, ...path: readonly string[]): string => {
  const text = at(value, ...path);
  if (typeof text !== 'string') {
    throw new Error(`The packaged template has no ${path.join('.')} where one was expected`);
  }
  return text;
};

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

const bundleBytes = async (metafile: string): Promise<number> => {
  const outputs = Object.entries(at(await readJson(metafile), 'outputs') ?? {});
  const bundle = outputs.find(([file]) => file.endsWith('.js'));
  return Number(at(bundle?.[1], 'bytes'));
};

const packagedFunction = async (directory: string, resource: unknown): Promise<PackagedFunction> => {
  const stem = textAt(resource, 'Properties', 'Handler').replace(/\.[^.]+$/, '');
  const zip = join(directory, textAt(resource, 'Properties', 'Code', 'S3Key').replace(/^.*\//, ''));
  const metafile = join(directory, 'bundles', `${stem}.meta.json`);
  return {
    folder: stem.replace(/^functions\/([^/]+)\/.*$/, '$1'),
    zip,
    map: join(directory, 'bundles', `${stem}.js.map`),
    metafile,
    bundleBytes: await bundleBytes(metafile),
    zipBytes: (await stat(zip)).size,
  };
};

/**
 * Reads the packaged service in a folder.
 *
 * @throws Error when the folder holds no packaged service
 */
export const readPackaged = async (directory: string): Promise<PackagedService> => {
  const template = join(directory, TEMPLATE);
  const resources = Object.values(at(await readJson(template), 'Resources') ?? {});
  const functions = resources.filter((resource) => at(resource, 'Type') === 'AWS::Lambda::Function');
  return {
    directory,
    template,
    functions: await Promise.all(functions.map((resource) => packagedFunction(directory, resource))),
  };
};

/** Packages the service, while no other process does. */
const packageAlone = async (
  { stage, configurationFile, params = {}, timeLimitMs = 120_000 }: Packaging,
  target: string,
): Promise<void> => {
  const removeTemporary = () => rm(join(ROOT, TEMPORARY), { recursive: true, force: true, maxRetries: 5 });
  try {
    // A packaging that was killed has left its temporary files.
    await removeTemporary();
    await mkdir(join(ROOT, TEMPORARY), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rm(join(ROOT, BUNDLE_NOTES), { recursive: true, force: true });
    // The zips would contain the files that `invoke local` left here.
    await rm(join(ROOT, WORK_FOLDER), { recursive: true, force: true });
    await runCli(
      [
        ...['package', '--stage', stage, '--package', target],
        ...Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]),
      ],
      { ...process.env, ...(configurationFile === undefined ? {} : { BREAKAWAY_CONFIG: configurationFile }) },
      timeLimitMs,
    );
    await cp(join(ROOT, BUNDLE_NOTES), join(target, 'bundles'), { recursive: true });
  } finally {
    await removeTemporary();
  }
};

/** The stage that has its own account, so that packaging needs no credentials. */
const LOCAL_STAGE = 'local';

/**
 * Makes the key of a package; `undefined` where AWS is asked for the account, and where the
 * configuration has problems, which the CLI reports.
 */
const keptAs = async ({ stage, configurationFile, params = {} }: Packaging): Promise<string | undefined> => {
  if (stage !== LOCAL_STAGE && params['account'] === undefined) {
    return undefined;
  }
  try {
    return await keyOf(configurationFile ?? process.env['BREAKAWAY_CONFIG'], stage, params);
  } catch {
    return undefined;
  }
};

/**
 * Packages the service: a zip for each function, the template, and the source maps and metafiles in
 * `bundles/`.
 *
 * @throws Error with the output of the CLI, when the CLI fails or exceeds its time limit
 */
export const packageAnew = async (packaging: Packaging): Promise<PackagedService> => {
  const target = resolve(packaging.directory);
  await withLock(join(ROOT, LOCK), sayWaiting, () => packageAlone(packaging, target));
  return readPackaged(target);
};

/**
 * Packages the service as {@link packageAnew} does. If the same sources, configuration and
 * parameters were packaged before, copies that package.
 */
export const packageService = async (packaging: Packaging): Promise<PackagedService> => {
  const key = await keptAs(packaging);
  if (key === undefined) {
    return packageAnew(packaging);
  }
  const target = resolve(packaging.directory);
  await withLock(join(ROOT, LOCK), sayWaiting, () =>
    copyKept(join(ROOT, STORE), key, target, (folder) => packageAlone(packaging, folder)),
  );
  return readPackaged(target);
};
