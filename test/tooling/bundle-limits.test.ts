import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBundle } from '../faults/bundle.ts';
import { LIMIT_BYTES } from '../support/bundle-limits.ts';
import { manyFeeds } from '../support/many-feeds.ts';

const FUNCTIONS = resolve(import.meta.dirname, '../../functions');

/** What a zip file has beside the one that is in it. */
const ZIP_FRAME_BYTES = 300;

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
    `the bundle of %s has at most ${LIMIT_BYTES.bundle} bytes, and ${LIMIT_BYTES.zip} zipped`,
    async (name) => {
      const outfile = join(folder, `${name}.js`);
      await buildBundle(`functions/${name}/handler.ts`, configurationFile, outfile);
      const bundle = await readFile(outfile);

      const zipBytes = deflateRawSync(bundle, { level: 9 }).length + ZIP_FRAME_BYTES;
      expect(bundle.length).toBeLessThanOrEqual(LIMIT_BYTES.bundle);
      expect(zipBytes).toBeLessThanOrEqual(LIMIT_BYTES.zip);
    },
    30_000,
  );
});
