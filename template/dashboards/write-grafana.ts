/** Writes the Grafana dashboard of a packaged service beside its template. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../configuration/configuration.ts';
import { readService } from '../service.ts';
import { grafanaDashboard } from './grafana.ts';
import { sectionsOf } from './panels.ts';

/** A file that the CLI writes beside the template: serverless.yml with all variables filled in. */
const STATE = 'serverless-state.json';

const DASHBOARD = 'grafana-dashboard.json';

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null ? new Map(Object.entries(inside)).get(key) : undefined,
    value,
  );

/**
 * Writes the dashboard for an import.
 *
 * @param directory - The folder of the packaged service.
 * @returns The path of the file.
 */
export const writeGrafanaDashboard = async (directory: string, configuration: Configuration): Promise<string> => {
  const state: unknown = JSON.parse(await readFile(join(directory, STATE), 'utf8'));
  const service = await readService({ resolveConfigurationProperty: async (path) => at(state, ['service', ...path]) });
  const region = String(at(state, ['service', 'provider', 'region']));
  const file = join(directory, DASHBOARD);
  const dashboard = grafanaDashboard(service.prefix, region, sectionsOf(service, configuration));
  await writeFile(file, `${JSON.stringify(dashboard, null, 2)}\n`);
  return file;
};
