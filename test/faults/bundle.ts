/** Builds a function as it is deployed: one file of CommonJS, minified, with the SDK slimmed and the configuration inside. */
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { configurationModule } from '../../bundle/configuration-module.ts';
import { slimSdk } from '../../bundle/slim-sdk.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Builds the bundle of a handler.
 *
 * @param entryPoint - its file, from the root of the repository
 * @param configuration - the file of its configuration, from there too
 */
export const buildBundle = async (entryPoint: string, configuration: string, outfile: string): Promise<void> => {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [entryPoint],
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
};
