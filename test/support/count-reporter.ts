import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export const sum = (counts: readonly Counts[]): Counts =>
  counts.reduce(
    (all, { passed, failed, skipped }) => ({
      passed: all.passed + passed,
      failed: all.failed + failed,
      skipped: all.skipped + skipped,
    }),
    NONE,
  );

export const countLine = ({ passed, failed, skipped }: Counts): string =>
  `tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;

/** How far a run of vitest is. */
export type Progress = {
  readonly counts: Counts;
  /** Whether all tests have ended. */
  readonly isOver: boolean;
  /** Whether the coverage is reported too, where it is measured. */
  readonly isReported: boolean;
};

const countsOf = (module: TestModule): Counts => {
  // A file that could not be loaded has no tests that could fail.
  const counts = { ...NONE, failed: module.state() === 'failed' && module.errors().length > 0 ? 1 : 0 };
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state !== 'pending') counts[state] += 1;
  }
  return counts;
};

const STDOUT = 1;

/**
 * Counts the tests that passed, failed and were skipped. Sends the progress to the process that started vitest (`run-vitest.ts`); where there
 * is none, writes the counts on the last line.
 */
export class CountReporter implements Reporter {
  #progress: Progress = { counts: NONE, isOver: false, isReported: false };
  #hasCoverage = false;

  onInit(vitest: Vitest): void {
    this.#hasCoverage = vitest.config.coverage.enabled;
    if (process.send === undefined) {
      // Coverage is reported after the tests, so the last line is written when the process ends.
      process.once('exit', () => writeSync(STDOUT, countLine(this.#progress.counts)));
    } else {
      // The process that started this one was killed. This one leads the group of all that it started.
      process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
    }
  }

  onTestModuleEnd(module: TestModule): void {
    this.#send({ ...this.#progress, counts: sum([this.#progress.counts, countsOf(module)]) });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = sum([{ ...NONE, failed: unhandledErrors.length }, ...modules.map(countsOf)]);
    this.#send({ counts, isOver: true, isReported: !this.#hasCoverage });
  }

  onFinishedReportCoverage(): void {
    this.#send({ ...this.#progress, isReported: true });
  }

  #send(progress: Progress): void {
    this.#progress = progress;
    process.send?.(progress);
  }
}
