import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { BatchClient, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { processesOf } from '../../bundle/process-identity.ts';
import { clientSettings, LOCAL_FOLDER, ROOT } from '../../local/local-aws.ts';
import { aClone, type Clone } from './a-clone.ts';

const RUNS = join(LOCAL_FOLDER, 'runs');

const running: ChildProcess[] = [];

afterEach(() => {
  for (const child of running.splice(0)) {
    child.kill('SIGKILL');
  }
});

/** Runs `npm start`, as npm does. */
const start = (args: readonly string[] = [], root = ROOT, environment: Readonly<Record<string, string>> = {}) => {
  const child = spawn(process.execPath, ['local/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  running.push(child);
  return {
    child,
    folder: join(RUNS, `once-${child.pid}`),
    output: () => Buffer.concat(output).toString(),
    exit: once(child, 'close'),
  };
};

const startOnce = () => start(['--once']);

const QUEUE = 'recommendation-etl';

/** Finds out where a server of a start listens, and asks it until it answers as expected. */
const onceReady = <Result>(
  folder: string,
  server: 'moto' | 'ministack',
  ask: (endpoint: string) => Promise<Result>,
): Promise<Result> =>
  vi.waitFor(
    () => {
      const log = readFileSync(join(folder, `${server}.log`), 'utf8');
      const [endpoint = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? [];
      return ask(endpoint);
    },
    { timeout: 150_000, interval: 50 },
  );

/** Keeps a bucket from telling of its files. */
const silence = (folder: string, bucket: string): Promise<void> =>
  onceReady(folder, 'ministack', async (endpoint) => {
    const s3 = new S3Client(clientSettings(endpoint));
    const settings = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
    expect(settings.EventBridgeConfiguration).toBeDefined();
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: {} }));
  });

/** Submits a job that has been submitted, and one of which nobody knows. */
const meddle = (folder: string): Promise<string> =>
  onceReady(folder, 'moto', async (endpoint) => {
    const batch = new BatchClient(clientSettings(endpoint));
    const all = { jobQueue: QUEUE, filters: [{ name: 'JOB_NAME', values: ['*'] }] };
    const { jobSummaryList: [job] = [] } = await batch.send(new ListJobsCommand(all));
    const own = job?.jobName ?? '';
    expect(own).toMatch(/^breakaway-local-/);
    for (const jobName of [own, 'intruder']) {
      await batch.send(new SubmitJobCommand({ jobName, jobQueue: QUEUE, jobDefinition: 'import-sales' }));
    }
    return own;
  });

describe('npm start -- --once', () => {
  it('exits with 1 and names each job that is missing, duplicate or unexpected', async () => {
    const { folder, exit, output } = startOnce();
    await silence(folder, 'clickstream-landing');
    const own = await meddle(folder);

    const [code]: unknown[] = await exit;

    expect(code).toBe(1);
    expect(output()).toContain('20 jobs are expected, and Batch has 13:');
    expect(output()).toContain(`duplicate: ${own} 2 times`);
    expect(output()).toContain(`unexpected: intruder in ${QUEUE}`);
    const missing = output().match(/missing: breakaway-local-(clickstream-hourly|segment-upload)\S* in \S+ \(.*\)/g);
    expect(missing).toHaveLength(9);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).not.toContain('tmp');
  });

  it('ends everything when it gets a signal on the way', async () => {
    const { child, folder, exit, output } = startOnce();
    await vi.waitFor(() => expect(readdirSync(folder)).toContain('package.log'), { timeout: 60_000, interval: 50 });

    child.kill('SIGTERM');

    const [code]: unknown[] = await exit;
    expect(code).toBe(130);
    expect(output()).toMatch(/Packaging the service \.\.\.\n\nEnding \.\.\.\n$/);
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).not.toContain('tmp');
  });
});

describe('npm start', () => {
  let clone: Clone | undefined;

  afterEach(() => clone?.remove());

  /** Makes a clone, and for it a Python that never gets an installation done. */
  const aSlowInstallation = () => {
    clone = aClone();
    const python = join(clone.root, 'python');
    const installing = join(clone.root, 'installing.txt');
    const answer = `#!/bin/sh\nif [ "$1" = -c ]; then echo 3.12.1; echo venv; exit; fi\n`;
    writeFileSync(python, `${answer}echo $$ >${installing}\nsleep 605\n:\n`);
    chmodSync(python, 0o755);
    const { root } = clone;
    return {
      start: (args: readonly string[] = []) => start(args, root, { BREAKAWAY_PYTHON: python }),
      /** Waits until it installs, and tells the process that does. */
      installer: () =>
        vi.waitFor(
          () => {
            const pid = Number(readFileSync(installing, 'utf8'));
            expect(pid).toBeGreaterThan(0);
            return pid;
          },
          { timeout: 60_000, interval: 50 },
        ),
    };
  };

  const isGroupAlive = (pid: number): boolean => {
    try {
      return process.kill(-pid, 0);
    } catch {
      return false;
    }
  };

  it('refuses to run while another one starts, and leaves that one alone', async () => {
    const { start: startHere, installer } = aSlowInstallation();
    const first = startHere();
    await installer();

    const second = startHere();

    expect((await second.exit)[0]).toBe(1);
    expect(second.output()).toContain(`Process ${first.child.pid} is already starting the local AWS. Wait until`);
    expect(first.child.exitCode).toBeNull();
    first.child.kill('SIGTERM');
    expect((await first.exit)[0]).toBe(130);
    expect(first.output()).toMatch(/\n\nEnding \.\.\.\n$/);
  });

  it('leaves no process and no lock when it is killed during the installation', async () => {
    const { start: startHere, installer } = aSlowInstallation();
    const first = startHere();
    const pid = await installer();
    expect(isGroupAlive(pid)).toBe(true);

    first.child.kill('SIGKILL');

    await vi.waitFor(() => expect(isGroupAlive(pid)).toBe(false), { timeout: 10_000, interval: 50 });
    const second = startHere();
    await vi.waitFor(async () => expect(await installer()).not.toBe(pid), { timeout: 60_000, interval: 50 });
    second.child.kill('SIGINT');
    expect((await second.exit)[0]).toBe(130);
  });

  it('reports a port in use before it installs anything', async () => {
    const { start: startHere } = aSlowInstallation();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    const { exit, output } = startHere(['--port', String(port)]);

    expect((await exit)[0]).toBe(1);
    expect(output()).toBe(
      `\nPort ${port} on 127.0.0.1 is in use. Choose another port, or leave --port out to use a free one.\n`,
    );
    other.close();
  });
});
