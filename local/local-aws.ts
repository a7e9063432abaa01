/**
 * The local AWS: MiniStack for S3, EventBridge, SQS, Lambda, DynamoDB, SNS, CloudFormation and
 * CloudWatch; Moto for Batch, EMR, EC2 and load balancing. Both listen on loopback only, keep all
 * data in memory, and end with the process that started them.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FOLDER_VARIABLE } from '../bundle/process-identity.ts';
import { LocalAwsError } from './local-aws-error.ts';
import { holdJobs } from './moto.ts';
import { tailOf } from './process/log-tail.ts';
import { type ProcessGroup, startGroup } from './process/process-group.ts';
import { preparePython } from './process/python-environment.ts';
import { endLeftovers, openWorkFolder, type WorkFolder } from './process/work-folder.ts';
import type { Say } from './terminal.ts';

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..');

/** The folder for files of this machine. */
export const LOCAL_FOLDER = join(ROOT, '.local');

export const REGION = 'ap-northeast-1';
export const ACCOUNT = '123456789012';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const PORT_TRIES = 3;

export type LocalAws = {
  /** The endpoint of all services without an endpoint of their own. */
  readonly endpoint: string;
  /** The endpoint of Batch, EMR, EC2 and load balancing. */
  readonly batchEndpoint: string;
  /**
   * The environment for the SDK, the AWS CLI and `serverless`: endpoints, Region, and dummy
   * credentials.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: WorkFolder;
  /** Resolves with the reason when a server ends unexpectedly. */
  readonly broken: Promise<LocalAwsError>;
  /**
   * Ends all processes of the start, workers of functions included, and removes all files but the
   * logs.
   */
  stop(): Promise<void>;
};

export type StartOptions = {
  /** The name of the start's folder: `start`, `test`. */
  readonly name: string;
  readonly say: Say;
  /**
   * The port of {@link LocalAws.endpoint}.
   *
   * @defaultValue a free port
   */
  readonly port?: number;
  /**
   * The environment in which Python is found and installed.
   *
   * @defaultValue the environment of this process
   */
  readonly processEnvironment?: Readonly<Record<string, string | undefined>>;
  /** @defaultValue `.local/runs` */
  readonly runs?: string;
  /**
   * Finds a number of free ports.
   *
   * @defaultValue ports that the system chooses
   */
  readonly findPorts?: FindPorts;
};

export type FindPorts = (count: number) => Promise<readonly number[]>;

/**
 * Makes settings with which an SDK client reaches only the local AWS, whatever the environment
 * contains.
 */
export const clientSettings = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, HOST, () => server.close(() => resolve(false)));
  });

/** Finds different free ports. */
const freePorts: FindPorts = async (count) => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, HOST, () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};

const answers = async (url: string): Promise<boolean> => {
  try {
    const { ok } = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    return ok;
  } catch {
    return false;
  }
};

type Server = { readonly name: string; readonly group: ProcessGroup; readonly log: string; readonly healthUrl: string };

const ended = async ({ name, group, log }: Server): Promise<LocalAwsError> => {
  const { reason } = await group.ended;
  return new LocalAwsError(`${name} has ended (${reason}). Its log, ${log}, ends with:\n${tailOf(log)}`);
};

const waitUntilReady = async (server: Server): Promise<void> => {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let broken: LocalAwsError | undefined;
  void ended(server).then((error) => {
    broken = error;
  });
  while (!(await answers(server.healthUrl))) {
    if (broken !== undefined) {
      throw broken;
    }
    if (Date.now() > deadline) {
      throw new LocalAwsError(
        `${server.name} has not answered for ${READY_TIMEOUT_MS / 1_000} s. Its log, ${server.log}, ends with:\n${tailOf(server.log)}`,
      );
    }
    await sleep(READY_POLL_MS);
  }
  // Another program may have answered on this port.
  if (broken !== undefined) {
    throw broken;
  }
};

const environmentFor = (endpoint: string, batchEndpoint: string): Record<string, string> => ({
  // The default stage of serverless.yml.
  BREAKAWAY_STAGE: 'local',
  AWS_ENDPOINT_URL: endpoint,
  AWS_ENDPOINT_URL_BATCH: batchEndpoint,
  AWS_ENDPOINT_URL_EC2: batchEndpoint,
  AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: batchEndpoint,
  AWS_ENDPOINT_URL_EMR: batchEndpoint,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: REGION,
  AWS_DEFAULT_REGION: REGION,
  // The emulators cannot read compressed requests.
  AWS_DISABLE_REQUEST_COMPRESSION: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  SLS_TELEMETRY_DISABLED: '1',
  SLS_NOTIFICATIONS_MODE: 'off',
  // The milliseconds between two checks of a deployment.
  SLS_AWS_MONITORING_FREQUENCY: '250',
});

const startServers = async (python: string, folder: WorkFolder, ports: readonly [number, number]) => {
  const [port, batchPort] = ports;
  const endpoint = `http://${HOST}:${port}`;
  const batchEndpoint = `http://${HOST}:${batchPort}`;
  const script = join(import.meta.dirname, 'server.py');
  // None of the user's variables, since functions inherit the environment.
  const environment = {
    [FOLDER_VARIABLE]: folder.path,
    HOME: folder.home,
    LANG: 'C.UTF-8',
    // Functions run on the same Node as this process.
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    PYTHONUNBUFFERED: '1',
    TMPDIR: folder.temporary,
    TZ: 'UTC',
  };
  const start = (name: string, args: readonly string[], more: Record<string, string>, healthUrl: string): Server => {
    const log = folder.log(name.toLowerCase());
    // Removes the log of an earlier attempt.
    writeFileSync(log, '');
    const group = startGroup({
      program: python,
      args: [script, ...args],
      environment: { ...environment, ...more },
      folder: folder.path,
      logFile: log,
    });
    return { name, group, log, healthUrl };
  };
  const servers = [
    start('Moto', ['moto', String(batchPort)], {}, `${batchEndpoint}/moto-api/config`),
    start(
      'MiniStack',
      ['ministack'],
      {
        BIND_HOST: HOST,
        GATEWAY_PORT: String(port),
        IOT_MTLS_ENABLED: '0',
        MINISTACK_ACCOUNT_ID: ACCOUNT,
        MINISTACK_HOST: HOST,
        MINISTACK_REGION: REGION,
        STATE_DIR: join(folder.temporary, 'state'),
        NODE_OPTIONS: '--enable-source-maps --no-deprecation',
        AWS_ENDPOINT_URL_BATCH: batchEndpoint,
        AWS_ENDPOINT_URL_EC2: batchEndpoint,
        AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: batchEndpoint,
        AWS_ENDPOINT_URL_EMR: batchEndpoint,
        AWS_DISABLE_REQUEST_COMPRESSION: 'true',
      },
      `${endpoint}/_ministack/health`,
    ),
  ];
  try {
    await Promise.all(servers.map(waitUntilReady));
    await holdJobs(batchEndpoint);
  } catch (error) {
    for (const { group } of servers) {
      group.end();
    }
    // Their ports are free only when they have ended.
    await Promise.all(servers.map(({ group }) => group.ended));
    throw error;
  }
  return { endpoint, batchEndpoint, servers };
};

const portTaken = (port: number): LocalAwsError =>
  new LocalAwsError(`Port ${port} on ${HOST} is in use. Choose another port, or leave --port out to use a free one.`);

const refuseTaken = async (wanted: number | undefined): Promise<void> => {
  if (wanted !== undefined && (await isTaken(wanted))) {
    throw portTaken(wanted);
  }
};

const isPortConflict = (error: unknown): boolean =>
  error instanceof LocalAwsError && /address already in use|is already in use/i.test(error.message);

/**
 * Starts the servers on the wanted port or on free ports. Another process can take such a port in
 * between.
 */
const startOnPorts = async (python: string, folder: WorkFolder, wanted: number | undefined, findPorts: FindPorts) => {
  await refuseTaken(wanted);
  for (let tried = 1; ; tried += 1) {
    const [port = 0, batchPort = 0] = await findPorts(2);
    try {
      return await startServers(python, folder, [wanted ?? port, batchPort]);
    } catch (error) {
      if (!isPortConflict(error)) {
        throw error;
      }
      await refuseTaken(wanted);
      if (tried >= PORT_TRIES) {
        throw error;
      }
    }
  }
};

/**
 * Starts the local AWS and waits until it answers.
 *
 * @throws LocalAwsError when the local AWS cannot run on this machine, with a solution.
 */
export const startLocalAws = async ({
  name,
  say,
  port,
  processEnvironment = process.env,
  runs = join(LOCAL_FOLDER, 'runs'),
  findPorts = freePorts,
}: StartOptions): Promise<LocalAws> => {
  if (process.platform === 'win32') {
    throw new LocalAwsError('The local AWS runs on Linux and macOS. On Windows, use WSL.');
  }
  // Before the installation.
  await refuseTaken(port);
  const python = await preparePython({
    folder: join(LOCAL_FOLDER, 'venv'),
    requirements: join(import.meta.dirname, 'requirements.txt'),
    environment: processEnvironment,
    say,
  });
  const { folder, ended: leftovers } = await openWorkFolder(runs, name);
  if (leftovers > 0) {
    say(`Ended ${leftovers} processes of an earlier start`);
  }
  say('Starting MiniStack and Moto; their logs are in');
  say(`${folder.path} ...`);
  const { endpoint, batchEndpoint, servers } = await startOnPorts(python, folder, port, findPorts);

  let stopping = false;
  const broken = new Promise<LocalAwsError>((resolve) => {
    for (const server of servers) {
      void ended(server).then((error) => {
        if (!stopping) {
          resolve(error);
        }
      });
    }
  });
  return {
    endpoint,
    batchEndpoint,
    environment: environmentFor(endpoint, batchEndpoint),
    folder,
    broken,
    stop: async () => {
      stopping = true;
      for (const { group } of servers) {
        group.end();
      }
      await Promise.all(servers.map(({ group }) => group.ended));
      await endLeftovers(folder.path);
      folder.clear();
    },
  };
};
