import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

const STDOUT = 1;

/** Says how many tests passed, failed and were skipped, alone on the last line. */
export class CountReporter implements Reporter {
  #line = 'tests: 0 passed, 0 failed, 0 skipped';

  constructor() {
    // Coverage is reported after the run has ended, so the last line is written when the process goes.
    process.once('exit', () => writeSync(STDOUT, `${this.#line}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      // A file that could not be loaded has no tests that could fail.
      if (module.state() === 'failed' && module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') count[state] += 1;
      }
    }
    this.#line = `tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
  }
}
