/** Reads `breakaway.config.ts`, at build time and in tests. The bundles contain the result. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkConfiguration } from './check-configuration.ts';
import type { Configuration } from './configuration.ts';
import { readShape } from './schema.ts';

/** A configuration, and warnings about probable mistakes in it. */
export type LoadedConfiguration = { readonly configuration: Configuration; readonly warnings: string[] };

/** Thrown for a configuration with problems. The caller shows them to the person who wrote it. */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError' as const;
  /** All problems, each in the words of the configuration. */
  readonly problems: string[];

  constructor(problems: readonly string[], source = 'The configuration', options?: ErrorOptions) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(
      [`${source} has ${count}:`, ...problems.map((problem) => `- ${problem.replaceAll('\n', '\n  ')}`)].join('\n'),
      options,
    );
    this.problems = [...problems];
  }
}

/**
 * Turns the configuration of a user into data.
 *
 * @param source - The name of the configuration in error messages.
 * @param folder - The folder to which paths in the configuration are relative.
 * @throws ConfigurationError with all problems.
 */
export const parseConfiguration = (userConfig: unknown, source?: string, folder = '.'): LoadedConfiguration => {
  const { config, problems, incomplete } = readShape(userConfig);
  const readText = (path: string): string => readFileSync(resolve(folder, path), 'utf8');
  const checked = config && checkConfiguration(config, incomplete, readText);
  const all = [...problems, ...(checked?.problems ?? [])];
  if (checked === undefined || all.length > 0) {
    throw new ConfigurationError(all, source);
  }
  return { configuration: checked.configuration, warnings: [...checked.warnings] };
};

/** Says why a file cannot be loaded, and at which line if that is known. */
const describeFailure = (error: unknown, path: string): string => {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const [, line] = /^:(\d+)/.exec(error.stack?.split(path)[1] ?? '') ?? [];
  return line === undefined ? error.message : `${error.message} (line ${line})`;
};

const importModule = async (path: string): Promise<{ readonly default?: unknown }> => {
  if (!existsSync(path)) {
    throw new ConfigurationError(['the file does not exist'], path);
  }
  try {
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } catch (cause) {
    throw new ConfigurationError([`it could not be loaded: ${describeFailure(cause, path)}`], path, { cause });
  }
};

const importDefault = async (path: string): Promise<unknown> => {
  const module = await importModule(path);
  if (module.default === undefined) {
    throw new ConfigurationError(['it has no default export: write `export default defineConfig({ … })`'], path);
  }
  return module.default;
};

/**
 * Loads a configuration file.
 *
 * @param path - Relative to the working directory. Default: `breakaway.config.ts` of the project.
 * @throws ConfigurationError with all problems.
 */
export const loadConfiguration = async (path?: string): Promise<LoadedConfiguration> => {
  const file = path === undefined ? resolve(import.meta.dirname, '../breakaway.config.ts') : resolve(path);

  return parseConfiguration(await importDefault(file), file, dirname(file));
};
