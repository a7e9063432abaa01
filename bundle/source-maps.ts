/** Keeps source maps and metafiles out of the packages, and finds them again. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Where the map and the metafile of a bundle go: `<folder of the entry point>/handler.js.map`,
 * `handler.meta.json`.
 */
export const BUNDLE_NOTES = '.build/bundles';

const onlyEntryPoint = (entryPoints: unknown): string => {
  const [entryPoint, ...others]: unknown[] = Array.isArray(entryPoints) ? entryPoints : [];
  if (typeof entryPoint !== 'string' || others.length > 0) {
    throw new Error(`A bundle has one entry point, not ${JSON.stringify(entryPoints)}`);
  }
  return entryPoint;
};

/**
 * Moves the source map of each bundle to {@link BUNDLE_NOTES} and writes its metafile there.
 *
 * @remarks The packager zips every file beside the bundles, the metafiles of other functions
 * included. In Lambda a map of megabytes makes cold starts slower, and every stack trace reads it.
 * @param root - the project, when it is not the current directory
 */
export const besideTheZip = (root = process.cwd()): Plugin => ({
  name: 'beside-the-zip',
  setup: ({ initialOptions, onEnd }) => {
    initialOptions.metafile = true;
    const entryPoint = onlyEntryPoint(initialOptions.entryPoints);
    const stem = entryPoint.replace(/\.[^./]+$/, '');

    onEnd(async ({ metafile, errors }) => {
      if (metafile === undefined || errors.length > 0) {
        return;
      }
      await mkdir(join(root, BUNDLE_NOTES, dirname(stem)), { recursive: true });
      await writeFile(join(root, BUNDLE_NOTES, `${stem}.meta.json`), JSON.stringify(metafile));
      const map = Object.keys(metafile.outputs).find((output) => output.endsWith('.js.map'));
      if (map !== undefined) {
        await cp(join(root, map), join(root, BUNDLE_NOTES, `${stem}.js.map`));
        await rm(join(root, map));
      }
    });
  },
});
