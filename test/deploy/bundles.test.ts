import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PackagedFunction } from '../../bundle/packaging.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { bundleLimit, bundleSize } from '../support/bundle-limits.ts';
import { zipEntries } from '../support/zip-entries.ts';
import { packagedService, readTemplate } from './packaged.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** What may be part of a work under the MIT licence. */
const COMPATIBLE = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** The functions that need to know the feeds; the others hold nothing of them. */
const READ_FEEDS = ['check-arrivals', 'count-stuck-jobs', 'notify-failure', 'submit-batch-job', 'track-jobs'];

type Bundle = PackagedFunction & {
  readonly file: string;
  readonly text: string;
  readonly entries: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The modules of which something is in the bundle. */
  readonly inputs: readonly string[];
};

type Invoked = {
  readonly isWrapped: boolean;
  readonly loaded: readonly string[];
  readonly result?: unknown;
  readonly error?: string;
  readonly lines: readonly Record<string, unknown>[];
};

const REQUEST_ID = 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef';

/** Runs in a process of its own, as Lambda's runtime would: loads the bundle, then invokes it. */
const RUNTIME = `
  const { writeSync } = require('node:fs');
  const [, file, event] = process.argv;
  const { handler } = require(file);
  const loaded = [...process.moduleLoadList];
  const context = { awsRequestId: '${REQUEST_ID}', functionName: 'f', memoryLimitInMB: '512', getRemainingTimeInMillis: () => 20_000 };
  handler(JSON.parse(event), context)
    .then((result) => ({ result }), (error) => ({ error: String(error) }))
    .then((outcome) => writeSync(3, JSON.stringify({ isWrapped: typeof handler.use === 'function', loaded, ...outcome })));
`;

const invoke = async (
  bundle: Bundle,
  event: unknown,
  environment: Readonly<Record<string, string>>,
): Promise<Invoked> => {
  const child = spawn(process.execPath, ['-e', RUNTIME, bundle.file, JSON.stringify(event)], {
    env: {
      ...bundle.environment,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const closed = once(child, 'close');
  const streams = [child.stdout, child.stderr, child.stdio[3]] as Readable[];
  const [out, errors, told = ''] = await Promise.all(streams.map((stream) => text(stream)));
  await closed;
  if (told === '') throw new Error(`The bundle did not answer: ${errors}${out}`);
  const lines = `${out}${errors}`.split('\n').filter((line) => line.startsWith('{'));
  return { ...JSON.parse(told), lines: lines.map((line) => JSON.parse(line)) };
};

let folder: string;
const bundles = new Map<string, Bundle>();
const bundleOf = (name: string): Bundle => bundles.get(name)!;

/** A DynamoDB that holds nothing but when something was done last: just now. A CloudWatch too, since both speak JSON and name the operation alike. */
const database = createServer((request, response) => {
  request.resume().on('end', () => {
    asked.push(String(request.headers['x-amz-target']));
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      .end(
        JSON.stringify({ Items: [], Count: 0, ScannedCount: 0, Item: { startedAt: { S: new Date().toISOString() } } }),
      );
  });
});
const asked: string[] = [];
let databaseUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-bundles-'));
  const service = await packagedService();
  const resources = Object.values((await readTemplate(service)).Resources);
  for (const packaged of service.functions) {
    const entries = await zipEntries(packaged.zip);
    const handler = `functions/${packaged.folder}/handler`;
    const file = join(folder, `${handler}.js`);
    const code = entries.get(`${handler}.js`) ?? Buffer.of();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code);
    const { outputs } = JSON.parse(await readFile(packaged.metafile, 'utf8'));
    const output = outputs[Object.keys(outputs).find((name) => name.endsWith('.js'))!];
    bundles.set(packaged.folder, {
      ...packaged,
      file,
      text: code.toString(),
      entries: [...entries.keys()],
      environment: resources.find(({ Properties }) => Properties.Handler === `${handler}.handler`)?.Properties
        .Environment.Variables,
      inputs: Object.keys(output.inputs).filter((input) => output.inputs[input].bytesInOutput > 0),
    });
  }
  database.listen(0, '127.0.0.1');
  await once(database, 'listening');
  const address = database.address();
  databaseUrl = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterAll(async () => {
  database.closeAllConnections();
  database.close();
  await rm(folder, { recursive: true, force: true });
  const sizes = [...bundles.values()].map(
    ({ folder: name, bundleBytes, zipBytes }) => `${name} ${bundleBytes} / ${zipBytes}`,
  );
  process.stdout.write(`Bytes minified / zipped: ${sizes.join(', ')}\n`);
});

const FUNCTIONS = (await readdir(join(ROOT, 'functions'))).filter((name) =>
  existsSync(join(ROOT, 'functions', name, 'handler.ts')),
);

/** Nothing listens there. */
const NOWHERE = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' };

describe('the packaged functions', () => {
  it('are those that have a handler', () => {
    expect([...bundles.keys()].toSorted()).toEqual(FUNCTIONS.toSorted());
  });
});

describe.each(FUNCTIONS)('the bundle of %s', (name) => {
  it('is within its limit, zipped too', () => {
    const { bundle, zip } = bundleSize(Buffer.from(bundleOf(name).text));

    expect(bundle).toBeLessThanOrEqual(bundleLimit(name).bundle);
    expect(zip).toBeLessThanOrEqual(bundleLimit(name).zip);
  });

  it('is alone in its package', () => {
    const { entries, text: code, bundleBytes } = bundleOf(name);

    expect(entries).toEqual([`functions/${name}/handler.js`]);
    expect(Buffer.byteLength(code)).toBe(bundleBytes);
  });

  it('holds the configuration as data, and nothing that made it', async () => {
    const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
    const { inputs, text: code } = bundleOf(name);

    expect(
      inputs.filter((input) =>
        /node_modules\/(zod|esbuild|serverless)\b|shared\/config\/(load|schema|checks)|^template\//.test(input),
      ),
    ).toEqual([]);
    const held = configuration.feeds.filter((feed) => code.includes(`"name":"${feed.name}"`));
    expect(held).toEqual(READ_FEEDS.includes(name) ? configuration.feeds : []);
  });

  it('holds only packages with a licence that goes with MIT', async () => {
    const packages = new Set(
      bundleOf(name).inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
    );

    expect(packages.size).toBeGreaterThan(5);
    for (const path of packages) {
      const { name: packageName, license } = JSON.parse(await readFile(join(ROOT, path, 'package.json'), 'utf8'));
      expect({ packageName, isCompatible: COMPATIBLE.includes(license), license }).toMatchObject({
        isCompatible: true,
      });
    }
  });

  it('loads neither undici nor http2, and exports the wrapped handler', async () => {
    const { isWrapped, loaded } = await invoke(bundleOf(name), {}, NOWHERE);

    expect(loaded.filter((module) => /undici|http2/.test(module))).toEqual([]);
    expect(loaded).toContain('NativeModule https');
    expect(isWrapped).toBe(true);
  });

  it('names the request in each line that it logs', async () => {
    const { lines } = await invoke(bundleOf(name), { Records: 'none' }, NOWHERE);

    const logged = lines.filter((line) => 'level' in line);
    expect(logged).not.toEqual([]);
    for (const line of logged) expect(line).toMatchObject({ service: name, function_request_id: REQUEST_ID });
  });
});

describe('the bundle of submit-batch-job', () => {
  it('writes its counts when it ends', async () => {
    const record = {
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'nobodys' }, object: { key: 'a', size: 1, eTag: 'e' } },
    };

    const { lines, error } = await invoke(bundleOf('submit-batch-job'), { Records: [record] }, NOWHERE);

    expect(error).toBeUndefined();
    expect(lines.find((line) => '_aws' in line)).toMatchObject({ service: 'submit-batch-job', ArrivalsSkipped: 1 });
  });
});

describe('the bundle of check-arrivals', () => {
  it('asks the endpoints that the environment names, that of a service before that of all', async () => {
    asked.length = 0;

    const { result, error } = await invoke(
      bundleOf('check-arrivals'),
      {},
      { ...NOWHERE, AWS_ENDPOINT_URL_DYNAMODB: databaseUrl, AWS_ENDPOINT_URL_CLOUDWATCH: databaseUrl },
    );

    expect({ result, error }).toEqual({ result: { runs: 0, unfinished: 0 }, error: undefined });
    const operations = ['Query', 'GetItem', 'UpdateItem'].map((operation) => `DynamoDB_20120810.${operation}`);
    expect(new Set(asked)).toEqual(new Set([...operations, 'GraniteServiceVersion20100801.PutMetricData']));
  });

  it('fails when nothing can be reached', async () => {
    const { error } = await invoke(bundleOf('check-arrivals'), {}, NOWHERE);

    expect(error).toBeDefined();
  });
});
