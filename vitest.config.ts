import { availableParallelism } from 'node:os';
import { defineConfig, type Plugin } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';

const CONFIGURATION_MODULE = 'breakaway:configuration';
// Loaded when it is asked for, so that a configuration with an error fails the tests that need it and no others.
const SOURCE = new URL('./bundle/configuration-module.ts', import.meta.url).href;
const RESOLVED = `\0${CONFIGURATION_MODULE}`;

/** Gives the tests what esbuild gives the bundles: the configuration as data. */
const configurationModule: Plugin = {
  name: 'breakaway-configuration',
  enforce: 'pre',
  resolveId: (id) => (id === CONFIGURATION_MODULE ? RESOLVED : undefined),
  load: async (id) => {
    if (id !== RESOLVED) return undefined;
    try {
      const { configurationModuleSource }: typeof import('./bundle/configuration-module.ts') = await import(SOURCE);
      return await configurationModuleSource(process.env['BREAKAWAY_CONFIG']);
    } catch (error) {
      // Thrown from here, the message would be lost.
      return `throw new Error(${JSON.stringify(error instanceof Error ? error.message : String(error))});`;
    }
  },
};

/** A test may take ten times what it usually takes on a machine that has nothing else to do, and a long one as much again. */
const MINUTE_MS = process.env['BREAKAWAY_LONG'] === undefined ? 60_000 : 600_000;

/** The default leaves a core to itself, which is half of two. */
const workers = availableParallelism();

/** Tests of what is deployed wait more than they compute. */
const waitingWorkers = workers + 1;

export default defineConfig({
  plugins: [configurationModule],
  test: {
    reporters: ['default', new CountReporter()],
    // Fails a test that emits a metric which the catalogue does not have.
    setupFiles: ['test/support/watch-metrics.ts'],
    expect: { poll: { timeout: MINUTE_MS / 2 } },
    coverage: {
      provider: 'v8',
      include: ['functions/**/*.ts', 'shared/**/*.ts', 'configuration/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text-summary', 'html', 'json'],
      // It is 100 of both. What a property test reaches by chance leaves this little.
      thresholds: { lines: 99.9, branches: 99.9 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/deploy/**', 'test/faults/**', 'test/local/**'],
          testTimeout: MINUTE_MS,
          hookTimeout: MINUTE_MS,
          maxWorkers: workers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          exclude: ['test/faults/local/**'],
          testTimeout: 2 * MINUTE_MS,
          hookTimeout: MINUTE_MS,
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'deploy',
          include: ['test/deploy/**/*.test.ts'],
          globalSetup: 'test/deploy/global-setup.ts',
          testTimeout: 2 * MINUTE_MS,
          hookTimeout: 3 * MINUTE_MS,
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          globalSetup: 'test/local/global-setup.ts',
          testTimeout: 5 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'faults-local',
          include: ['test/faults/local/**/*.test.ts'],
          globalSetup: 'test/faults/local/global-setup.ts',
          testTimeout: 2 * MINUTE_MS,
          hookTimeout: 10 * MINUTE_MS,
          maxWorkers: waitingWorkers,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
