/** Whatever comes in whichever batches, and comes again: every failure is told once, by itself or as one of those that are counted. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MINUTE_MS } from '../../../shared/durations.ts';
import type { Job } from '../../../shared/jobs/job.ts';
import { jobOf } from './fixtures.ts';
import { createNotifier, type Notifier, START } from './notifier.ts';

const WINDOW_MS = 10 * MINUTE_MS;
const PLACES = 10;

/** Failures that come together, a while after those before, which may come once more with them. */
const wave = fc.record({
  fresh: fc.nat({ max: 25 }),
  /** The visibility timeout is six minutes. */
  afterMs: fc.nat({ max: 6 * MINUTE_MS }),
  isRepeated: fc.boolean(),
  isReversed: fc.boolean(),
});

type Wave = Parameters<Parameters<typeof wave.map>[0]>[0];

/** Read once: there are tens of thousands. */
const JOB = jobOf('out-of-memory', { stoppedAt: new Date(START.getTime() - MINUTE_MS) });

const aJob = (id: string): Job => ({ ...JOB, id, name: `nightly-${id}` });

const deliver = async (notifier: Notifier, waves: readonly Wave[]): Promise<Set<string>> => {
  const all = new Set<string>();
  let before: Job[] = [];
  for (const { fresh, afterMs, isRepeated, isReversed } of waves) {
    notifier.pass(afterMs);
    const jobs = Array.from({ length: fresh }, (_, index) => aJob(`${all.size + index}`));
    const batch = [...(isRepeated ? before : []), ...jobs];
    const { failed } = await notifier.fail(...(isReversed ? batch.toReversed() : batch));
    expect(failed).toEqual([]);
    for (const { id } of jobs) {
      all.add(id);
    }
    before = jobs;
  }
  notifier.pass(3 * WINDOW_MS);
  await notifier.notifyDue();
  return all;
};

it('accounts for every failure once, in ten messages and a count in ten minutes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wave, { maxLength: 6 }), async (waves) => {
      const notifier = createNotifier();

      const all = await deliver(notifier, waves);

      const subjects = notifier.published.map(({ subject }) => subject);
      const told = subjects.flatMap((subject) => /nightly-(\d+):/.exec(subject)?.[1] ?? []);
      const counted = subjects.map((subject) => Number(/\] (\d+) more jobs? failed/.exec(subject)?.[1] ?? 0));
      expect(new Set(told).size).toBe(told.length);
      expect(told.length + counted.reduce((sum, count) => sum + count, 0)).toBe(all.size);
      const windows = Math.ceil(waves.reduce((sum, { afterMs }) => sum + afterMs, 0) / WINDOW_MS) + 1;
      expect(subjects.length).toBeLessThanOrEqual(windows * (PLACES + 1));
    }),
    { numRuns: 100 },
  );
});
