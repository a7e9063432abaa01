/** Puts the configuration into the bundles, as data: the schema and its library stay behind. */
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import type { Configuration } from '../configuration/configuration.ts';

/** The module that a function imports to have the configuration. */
export const CONFIGURATION_MODULE = 'breakaway:configuration';

/**
 * The parts of the configuration, each an export of its own: esbuild leaves out of a bundle those
 * that its function does not name.
 */
const PARTS: Readonly<Record<keyof Configuration, true>> = {
  timeZone: true,
  feeds: true,
  calendars: true,
  queues: true,
  logGroups: true,
  emr: true,
  uis: true,
};

/**
 * A longer part is compressed, to a thirtieth: a hundred feeds would be longer than the code. It
 * takes milliseconds of a cold start.
 */
const MAX_PLAIN_CHARACTERS = 6_000;

const partSource = (part: unknown): string => {
  if (part === undefined) return 'undefined';
  const json = JSON.stringify(part);
  // Parsed when it runs: in a literal, a property that is called __proto__ would be the prototype.
  return json.length > MAX_PLAIN_CHARACTERS
    ? `/* @__PURE__ */ unpacked('${brotliCompressSync(json).toString('base64')}')`
    : `/* @__PURE__ */ JSON.parse(${JSON.stringify(json)})`;
};

/**
 * Writes the module that holds the validated configuration.
 *
 * @param file - as `BREAKAWAY_CONFIG` names it; `breakaway.config.ts` when undefined
 * @throws Error that names every problem of the configuration
 */
export const configurationModuleSource = async (file: string | undefined): Promise<string> => {
  const { loadConfiguration } = await import('../configuration/load.ts');
  const { configuration } = await loadConfiguration(file);
  const parts: Readonly<Record<string, unknown>> = configuration;
  return [
    "import { brotliDecompressSync } from 'node:zlib';",
    "const unpacked = (text) => JSON.parse(brotliDecompressSync(Buffer.from(text, 'base64')).toString());",
    ...Object.keys(PARTS).map((name) => `export const ${name} = ${partSource(parts[name])};`),
    '',
  ].join('\n');
};

/** Answers imports of {@link CONFIGURATION_MODULE}, for esbuild. */
export const configurationModule = (file: string | undefined = process.env['BREAKAWAY_CONFIG']): Plugin => ({
  name: 'configuration-module',
  setup: (build) => {
    const namespace = 'breakaway';
    build.onResolve({ filter: new RegExp(`^${CONFIGURATION_MODULE}$`) }, ({ path }) => ({ path, namespace }));
    build.onLoad({ filter: /./, namespace }, async () => {
      try {
        return { contents: await configurationModuleSource(file), loader: 'js' };
      } catch (error) {
        return { errors: [{ text: error instanceof Error ? error.message : String(error) }] };
      }
    });
  },
});
