/**
 * `node bench/start-up.ts`: how large each function is, and what loading it costs.
 *
 * Exits with 1 when a limit is missed: a bundle of more than 300 KB minified or 100 KB zipped, or one whose loading takes more than
 * {@link LOAD_LIMIT} of the CPU time that a bundle of one client of the SDK takes as esbuild makes it by itself, in the same run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildBundle } from '../test/faults/bundle.ts';
import { LIMIT_BYTES } from '../test/support/bundle-limits.ts';
import { createFigureLog, median, type RecordFigure } from './figures.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** Of the reference's CPU time. */
export const LOAD_LIMIT = 0.75;

const ROUNDS = 11;

const BYTES_A_KB = 1_000;

const US_A_MS = 1_000;

/** The least that a function with one client has, bundled without a thought: CommonJS from CommonJS. */
const REFERENCE = `
  import { BatchClient, ListJobsCommand } from '@aws-sdk/client-batch';
  const client = new BatchClient({});
  export const handler = () => client.send(new ListJobsCommand({ jobQueue: 'etl' }));
`;

/** Loads a file as Lambda's runtime does, and tells the CPU time that it took. */
const LOAD = `
  const before = process.cpuUsage();
  require(process.argv[1]);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String(user + system), () => process.exit(0));
`;

const loadMs = (file: string): number => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', LOAD, file], {
    encoding: 'utf8',
    env: {
      ...process.env,
      STAGE: 'bench',
      LEDGER_TABLE: 'ledger',
      ALERT_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:123456789012:alerts',
      SUITE_BUCKET: 'suite',
      POWERTOOLS_SERVICE_NAME: 'bench',
      AWS_REGION: 'ap-northeast-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
  if (status !== 0) {
    throw new Error(`${file} could not be loaded: ${stderr}`);
  }
  return Number(stdout) / US_A_MS;
};

const FUNCTIONS = readdirSync(join(ROOT, 'functions')).filter((name) =>
  existsSync(join(ROOT, 'functions', name, 'handler.ts')),
);

const measureSizes = async (files: ReadonlyMap<string, string>, record: RecordFigure): Promise<void> => {
  for (const name of FUNCTIONS) {
    const bundle = await readFile(files.get(name) ?? '');
    const zipped = deflateRawSync(bundle, { level: 9 }).length;
    const [kb, zipKb] = [bundle.length / BYTES_A_KB, zipped / BYTES_A_KB];
    const limit = { kb: LIMIT_BYTES.bundle / BYTES_A_KB, zipKb: LIMIT_BYTES.zip / BYTES_A_KB };
    record(`${name}: ${kb.toFixed(1)} KB minified (limit ${limit.kb})`, kb <= limit.kb, {
      value: kb,
      limit: limit.kb,
      unit: 'KB',
    });
    record(`${name}: ${zipKb.toFixed(1)} KB zipped (limit ${limit.zipKb})`, zipKb <= limit.zipKb, {
      value: zipKb,
      limit: limit.zipKb,
      unit: 'KB',
    });
  }
};

/** Loads all of them in turns, so that whatever else the machine does hits all alike. */
const measureLoading = (files: ReadonlyMap<string, string>, record: RecordFigure): void => {
  const taken = new Map([...files.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, file] of files) {
      taken.get(name)?.push(loadMs(file));
    }
  }
  const msOf = (name: string): number => median(taken.get(name) ?? []);
  const reference = msOf('reference');
  const [nothing, ours] = [msOf('nothing'), FUNCTIONS];
  console.log(
    `CPU to load nothing: ${nothing.toFixed(1)} ms; one client of the SDK as it comes: ${reference.toFixed(1)} ms`,
  );
  for (const name of ours) {
    const ratio = msOf(name) / reference;
    record(
      `${name}: loaded in ${msOf(name).toFixed(1)} ms of CPU, ${ratio.toFixed(2)} of one client as it comes (limit ${LOAD_LIMIT}). Medians of ${ROUNDS}`,
      ratio <= LOAD_LIMIT,
      { value: ratio, limit: LOAD_LIMIT, unit: 'of one client of the SDK as it comes' },
    );
  }
};

/** Measures, prints, and tells whether every limit was kept. */
export const benchStartUp = async (): Promise<boolean> => {
  const { record, isAllKept } = createFigureLog();
  console.log('start-up: the bundles of the shipped configuration');
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-bench-'));
  try {
    const files = new Map(['nothing', 'reference', ...FUNCTIONS].map((name) => [name, join(folder, `${name}.cjs`)]));
    await writeFile(files.get('nothing') ?? '', 'module.exports = {};');
    await build({
      stdin: { contents: REFERENCE, resolveDir: ROOT },
      outfile: files.get('reference') ?? '',
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node24',
      minify: true,
      logLevel: 'silent',
    });
    for (const name of FUNCTIONS) {
      await buildBundle(`functions/${name}/handler.ts`, 'breakaway.config.ts', files.get(name) ?? '');
    }
    await measureSizes(files, record);
    measureLoading(files, record);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchStartUp()) ? 0 : 1;
}
