/** Packages the service as the CLI does, without credentials or network for stage `local`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUNDLE_NOTES } from './source-maps.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** The CLI works in folders of fixed names, so that only one can run at a time. */
const LOCK = '.build/packaging.lock';
const LOCK_POLL_MS = 100;

/** For the temporary files of the CLI, which leaves a folder of each function behind. */
const TEMPORARY = '.build/packaging-tmp';

/** Where serverless-esbuild builds. */
const WORK_FOLDER = '.esbuild';

const TEMPLATE = 'cloudformation-template-update-stack.json';

export type Packaging = {
  readonly stage: string;
  /** Where the template and the packages go; what is there is overwritten. */
  readonly directory: string;
  /** Another configuration file than `breakaway.config.ts`. */
  readonly configurationFile?: string;
  /** Values for the `${param:...}` of serverless.yml. */
  readonly params?: Readonly<Record<string, string>>;
  /** Of the CLI, and of waiting for another that is packaging. */
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

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** Lets one packaging run at a time, in this process or another; a lock whose owner is dead counts for nothing. */
const acquireLock = async (file: string, deadline: number): Promise<() => Promise<void>> => {
  await mkdir(dirname(file), { recursive: true });
  while (Date.now() < deadline) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if (!isTaken(error)) {
        throw error;
      }
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && !isRunning(owner)) {
      await rm(file, { force: true });
    } else {
      await sleep(LOCK_POLL_MS);
    }
  }
  throw new Error(`Another packaging has not ended in time; if none is running, delete ${file}`);
};

/** Runs the CLI, and ends it when it takes too long. */
const runCli = async (args: readonly string[], environment: NodeJS.ProcessEnv, deadline: number): Promise<void> => {
  const cli = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: ROOT,
    env: { ...environment, TMPDIR: join(ROOT, TEMPORARY), SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: Math.max(1, deadline - Date.now()),
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

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);

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
 * Reads what was packaged into a folder.
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

/**
 * Packages the service: a zip for each function, the template, and beside them the source maps and metafiles in `bundles/`.
 *
 * @throws Error with all that the CLI printed, when it fails or takes too long
 */
export const packageService = async ({
  stage,
  directory,
  configurationFile,
  params = {},
  timeLimitMs = 120_000,
}: Packaging): Promise<PackagedService> => {
  const target = resolve(directory);
  const deadline = Date.now() + timeLimitMs;
  const release = await acquireLock(join(ROOT, LOCK), deadline);
  const removeTemporary = () => rm(join(ROOT, TEMPORARY), { recursive: true, force: true, maxRetries: 5 });
  try {
    // That of a packaging that was killed.
    await removeTemporary();
    await mkdir(join(ROOT, TEMPORARY), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rm(join(ROOT, BUNDLE_NOTES), { recursive: true, force: true });
    // What `invoke local` left there would be zipped too.
    await rm(join(ROOT, WORK_FOLDER), { recursive: true, force: true });
    await runCli(
      [
        ...['package', '--stage', stage, '--package', target],
        ...Object.entries(params).flatMap(([name, value]) => ['--param', `${name}=${value}`]),
      ],
      { ...process.env, ...(configurationFile === undefined ? {} : { BREAKAWAY_CONFIG: configurationFile }) },
      deadline,
    );
    await cp(join(ROOT, BUNDLE_NOTES), join(target, 'bundles'), { recursive: true });
    return await readPackaged(target);
  } finally {
    await removeTemporary();
    await release();
  }
};
