import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identify, isRunning, processesOf } from '../../bundle/process-identity.ts';
import { clientSettings, type LocalAws, type StartOptions, startLocalAws } from '../../local/local-aws.ts';
import { endLeftovers, openWorkFolder } from '../../local/process/work-folder.ts';
import { aZipOf } from './a-zip.ts';

let runs = '';
const started: LocalAws[] = [];

const start = async (options: Partial<StartOptions> = {}): Promise<LocalAws> => {
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

/** Tells whether a process leads its group: of a server's group, that is the server. */
const isLeader = (pid: number): boolean => {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
};

/** Listens on a port of the system's choice, or on a given one. */
const listen = async (port = 0): Promise<{ port: number; close: () => void }> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => server.close(),
  };
};

const freePort = async (): Promise<number> => {
  const { port, close } = await listen();
  close();
  return port;
};

/** Starts a process that only waits, as a worker of the folder's local AWS or as a stranger. */
const aProcess = (environment: Record<string, string>) =>
  spawn('sleep', ['600'], { env: { PATH: process.env['PATH'], ...environment }, detached: true, stdio: 'ignore' });

describe('startLocalAws', () => {
  it('ends every process that it started, workers of functions included, and keeps the logs', async () => {
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
    // Two servers, each with its watcher, and the worker.
    await vi.waitFor(() => expect(processesOf(aws.folder.path)).toHaveLength(5), { timeout: 20_000, interval: 100 });

    await aws.stop();

    expect(processesOf(aws.folder.path)).toEqual([]);
    expect(readdirSync(aws.folder.path).sort()).toEqual(['ministack.log', 'moto.log', 'owner.json']);
  });

  it('gives functions none of the variables of the user', async () => {
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

  it('reports a server that dies, with its log', async () => {
    const aws = await start();
    const server = processesOf(aws.folder.path).find(isLeader);

    process.kill(server ?? 0, 'SIGKILL');

    const { message } = await aws.broken;
    expect(message).toMatch(/^(Moto|MiniStack) has ended \(signal SIGKILL\)\. Its log, .*\.log, ends with:\n {2}/);
  });

  it('reports a port in use, with a solution, before anything is installed', async () => {
    const other = await listen();
    const said: string[] = [];

    await expect(
      start({ port: other.port, say: (line) => said.push(line), processEnvironment: { PATH: '/nowhere' } }),
    ).rejects.toThrow(
      `Port ${other.port} on 127.0.0.1 is in use. Choose another port, or leave --port out to use a free one.`,
    );

    expect(said).toEqual([]);
    other.close();
  });

  it('reports a port that another process takes just before', async () => {
    const port = await freePort();
    let tries = 0;
    let other: Awaited<ReturnType<typeof listen>> | undefined;

    const starting = start({
      port,
      findPorts: async () => {
        tries += 1;
        other ??= await listen(port);
        return [0, await freePort()];
      },
    });

    await expect(starting).rejects.toThrow(
      /^Port \d+ on 127\.0\.0\.1 is in use\. Choose another port, or leave --port out to use a free one\.$/,
    );
    expect(tries).toBe(1);
    expect(readdirSync(runs).flatMap((name) => processesOf(join(runs, name)))).toEqual([]);
    other?.close();
  });

  it('tries other ports when the chosen ones were taken in the meantime, and keeps only the log of the last attempt', async () => {
    const others = await Promise.all([listen(), listen()]);
    let tries = 0;

    const starting = start({
      findPorts: async () => {
        tries += 1;
        return others.map(({ port }) => port);
      },
    });

    const { message }: Error = await starting.then(
      () => expect.unreachable('it started'),
      (error) => error,
    );
    expect(tries).toBe(3);
    expect(message.match(/already in use/gi)).toHaveLength(1);
    for (const { close } of others) {
      close();
    }
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

  it('ends the processes that a dead start has left, and no others', async () => {
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

  it('leaves a start with a living owner alone', async () => {
    const living = anAbandonedFolder('start-1');
    writeFileSync(join(living, 'owner.json'), JSON.stringify(identify(process.pid)));
    const worker = aProcess({ BREAKAWAY_LOCAL_FOLDER: living });

    const { ended, folder } = await openWorkFolder(runs, 'start');

    expect(ended).toBe(0);
    expect(existsSync(join(living, 'tmp'))).toBe(true);
    folder.clear();
    worker.kill('SIGKILL');
  });

  it('does not mistake a process with the number of a dead owner for the owner', async () => {
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
