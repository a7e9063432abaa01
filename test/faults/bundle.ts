/** Builds a function as it is deployed: one file of CommonJS, minified, with the SDK slimmed and the configuration inside. */
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { configurationModule } from '../../template/configuration-module.ts';
import { slimSdk } from '../../template/slim-sdk.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Builds the bundle of a function.
 *
 * @param configuration - the path of its configuration, from the root of the repository unless it is absolute
 * @returns the path of the bundle
 */
export const buildBundle = async (name: string, configuration: string, folder: string): Promise<string> => {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`functions/${name}/handler.ts`],
    outfile,
    bundle: true,
    // As `custom.esbuild` in serverless.yml has it.
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    plugins: [configurationModule(resolve(ROOT, configuration)), slimSdk()],
    logLevel: 'silent',
  });
  return outfile;
};
