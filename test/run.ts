/**
 * `npm test`: runs all tests, in two vitests side by side. Only the tests of the project `unit` are measured for coverage, since that switches
 * Node's compile cache off in all that they start.
 *
 * `npm test -- FILTER` runs the test files whose path contains the filter. `npm run test:long` runs the tests that have a long size
 * (`support/test-size.ts`), at that size and without coverage.
 */
import { globSync, readFileSync } from 'node:fs';
import { countLine, sum } from './support/count-reporter.ts';
import { runVitest } from './support/run-vitest.ts';

const MINUTE_MS = 60_000;

const LONG = '--long';

const MEASURED = ['--project', 'unit', '--coverage'];
const OTHERS = ['deploy', 'faults', 'local', 'faults-local'].flatMap((project) => ['--project', project]);

const args = process.argv.slice(2);
const isLong = args.includes(LONG);
const filters = args.filter((arg) => arg !== LONG);

const longTests = (): string[] =>
  globSync('test/**/*.test.ts').filter((file) => readFileSync(file, 'utf8').includes('/support/test-size.ts'));

if (isLong) process.env['BREAKAWAY_LONG'] = 'true';
const runs = isLong ? [[...longTests(), ...filters]] : [MEASURED, OTHERS].map((projects) => [...projects, ...filters]);

const outcomes = await Promise.all(
  runs.map((run) =>
    runVitest([...run, '--passWithNoTests'], {
      write: (text) => process.stdout.write(text),
      endingMs: MINUTE_MS,
      // The first one waits until Python's packages are installed.
      fileMs: 30 * MINUTE_MS,
    }),
  ),
);

process.exitCode = Math.max(...outcomes.map(({ exitCode }) => exitCode));
process.stdout.write(countLine(sum(outcomes.map(({ counts }) => counts))));
