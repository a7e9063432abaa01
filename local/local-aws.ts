/**
 * The local AWS: MiniStack for S3, EventBridge, SQS, Lambda, DynamoDB, SNS, CloudFormation and CloudWatch, Moto for Batch, EMR, EC2 and
 * load balancing. Both listen on loopback only, hold everything in memory, and end with the process that started them.
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

/** The repository. */
export const ROOT = join(import.meta.dirname, '..');

/** Everything that is made on this machine only. */
export const LOCAL_FOLDER = join(ROOT, '.local');

export const REGION = 'ap-northeast-1';
export const ACCOUNT = '123456789012';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 50;
const PORT_TRIES = 3;

export type LocalAws = {
  /** Where everything goes that no other endpoint is named for. */
  readonly endpoint: string;
  /** Batch, EMR, EC2 and load balancing. */
  readonly batchEndpoint: string;
  /** What the SDK, the AWS CLI and `serverless` need to reach it: endpoints, region, and credentials that open nothing. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: WorkFolder;
  /** Resolves with the reason when a part of it ended without being asked to. */
  readonly broken: Promise<LocalAwsError>;
  /** Ends everything that was started, workers of functions included, and removes all but the logs. */
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Names the start's folder: `start`, `test`. */
  readonly name: string;
  readonly say: Say;
  /**
   * The port of {@link LocalAws.endpoint}.
   *
   * @defaultValue a free one
   */
  readonly port?: number;
  /**
   * The environment to find and install Python with.
   *
   * @defaultValue that of this process
   */
  readonly processEnvironment?: Readonly<Record<string, string | undefined>>;
  /** @defaultValue `.local/runs` */
  readonly runs?: string;
  /**
   * Finds so many free ports.
   *
   * @defaultValue asks the system
   */
  readonly findPorts?: FindPorts;
};

export type FindPorts = (count: number) => Promise<readonly number[]>;

/** Makes the settings of an SDK client that reaches the local AWS and nothing else, whatever the environment says. */
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

/** Finds free ports, all different. */
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
  // Something else may have answered in its place.
  if (broken !== undefined) {
    throw broken;
  }
};

const environmentFor = (endpoint: string, batchEndpoint: string): Record<string, string> => ({
  // What serverless.yml takes for the stage when none is given.
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
  // Neither emulator reads a compressed request.
  AWS_DISABLE_REQUEST_COMPRESSION: 'true',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  SLS_TELEMETRY_DISABLED: '1',
  SLS_NOTIFICATIONS_MODE: 'off',
  // How often a deployment asks whether it is done, in milliseconds.
  SLS_AWS_MONITORING_FREQUENCY: '250',
});

const startServers = async (python: string, folder: WorkFolder, ports: readonly [number, number]) => {
  const [port, batchPort] = ports;
  const endpoint = `http://${HOST}:${port}`;
  const batchEndpoint = `http://${HOST}:${batchPort}`;
  const script = join(import.meta.dirname, 'server.py');
  // Nothing of the person's own: functions inherit all of it.
  const environment = {
    [FOLDER_VARIABLE]: folder.path,
    HOME: folder.home,
    LANG: 'C.UTF-8',
    // Functions run on the Node that runs this.
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    PYTHONUNBUFFERED: '1',
    TMPDIR: folder.temporary,
    TZ: 'UTC',
  };
  const start = (name: string, args: readonly string[], more: Record<string, string>, healthUrl: string): Server => {
    const log = folder.log(name.toLowerCase());
    // What an earlier try logged has nothing to do with this one.
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
    // Until then they hold their ports.
    await Promise.all(servers.map(({ group }) => group.ended));
    throw error;
  }
  return { endpoint, batchEndpoint, servers };
};

const portTaken = (port: number): LocalAwsError =>
  new LocalAwsError(`Port ${port} on ${HOST} is taken. Name another one, or none: a free port is found then.`);

const refuseTaken = async (wanted: number | undefined): Promise<void> => {
  if (wanted !== undefined && (await isTaken(wanted))) {
    throw portTaken(wanted);
  }
};

const isPortConflict = (error: unknown): boolean =>
  error instanceof LocalAwsError && /address already in use|is already in use/i.test(error.message);

/** Starts the servers on the wanted port, or on free ones; any of these can be taken by somebody else in the moment between. */
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
 * @throws LocalAwsError when it cannot work on this machine as it is, with the way out
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
    throw new LocalAwsError('The local AWS runs on Linux and macOS; on Windows, in WSL.');
  }
  // Before anything is installed.
  await refuseTaken(port);
  const python = await preparePython({
    folder: join(LOCAL_FOLDER, 'venv'),
    requirements: join(import.meta.dirname, 'requirements.txt'),
    environment: processEnvironment,
    say,
  });
  const { folder, ended: leftovers } = await openWorkFolder(runs, name);
  if (leftovers > 0) {
    say(`Ended ${leftovers} processes that an earlier start had left`);
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
