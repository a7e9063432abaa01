import { configuration } from 'breakaway:configuration';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfiguration } from '../../shared/config/load.ts';
import { configurationModule } from '../../template/configuration-module.ts';

/** Writes a configuration file for one test. */
const configurationFile = async (source: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-configuration-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'other.config.ts');
  await writeFile(file, source);
  return file;
};

const bundle = async (file: string): Promise<unknown> => {
  const { outputFiles } = await build({
    stdin: { contents: "import { configuration } from 'breakaway:configuration'; globalThis.seen = configuration;" },
    bundle: true,
    minify: true,
    write: false,
    logLevel: 'silent',
    plugins: [configurationModule(file)],
  });
  const context: { seen?: unknown } = {};
  runInNewContext(outputFiles[0]?.text ?? '', Object.assign(context, { globalThis: context }));
  return JSON.parse(JSON.stringify(context.seen));
};

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

    const bundled = await bundle(file);

    expect(bundled).toEqual(JSON.parse(JSON.stringify((await loadConfiguration(file)).configuration)));
    expect(bundled).toMatchObject({ feeds: [{ job: { batch: { environment: { A: 'a\u2028b</script>\'"' } } } }] });
  });

  it('fails the build with every problem of the configuration', async () => {
    const file = await configurationFile("export default { timeZone: 'Nowhere/Land', feeds: [], unknown: 1 };");
    const problems = await loadConfiguration(file).catch(({ message }: Error) => message);

    const building = bundle(file);

    await expect(building).rejects.toThrow(String(problems));
    expect(problems).toContain('Nowhere/Land');
    expect(problems).toContain('unknown');
  });
});

describe('breakaway:configuration', () => {
  it('is the same in tests', async () => {
    const loaded = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);

    expect(configuration).toEqual(JSON.parse(JSON.stringify(loaded.configuration)));
  });
});
