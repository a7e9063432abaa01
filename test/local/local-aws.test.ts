import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientSettings, type LocalAws, startLocalAws } from '../../local/local-aws.ts';
import { identify, isRunning, processesOf } from '../../local/process-identity.ts';
import { endLeftovers, openWorkFolder } from '../../local/work-folder.ts';
import { aZipOf } from './a-zip.ts';

let runs = '';
const started: LocalAws[] = [];

const start = async (options: { port?: number } = {}): Promise<LocalAws> => {
  const aws = await startLocalAws({ name: 'own', say: () => undefined, runs, ...options });
  started.push(aws);
  return aws;
};

beforeEach(() => {
  runs = mkdtempSync(join(tmpdir(), 'breakaway-runs-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((aws) => aws.stop()));
  // Also when a test has failed on the way.
  await Promise.all(readdirSync(runs).map((name) => endLeftovers(join(runs, name))));
  rmSync(runs, { recursive: true, force: true });
});

const gone = (folder: string): Promise<void> =>
  vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 10_000, interval: 50 });

/** Starts a process that only waits, as a worker of the folder's local AWS or as a stranger. */
const aProcess = (environment: Record<string, string>) =>
  spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], ...environment }, detached: true, stdio: 'ignore' });

describe('startLocalAws', () => {
  it('ends every process it started, workers of functions included, and leaves the logs alone', async () => {
    const aws = await start();
    const lambdas = new LambdaClient(clientSettings(aws.endpoint));
    // It answers only after a minute: the worker is in the middle of an invocation when the end comes.
    const code = 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));';
    await lambdas.send(
      new CreateFunctionCommand({
        FunctionName: 'slow',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::123456789012:role/any',
        Timeout: 60,
        Code: { ZipFile: aZipOf('index.js', code) },
      }),
    );
    await lambdas.send(new InvokeCommand({ FunctionName: 'slow', InvocationType: 'Event' }));
    await vi.waitFor(() => expect(processesOf(aws.folder.path)).toHaveLength(3), { timeout: 20_000, interval: 100 });

    await aws.stop();

    expect(processesOf(aws.folder.path)).toEqual([]);
    expect(readdirSync(aws.folder.path).sort()).toEqual(['ministack.log', 'moto.log', 'owner.json']);
  });

  it('gives the functions nothing of the environment of whoever started it', async () => {
    process.env['BREAKAWAY_TEST_SECRET'] = 'secret';
    const aws = await start();
    delete process.env['BREAKAWAY_TEST_SECRET'];
    const lambdas = new LambdaClient(clientSettings(aws.endpoint));
    await lambdas.send(
      new CreateFunctionCommand({
        FunctionName: 'environment',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::123456789012:role/any',
        Code: { ZipFile: aZipOf('index.js', 'exports.handler = async () => ({ ...process.env });') },
      }),
    );

    const { Payload: payload } = await lambdas.send(new InvokeCommand({ FunctionName: 'environment' }));

    const environment: Record<string, string> = JSON.parse(Buffer.from(payload ?? []).toString());
    expect(environment).toMatchObject({
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ENDPOINT_URL_BATCH: aws.batchEndpoint,
      AWS_REGION: 'ap-northeast-1',
    });
    expect(environment).not.toHaveProperty('BREAKAWAY_TEST_SECRET');
    expect(environment['HOME']).toBe(aws.folder.home);
  });

  it('says so when a part of it dies, with the log', async () => {
    const aws = await start();
    const [server] = processesOf(aws.folder.path);

    process.kill(server ?? 0, 'SIGKILL');

    const { message } = await aws.broken;
    expect(message).toMatch(/^(Moto|MiniStack) has ended \(signal SIGKILL\)\. Its log, .*\.log, ends with:\n {2}/);
  });

  it('names a port that is taken, and the way out', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    await expect(start({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken. Name another one, or none`);

    other.close();
  });

  it('runs beside another one', async () => {
    const [one, other] = [await start(), await start()];

    expect(new Set([one.endpoint, one.batchEndpoint, other.endpoint, other.batchEndpoint]).size).toBe(4);
    expect(one.folder.path).not.toBe(other.folder.path);
  });

  it('ends with the process that started it, even when that is killed', async () => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'hold.ts'), runs], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: string[] = await once(createInterface(holder.stdout), 'line');
    const { folder }: { folder: string } = JSON.parse(line ?? '');
    expect(processesOf(folder).length).toBeGreaterThanOrEqual(2);

    holder.kill('SIGKILL');

    await gone(folder);
  });
});

describe('openWorkFolder', () => {
  const deadOwner = { pid: 2 ** 22 + 1, startedAt: '1' };

  const anAbandonedFolder = (name: string): string => {
    const folder = join(runs, name);
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(deadOwner));
    writeFileSync(join(folder, 'moto.log'), 'what it said');
    return folder;
  };

  it('ends what a dead start has left, and nothing else', async () => {
    const folder = anAbandonedFolder('start-1');
    const worker = aProcess({ BREAKAWAY_LOCAL_FOLDER: folder });
    const stranger = aProcess({ BREAKAWAY_LOCAL_FOLDER: `${folder}0` });
    const workerEnded = once(worker, 'exit');

    const { ended, folder: opened } = await openWorkFolder(runs, 'start');

    expect(ended).toBe(1);
    await workerEnded;
    expect(identify(stranger.pid ?? 0)).toBeDefined();
    expect(existsSync(join(folder, 'tmp'))).toBe(false);
    expect(existsSync(join(folder, 'moto.log'))).toBe(true);
    opened.clear();
    stranger.kill('SIGKILL');
  });

  it('leaves a start alone whose owner lives', async () => {
    const living = anAbandonedFolder('start-1');
    writeFileSync(join(living, 'owner.json'), JSON.stringify(identify(process.pid)));
    const worker = aProcess({ BREAKAWAY_LOCAL_FOLDER: living });

    const { ended, folder } = await openWorkFolder(runs, 'start');

    expect(ended).toBe(0);
    expect(existsSync(join(living, 'tmp'))).toBe(true);
    folder.clear();
    worker.kill('SIGKILL');
  });

  it('takes a process that got the number of a dead owner for another one', async () => {
    const reused = anAbandonedFolder('start-1');
    writeFileSync(join(reused, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));

    const { folder } = await openWorkFolder(runs, 'start');

    expect(isRunning({ pid: process.pid, startedAt: 'long ago' })).toBe(false);
    expect(existsSync(join(reused, 'tmp'))).toBe(false);
    folder.clear();
  });

  it('keeps the logs of the last few starts only', async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      anAbandonedFolder(`start-${number}`);
    }

    const { folder } = await openWorkFolder(runs, 'start');

    expect(readdirSync(runs)).toHaveLength(4);
    folder.clear();
  });
});
