/** Thousands of files of one instant, each a run of its own, against the fifty jobs a second that Batch takes from an account. */
import { describe, expect, it } from 'vitest';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';
import { createAdvanceRuns } from '../../shared/runs/advance-runs.ts';
import { isUnfinished } from '../../shared/runs/outcome.ts';
import type { JobRequest } from '../../shared/runs/run.ts';
import { createSettleRun } from '../../shared/runs/settle-run.ts';
import type { Submission } from '../../shared/runs/submission.ts';
import { createSweepRuns } from '../../shared/runs/sweep-runs.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { runPorts } from '../support/run-ports.ts';
import { sizeOf } from '../support/test-size.ts';

const FILES = sizeOf({ usual: 1_000, long: 10_000 });
const JOBS_A_SECOND = 50;
/** What the hosts take in a second: fifty of them, ten records each. */
const RECORDS_A_SECOND = 500;
const VISIBILITY_S = 180;
const RECEIVES = 5;

const signal = new AbortController().signal;

type Message = { readonly key: string; readonly receives: number; readonly visibleAt: number };

describe(`${FILES} files at once`, () => {
  it('become as many jobs, none twice and none lost, never more a second than Batch takes', async () => {
    const world = runPorts();
    const feed = aFeed({
      slots: [aFileSlot({ name: 'segment', uri: 's3://landing/segments/{name}.csv' })],
      batch: { parameters: { name: '{name}' } },
    });
    const accepted: JobRequest[] = [];
    let takenThisSecond = 0;
    const submit = async (request: JobRequest): Promise<Submission> => {
      if (takenThisSecond >= JOBS_A_SECOND) {
        return { kind: 'unsent', error: new Error('TooManyRequestsException') };
      }
      takenThisSecond += 1;
      accepted.push(request);
      return { kind: 'accepted', jobId: `job-${accepted.length}` };
    };
    const ports = { ...world.ports, jobQueues: { submit, find: world.find } };
    const settings = { stage: 'test', pausesMs: [] };
    const advance = createAdvanceRuns(ports, { ...settings, match: createMatcher([feed]) });
    const sweep = createSweepRuns(
      { ...ports, settleRun: createSettleRun(ports, settings) },
      new Map([[feed.name, feed]]),
    );
    const failureQueue: Message[] = [];
    let queue: Message[] = Array.from({ length: FILES }, (_, index) => ({
      key: `segments/${index}.csv`,
      receives: 0,
      visibleAt: 0,
    }));

    let second = 0;
    for (; accepted.length < FILES && second < 4 * 3_600; second += 1) {
      takenThisSecond = 0;
      world.pass(1_000);
      const visible = queue.filter(({ visibleAt }) => visibleAt <= second).slice(0, RECORDS_A_SECOND);
      const taken = new Set(visible);
      queue = queue.filter((message) => !taken.has(message));
      await Promise.all(
        visible.map(async ({ key, receives }) => {
          const outcomes = await advance({ bucket: 'landing', key, etag: 'etag-1', sizeBytes: 1 }, signal);
          if (outcomes.some(isUnfinished)) {
            const again = { key, receives: receives + 1, visibleAt: second + VISIBILITY_S };
            (again.receives < RECEIVES ? queue : failureQueue).push(again);
          }
        }),
      );
      if (second % 60 === 0) {
        await sweep(signal);
      }
    }

    expect(new Set(accepted.map(({ jobName }) => jobName)).size).toBe(FILES);
    expect(accepted).toHaveLength(FILES);
    expect(world.alerts).toEqual([]);
    process.stdout.write(
      `Jobs: ${FILES} in ${Math.ceil(second / 60)} min; records that went to the failure queue: ${failureQueue.length}\n`,
    );
  });
});
