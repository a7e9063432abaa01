/** Puts the configuration into the bundles, as data: the schema and its library stay behind. */
import type { Plugin } from 'esbuild';

/** What a function imports to have the configuration. */
export const CONFIGURATION_MODULE = 'breakaway:configuration';

/**
 * Writes the module that holds the validated configuration.
 *
 * @param file - as `BREAKAWAY_CONFIG` names it; `breakaway.config.ts` when undefined
 * @throws Error that names every problem of the configuration
 */
export const configurationModuleSource = async (file: string | undefined): Promise<string> => {
  const { loadConfiguration } = await import('../shared/config/load.ts');
  const { configuration } = await loadConfiguration(file);
  // Parsed when it runs: in a literal, a property that is called __proto__ would be the prototype.
  return `export const configuration = JSON.parse(${JSON.stringify(JSON.stringify(configuration))});\n`;
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
