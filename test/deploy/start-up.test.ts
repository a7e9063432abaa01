/** What a cold start costs, as far as it can be told without a clock: what is in a bundle, what it loads, and what it makes only once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackagedFunction } from '../../bundle/packaging.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { zipEntries } from '../support/zip-entries.ts';
import { packagedService, readTemplate } from './packaged.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** An event of each function that makes it ask AWS something. */
const EVENTS: Readonly<Record<string, string>> = {
  'aggregate-emr-metrics': 'aggregate-emr-metrics-schedule',
  'check-arrivals': 'check-arrivals-schedule',
  'count-stuck-jobs': 'count-stuck-jobs-schedule',
  'notify-failure': 'notify-failure-container',
  'rebind-emr-ui': 'rebind-emr-ui-schedule',
  'submit-batch-job': 'submit-batch-job-eventbridge',
  'track-jobs': 'track-jobs-running',
};

const readEvent = (name: string): Promise<string> => readFile(join(ROOT, `events/${EVENTS[name]}.json`), 'utf8');

/** Whether the configuration that was packaged gives a function something to ask AWS for, with its event. */
const hasWork = async (name: string): Promise<boolean> => {
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  if (name === 'aggregate-emr-metrics') return configuration.emr !== undefined;
  if (name !== 'submit-batch-job') return true;
  const { detail } = JSON.parse(await readEvent(name));
  return createMatcher(configuration.feeds)({ bucket: detail.bucket.name, key: detail.object.key }).length > 0;
};

/** Modules of Node that cost time or memory, and that nothing of the suite needs before it has work. */
const HEAVY =
  /^NativeModule (?:.*undici.*|http2|child_process|cluster|worker_threads|inspector|dgram|repl|sqlite|vm|test.*|internal\/modules\/esm\/.*_hooks)$/;

/** Loads the bundle as Lambda's runtime would, invokes it twice, and tells which modules of Node were loaded before and by then. */
const RUNTIME = `
  const before = new Set(process.moduleLoadList);
  const http = require('node:http');
  const { writeSync } = require('node:fs');
  const [, file, event, next] = process.argv;
  const { handler } = require(file);
  const loaded = () => process.moduleLoadList.filter((module) => !before.has(module));
  const atStart = loaded();
  const context = { awsRequestId: 'r', functionName: 'f', memoryLimitInMB: '512', getRemainingTimeInMillis: () => 20_000 };
  const invoke = () => handler(JSON.parse(event), context).catch(() => undefined);
  const tellNext = () => new Promise((done) => http.get(next, { agent: false }, (answer) => answer.resume().on('end', done)));
  invoke().then(tellNext).then(invoke).then(() => {
    writeSync(3, JSON.stringify({ atStart, inTheEnd: loaded() }));
    process.exit(0);
  });
`;

type Loaded = { readonly atStart: readonly string[]; readonly inTheEnd: readonly string[] };

type Bundle = PackagedFunction & {
  readonly file: string;
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
};

let folder: string;
let bundles: readonly Bundle[];

type Seen = { readonly invocation: number; readonly connection: number };
const seen: Seen[] = [];
const connections = new WeakMap<Socket, number>();
let invocation = 1;
let connected = 0;

/** An AWS that knows of nothing, and remembers over which connection it was asked. */
const nothing = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url === '/next') {
      invocation += 1;
    } else {
      seen.push({ invocation, connection: connections.get(request.socket) ?? 0 });
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"Items":[],"Count":0,"ScannedCount":0}');
  });
}).on('connection', (socket) => {
  connected += 1;
  connections.set(socket, connected);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-start-up-'));
  const service = await packagedService();
  const resources = Object.values((await readTemplate(service)).Resources);
  bundles = await Promise.all(
    service.functions.map(async (packaged) => {
      const handler = `functions/${packaged.folder}/handler`;
      const file = join(folder, `${handler}.js`);
      const code = (await zipEntries(packaged.zip)).get(`${handler}.js`) ?? Buffer.of();
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, code);
      const { outputs } = JSON.parse(await readFile(packaged.metafile, 'utf8'));
      const { inputs } = outputs[Object.keys(outputs).find((name) => name.endsWith('.js')) ?? ''];
      return {
        ...packaged,
        file,
        code: code.toString(),
        environment: resources.find(({ Properties }) => Properties.Handler === `${handler}.handler`)?.Properties
          .Environment.Variables,
        inputs: Object.keys(inputs).filter((input) => inputs[input].bytesInOutput > 0),
      };
    }),
  );
  nothing.listen(0, '127.0.0.1');
  await once(nothing, 'listening');
});

afterAll(async () => {
  nothing.closeAllConnections();
  nothing.close();
  await rm(folder, { recursive: true, force: true });
});

const urlOfNothing = (): string => {
  const address = nothing.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
};

/** Runs a bundle in a process of its own. */
const run = async ({ file, environment, folder: name }: Bundle, endpoint: string): Promise<Loaded> => {
  const event = await readEvent(name);
  const child = spawn(process.execPath, ['-e', RUNTIME, file, event, `${urlOfNothing()}/next`], {
    env: {
      ...environment,
      AWS_REGION: 'ap-northeast-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: endpoint,
    },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const closed = once(child, 'close');
  const [errors = '', told = ''] = await Promise.all(
    [child.stderr, child.stdio[3]].map((stream) => text(stream as Readable)),
  );
  const [code] = await closed;
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${errors}`);
  return JSON.parse(told);
};

const bundleOf = (name: string): Bundle => {
  const bundle = bundles.find(({ folder: one }) => one === name);
  if (bundle === undefined) throw new Error(`There is no bundle of ${name}`);
  return bundle;
};

describe('every bundle', () => {
  it('is CommonJS: as a module of the other kind, https alone would take as long to load as all of it', () => {
    expect(bundles).toHaveLength(Object.keys(EVENTS).length);
    for (const { folder: name, code } of bundles) {
      // A module of the other kind is no script.
      expect(() => new Script(code)).not.toThrow();
      expect([name, code.includes('module.exports=')]).toEqual([name, true]);
    }
  });

  it('takes credentials from the environment, and has no other provider in it', () => {
    for (const { folder: name, inputs } of bundles) {
      const providers = inputs.flatMap(
        (input) => /credential-provider-\w+|token-providers|nested-clients/.exec(input) ?? [],
      );

      expect([name, new Set(providers)]).toEqual([name, new Set(['credential-provider-env'])]);
    }
  });

  it('has of the SDK only what can be shaken', () => {
    for (const { folder: name, inputs } of bundles) {
      const commonJs = inputs.filter((input) => /node_modules\/@(?:aws-sdk|smithy)\/[^/]+\/dist-cjs\//.test(input));

      expect([name, commonJs]).toEqual([name, []]);
    }
  });

  it('has its source map beside the package, and does not name it', async () => {
    for (const { code, map } of bundles) {
      expect((await stat(map)).size).toBeGreaterThan(100_000);
      expect(code.includes('sourceMappingURL=data:')).toBe(false);
    }
  });
});

describe.each(Object.keys(EVENTS))('%s', (name) => {
  it('loads nothing heavy but https, neither at its start nor with its first requests', async () => {
    const { atStart, inTheEnd } = await run(bundleOf(name), 'https://127.0.0.1:9');

    expect(atStart).toContain('NativeModule https');
    expect(atStart).toContain('NativeModule tls');
    expect(inTheEnd.filter((module) => HEAVY.test(module))).toEqual([]);
  });

  it('makes its clients once for all events', async ({ skip }) => {
    skip(!(await hasWork(name)), 'the configuration is not the shipped one, and its event is about nothing in it');
    seen.length = 0;
    invocation = 1;

    await run(bundleOf(name), urlOfNothing());

    const inFirst = new Set(seen.filter((one) => one.invocation === 1).map(({ connection }) => connection));
    const inSecond = seen.filter((one) => one.invocation === 2);
    expect(inFirst.size).toBeGreaterThan(0);
    expect(inSecond.length).toBeGreaterThan(0);
    // A client of its own would begin with a connection of its own.
    expect(inSecond.filter(({ connection }) => inFirst.has(connection)).length).toBeGreaterThan(0);
  });
});
