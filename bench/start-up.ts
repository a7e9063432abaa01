/**
 * `node bench/start-up.ts`: the size of each function, and the CPU time that loading it takes.
 *
 * Exits with 1 when a limit is missed: the sizes of `bundle-limits.ts`, or a bundle whose loading
 * takes more than {@link LOAD_LIMIT} of the CPU time of the same handler as esbuild bundles it by
 * itself (`platform: node, format: cjs, minify: true`), in the same run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { configurationModule } from '../bundle/configuration-module.ts';
import { buildBundle } from '../test/faults/bundle.ts';
import { bundleLimit, bundleSize } from '../test/support/bundle-limits.ts';
import { createFigureLog, median, type RecordFigure } from './figures.ts';

const ROOT = resolve(import.meta.dirname, '..');

const CONFIGURATION = 'breakaway.config.ts';

/** Of the CPU time of the plain bundle. */
export const LOAD_LIMIT = 0.75;

const ROUNDS = 11;

const BYTES_A_KB = 1_000;

const US_A_MS = 1_000;

/** Loads a file as Lambda's runtime does, and prints the CPU time that it took. */
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

type Bundles = { readonly name: string; readonly ours: string; readonly plain: string };

/**
 * Bundles a handler as the suite does, and as esbuild does without being told more than it must be.
 */
const bundlesOf = async (name: string, folder: string): Promise<Bundles> => {
  const handler = `functions/${name}/handler.ts`;
  const files = { name, ours: join(folder, `${name}.cjs`), plain: join(folder, `${name}-plain.cjs`) };
  await buildBundle(handler, CONFIGURATION, files.ours);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [handler],
    outfile: files.plain,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    minify: true,
    plugins: [configurationModule(resolve(ROOT, CONFIGURATION))],
    logLevel: 'silent',
  });
  return files;
};

const measureSizes = async (bundles: readonly Bundles[], record: RecordFigure): Promise<void> => {
  for (const { name, ours } of bundles) {
    const size = bundleSize(await readFile(ours));
    const most = bundleLimit(name);
    const sizes = [
      { what: 'minified', bytes: size.bundle, limit: most.bundle },
      { what: 'zipped', bytes: size.zip, limit: most.zip },
    ];
    for (const { what, bytes, limit } of sizes) {
      const [kb, limitKb] = [bytes / BYTES_A_KB, limit / BYTES_A_KB];
      record(`${name}: ${kb.toFixed(1)} KB ${what} (limit ${limitKb})`, kb <= limitKb, {
        value: kb,
        limit: limitKb,
        unit: 'KB',
      });
    }
  }
};

/** Loads all of them in turns, so that other work of the machine slows all alike. */
const measureLoading = (bundles: readonly Bundles[], nothing: string, record: RecordFigure): void => {
  const files = [nothing, ...bundles.flatMap(({ ours, plain }) => [ours, plain])];
  const taken = new Map(files.map((file): [string, number[]] => [file, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [file, times] of taken) {
      times.push(loadMs(file));
    }
  }
  const msOf = (file: string): number => median(taken.get(file) ?? []);
  console.log(`CPU to load an empty file: ${msOf(nothing).toFixed(1)} ms. Medians of ${ROUNDS}`);
  for (const { name, ours, plain } of bundles) {
    const ratio = msOf(ours) / msOf(plain);
    record(
      `${name}: loaded in ${msOf(ours).toFixed(1)} ms of CPU, ${ratio.toFixed(2)} of the plain bundle's ${msOf(plain).toFixed(1)} ms (limit ${LOAD_LIMIT})`,
      ratio <= LOAD_LIMIT,
      { value: ratio, limit: LOAD_LIMIT, unit: 'of the CPU time of the plain bundle' },
    );
  }
};

/** Measures, prints, and returns whether every limit was kept. */
export const benchStartUp = async (): Promise<boolean> => {
  const { record, isAllKept } = createFigureLog();
  console.log('start-up: the bundles of the shipped configuration');
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-bench-'));
  try {
    const nothing = join(folder, 'nothing.cjs');
    await writeFile(nothing, 'module.exports = {};');
    const bundles: Bundles[] = [];
    for (const name of FUNCTIONS) {
      bundles.push(await bundlesOf(name, folder));
    }
    await measureSizes(bundles, record);
    measureLoading(bundles, nothing, record);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return isAllKept();
};

if (import.meta.main) {
  process.exitCode = (await benchStartUp()) ? 0 : 1;
}
