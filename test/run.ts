/**
 * `npm test`: runs all tests, in two vitests side by side. Only the tests of the project `unit` are measured for coverage, since that switches
 * Node's compile cache off in all that they start.
 *
 * `npm test -- FILTER` runs the test files whose path contains the filter.
 */
import { countLine, sum } from './support/count-reporter.ts';
import { runVitest } from './support/run-vitest.ts';

const MINUTE_MS = 60_000;

const OPTIONS = {
  write: (text: string) => process.stdout.write(text),
  endingMs: MINUTE_MS,
  fileMs: 20 * MINUTE_MS,
};

const filters = process.argv.slice(2);

const RUNS = [
  ['--project', 'unit', '--coverage'],
  ['--project', 'deploy', '--project', 'faults', '--project', 'local', '--project', 'faults-local'],
];

const outcomes = await Promise.all(RUNS.map((args) => runVitest([...args, '--passWithNoTests', ...filters], OPTIONS)));

process.exitCode = Math.max(...outcomes.map(({ exitCode }) => exitCode));
process.stdout.write(countLine(sum(outcomes.map(({ counts }) => counts))));
