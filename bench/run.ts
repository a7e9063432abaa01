/**
 * `npm run bench [name]`: runs every measurement of this folder, or the named one, each in its own
 * process.
 *
 * Each measurement prints its figures with their limits. `.build/bench/report.md` and `report.json`
 * then have all figures, the machine and the versions. Exits with 1 when a figure is beyond its
 * limit or a measurement fails.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { type Figure, isFigure } from './figures.ts';
import { type Measurement, missedIn, pageOf, type Report, type Surroundings } from './report.ts';

const ROOT = resolve(import.meta.dirname, '..');

const FOLDER = '.build/bench';

/** Files of this folder that are not measurements. */
const PARTS = ['figures', 'report', 'run'];

/** The packages whose versions affect the figures. */
const PACKAGES = ['esbuild', '@middy/core', '@aws-lambda-powertools/logger', '@smithy/core', '@aws-sdk/client-batch'];

const MEGABYTE = 2 ** 20;

const versionOf = (name: string): string => {
  const parsed: unknown = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
};

const commit = (): string => {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'unknown';
};

const loads = (): string =>
  loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');

const surroundings = (loadBefore: string): Surroundings => ({
  at: new Date().toISOString(),
  commit: commit(),
  machine: {
    processor: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memory: `${(totalmem() / MEGABYTE).toFixed(0)} MB`,
    system: `${type()} ${release()} ${process.arch}`,
    'load before (1, 5, 15 minutes)': loadBefore,
    'and after': loads(),
  },
  versions: {
    Node: process.version,
    ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  },
});

/** Runs one measurement, and collects its figures. */
const measure = async (name: string): Promise<Measurement> => {
  process.stdout.write(`\n== ${name}\n`);
  const startedAt = performance.now();
  const figures: Figure[] = [];
  const child = spawn(process.execPath, [join(import.meta.dirname, `${name}.ts`)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (message: unknown) => {
    if (isFigure(message)) {
      figures.push(message);
    }
  });
  const [code]: unknown[] = await once(child, 'close');
  const isAllKept = figures.length > 0 && figures.every(({ isKept }) => isKept);
  if (isAllKept !== (code === 0)) {
    figures.push({ what: `${name} did not finish: it ended with ${code}`, isKept: false });
  }
  return { name, seconds: (performance.now() - startedAt) / 1_000, figures };
};

const all = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => !PARTS.includes(name));

const [wanted] = process.argv.slice(2);
const chosen = all.filter((name) => wanted === undefined || name === wanted);
if (chosen.length === 0) {
  process.stderr.write(`There is no measurement ${wanted}. The measurements are ${all.join(', ')}\n`);
  process.exit(2);
}

const loadBefore = loads();
const measurements: Measurement[] = [];

/**
 * Writes the report so far. Some measurements take minutes, and an interrupted run keeps the
 * finished ones.
 */
const writeReport = async (): Promise<void> => {
  const report: Report = { ...surroundings(loadBefore), measurements };
  const folder = join(ROOT, FOLDER);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'report.md'), pageOf(report));
};

for (const name of chosen) {
  measurements.push(await measure(name));
  await writeReport();
}

const missed = missedIn({ measurements });
process.stdout.write(
  `\n${missed === 0 ? 'Every limit was kept' : `${missed} limits were missed`}: ${FOLDER}/report.md\n`,
);
process.exitCode = missed === 0 ? 0 : 1;
