import * as configuration from 'breakaway:configuration';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configurationModule } from '../../bundle/configuration-module.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { manyFeeds } from '../support/many-feeds.ts';

const nodeRequire = createRequire(import.meta.url);

/** Writes a configuration file for one test. */
const configurationFile = async (source: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-configuration-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'other.config.ts');
  await writeFile(file, source);
  return file;
};

/** Bundles what sees an expression that may name parts of the configuration `c`. */
const bundle = async (file: string, seen: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents: `import * as c from 'breakaway:configuration'; globalThis.seen = ${seen};` },
    bundle: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    logLevel: 'silent',
    plugins: [configurationModule(file)],
  });
  return outputFiles[0]?.text ?? '';
};

const run = (code: string): unknown => {
  const context: { seen?: unknown } = {};
  runInNewContext(code, Object.assign(context, { globalThis: context, module: {}, require: nodeRequire, Buffer }));
  return JSON.parse(JSON.stringify(context.seen));
};

const ALL = '{ ...c }';

const loadedFrom = async (file: string | undefined): Promise<unknown> =>
  JSON.parse(JSON.stringify((await loadConfiguration(file)).configuration));

const FEED = `
  export default {
    timeZone: 'Europe/Berlin',
    feeds: [
      {
        name: 'sales',
        slots: { file: { files: 's3://landing/{date:yyyyMMdd}.csv' } },
        job: { batch: { queue: 'main', definition: 'load', environment: { A: "a\\u2028b</script>'\\"" } } },
      },
    ],
  };
`;

describe('configurationModule', () => {
  it('puts the configuration of the named file into a bundle, as it is', async () => {
    const file = await configurationFile(FEED);

    const bundled = run(await bundle(file, ALL));

    expect(bundled).toEqual(await loadedFrom(file));
    expect(bundled).toMatchObject({ feeds: [{ job: { batch: { environment: { A: 'a\u2028b</script>\'"' } } } }] });
  });

  it('puts a hundred feeds into a bundle in a tenth of their length, as they are', async () => {
    const file = await configurationFile(`export default ${JSON.stringify(manyFeeds())};`);

    const code = await bundle(file, ALL);

    expect(run(code)).toEqual(await loadedFrom(file));
    expect(code.length).toBeLessThan(JSON.stringify(await loadedFrom(file)).length / 10);
  });

  it.each([
    ['few', FEED],
    ['many', `export default ${JSON.stringify(manyFeeds())};`],
  ])('leaves out the parts that are not named, of %s feeds', async (_, source) => {
    const file = await configurationFile(source);

    const code = await bundle(file, 'c.timeZone');

    expect(run(code)).toMatch(/^[A-Z]\w+\/[A-Z]\w+$/);
    expect(code.length).toBeLessThan(200);
  });

  it('fails the build with every problem of the configuration', async () => {
    const file = await configurationFile("export default { timeZone: 'Nowhere/Land', feeds: [], unknown: 1 };");
    const problems = await loadConfiguration(file).catch(({ message }: Error) => message);

    const building = bundle(file, ALL);

    await expect(building).rejects.toThrow(String(problems));
    expect(problems).toContain('Nowhere/Land');
    expect(problems).toContain('unknown');
  });
});

describe('breakaway:configuration', () => {
  it('is the same in tests', async () => {
    const loaded = await loadedFrom(process.env['BREAKAWAY_CONFIG']);

    expect(JSON.parse(JSON.stringify(configuration))).toEqual(loaded);
  });
});
