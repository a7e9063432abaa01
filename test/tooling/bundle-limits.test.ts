import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBundle } from '../faults/bundle.ts';
import { bundleLimit, bundleSize } from '../support/bundle-limits.ts';
import { manyFeeds } from '../support/many-feeds.ts';

const FUNCTIONS = resolve(import.meta.dirname, '../../functions');

/** How much longer than the shipped ones a hundred feeds may make a bundle: they are data, and compressed. */
const HUNDRED_FEEDS = { bundle: 8_000, zip: 5_000 };

const names = (await readdir(FUNCTIONS)).filter((name) => existsSync(join(FUNCTIONS, name, 'handler.ts')));

describe('with a hundred feeds', () => {
  let folder: string;
  let configurationFile: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakaway-limits-'));
    configurationFile = join(folder, 'many.config.ts');
    await writeFile(configurationFile, `export default ${JSON.stringify(manyFeeds())};\n`);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(names)(
    'the bundle of %s is hardly longer than its limit, zipped too',
    async (name) => {
      const outfile = join(folder, `${name}.js`);

      await buildBundle(`functions/${name}/handler.ts`, configurationFile, outfile);

      const { bundle, zip } = bundleSize(await readFile(outfile));
      expect(bundle).toBeLessThanOrEqual(bundleLimit(name).bundle + HUNDRED_FEEDS.bundle);
      expect(zip).toBeLessThanOrEqual(bundleLimit(name).zip + HUNDRED_FEEDS.zip);
    },
    30_000,
  );
});
