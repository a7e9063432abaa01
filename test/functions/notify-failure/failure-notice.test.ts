/** What the messages of `messages/` do not show: jobs of which less is known, or more than there is room for. */
import { describe, expect, it } from 'vitest';
import {
  arrayFailed,
  type FailedArray,
  type FailedJob,
  firstChildFailed,
  jobFailed,
} from '../../../functions/notify-failure/failure-notice.ts';
import { explainJob } from '../../../functions/notify-failure/failure-reason.ts';
import type { Job } from '../../../shared/jobs/job.ts';
import { createRedaction } from '../../../shared/jobs/redaction.ts';
import { jobOf } from './fixtures.ts';

const settings = { timeZone: 'Asia/Tokyo' };
const redact = createRedaction({ values: [], secretNames: [] });

const failed = (job: Job, differences: Partial<FailedJob> = {}): FailedJob => ({
  job,
  own: undefined,
  reason: explainJob(job),
  source: { kind: 'none', hasRun: true },
  tail: { kind: 'lines', lines: ['boom'] },
  redact,
  cascade: { count: 0, isAll: true },
  ...differences,
});

const failedArray = (differences: Partial<FailedArray> = {}): FailedArray => ({
  job: jobOf('array'),
  own: undefined,
  failed: 8,
  causes: [],
  childrenRead: 8,
  samples: [],
  source: undefined,
  tail: undefined,
  redact,
  cascade: { count: 0, isAll: true },
  ...differences,
});

describe('jobFailed', () => {
  it('cuts a name that leaves no room for the reason', () => {
    const { title } = jobFailed(failed(jobOf('container', { name: 'n'.repeat(128) })), settings);

    expect(title).toBe(`${'n'.repeat(57)}...: exit code 1`);
  });

  it('names the run of an object by its file alone', () => {
    const object = 's3://clickstream-landing/segments/spring sale.csv';
    const own = { run: { feed: 'segment-upload', values: { object } }, generation: 1 };

    expect(jobFailed(failed(jobOf('container'), { own }), settings).title).toBe(
      'segment-upload spring sale.csv: exit code 1',
    );
  });

  it('names the runs that it holds', () => {
    const own = { run: { feed: 'northwind-catalog', date: '2026-11-22', values: {} }, generation: 1 };
    const waitingDependents = ({ feed }: { feed: string }) =>
      feed === 'northwind-catalog' ? ['report@2026-11-22', 'mail@2026-11-22'] : [];
    const other = { ...own, run: { ...own.run, feed: 'other' } };

    expect(jobFailed(failed(jobOf('container'), { own }), { ...settings, waitingDependents }).body).toContain(
      'Run: northwind-catalog@2026-11-22, generation 1\nWaiting runs: report@2026-11-22, mail@2026-11-22\n',
    );
    expect(arrayFailed(failedArray({ own }), { ...settings, waitingDependents }).body).toContain(
      'Waiting runs: report@2026-11-22',
    );
    expect(
      jobFailed(failed(jobOf('container'), { own: other }), { ...settings, waitingDependents }).body,
    ).not.toContain('Held');
  });

  it('says of times what is known', () => {
    const unknown = { createdAt: undefined, startedAt: undefined, stoppedAt: undefined, attempts: [] };

    const { body } = jobFailed(failed(jobOf('container', unknown)), settings);

    expect(body).not.toMatch(/Submitted|Started|Ended/);
    expect(body).toContain('Attempt: none began');
  });

  it('says that a log is empty', () => {
    const tail = { kind: 'lines' as const, lines: [] };

    expect(jobFailed(failed(jobOf('container'), { tail }), settings).details).toBe('The log is empty.');
  });
});

describe('firstChildFailed', () => {
  it('reads the index of a child from its id where the event does not tell it', () => {
    const child = jobOf('array-child', { id: 'a:1234', array: undefined });

    expect(firstChildFailed(failed(child), 'a', settings).title).toContain('child 1,234 failed');
  });
});

describe('arrayFailed', () => {
  it('puts the rarest causes together', () => {
    const causes = [5, 4, 3, 2, 2, 1, 1].map((children, index) => ({ brief: `cause ${index}`, children }));

    const { body } = arrayFailed(failedArray({ causes, childrenRead: 18, failed: 9_999 }), settings);

    expect(body).toContain(
      'Causes, of 18 of the failed children:\n- 5: cause 0\n- 4: cause 1\n- 3: cause 2\n- 2: cause 3\n- 2: cause 4\n- 2: other causes',
    );
  });

  it('links the log whose last lines it shows', () => {
    const source = { kind: 'stream', place: { group: '/g', stream: 's/1', region: 'eu-west-1' } } as const;
    const sample = { index: 17, brief: 'exit code 1', job: { id: 'a:17', location: jobOf('array').location } };

    const { body } = arrayFailed(failedArray({ samples: [sample], source }), settings);

    expect(body).toMatch(/Log of child 17:\nhttps:\/\/eu-west-1\S*\$252Fg\/log-events\/s\$252F1$/);
  });

  it('says how long it took, from its submission, since it never starts itself', () => {
    const [createdAt, stoppedAt] = [new Date('2026-11-21T19:02:00Z'), new Date('2026-11-21T21:00:00Z')];

    const { body } = arrayFailed(failedArray({ job: jobOf('array', { createdAt, stoppedAt }) }), settings);

    expect(body).toContain('Ended: 2026-11-22 06:00 (Asia/Tokyo), 1 h 58 min after it was submitted');
  });

  it.each([
    [
      'how long it was in Batch',
      { createdAt: new Date('2026-11-21T19:02:00Z') },
      ', 1 h 58 min after it was submitted',
    ],
    ['how long it ran, where it says that', { startedAt: new Date('2026-11-21T20:59:00Z') }, ', after 1 min'],
    ['no time that nobody knows', {}, ''],
  ])('says of a job that has ended %s', (_, known, took) => {
    const stoppedAt = new Date('2026-11-21T21:00:00Z');
    const job = jobOf('array', { createdAt: undefined, startedAt: undefined, ...known, stoppedAt });

    const { body } = arrayFailed(failedArray({ job }), settings);

    expect(body).toContain(`Ended: 2026-11-22 06:00 (Asia/Tokyo)${took}\n`);
  });

  it('does without the size of the array', () => {
    const { title } = arrayFailed(failedArray({ job: jobOf('array', { array: undefined }) }), settings);

    expect(title).toContain(': 8 children failed');
  });
});
