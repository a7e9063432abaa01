import { defineConfig } from 'vitest/config';

/** The tests of the pure rules that `npm run mutate` changes. The other projects start servers, which a mutant would leave behind. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    include: [
      'test/shared/feeds/{braces,match,match-feeds,render,template-index}.test.ts',
      'test/shared/placement/*.test.ts',
      'test/functions/count-stuck-jobs/job-tally.test.ts',
    ],
  },
});
