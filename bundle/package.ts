/** `npm run package`: packages the service and says how large each function is. */
import { parseArgs } from 'node:util';
import { loadConfiguration } from '../configuration/load.ts';
import { describeCost } from '../shared/clusters/monthly-cost.ts';
import { writeGrafanaDashboard } from '../template/dashboards/write-grafana.ts';
import { packageService } from './packaging.ts';

const HELP = `npm run package                          package the service for the local AWS
npm run package -- --stage prod          package it for another stage
npm run package -- --out .build/prod     write template, packages and dashboard
                                         for Grafana there, not to .build/local

BREAKAWAY_CONFIG=file.ts   use another configuration than breakaway.config.ts`;

const BYTES_A_KB = 1000;

const kB = (bytes: number): string => `${(bytes / BYTES_A_KB).toFixed(1).padStart(7)} kB`;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      stage: { type: 'string', default: 'local' },
      out: { type: 'string', default: '.build/local' },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return;
  }
  const { configuration, warnings } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  for (const warning of warnings) {
    console.warn(`Warning: ${warning}`);
  }
  const { directory, functions } = await packageService({ stage: values.stage, directory: values.out });
  console.log(`Packaged stage ${values.stage} in ${directory}`);
  for (const { folder, bundleBytes, zipBytes } of functions) {
    console.log(`  ${folder.padEnd(24)}${kB(bundleBytes)} minified ${kB(zipBytes)} zipped`);
  }
  console.log(`Grafana dashboard: ${await writeGrafanaDashboard(directory, configuration)}`);
  if (configuration.emr !== undefined) {
    console.log(`The metrics of EMR clusters cost ${describeCost(configuration.emr)}`);
  }
};

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
