import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../shared/durations.ts';
import type { Job } from '../../../shared/jobs/job.ts';
import { NotYetError } from '../../../shared/lambda/queue-records.ts';
import { jobOf } from './fixtures.ts';
import { createNotifier, type Notifier, START } from './notifier.ts';

const WINDOW_MS = 10 * MINUTE_MS;

const aJob = (id: string, differences: Partial<Job> = {}): Job =>
  jobOf('out-of-memory', { id, stoppedAt: new Date(START.getTime() - MINUTE_MS), ...differences });

const jobs = (count: number, name = 'job'): Job[] =>
  Array.from({ length: count }, (_, index) => aJob(`${name}-${index}`));

const aChild = (arrayId: string, index: number): Job =>
  jobOf('array-child', { id: `${arrayId}:${index}`, array: { index, statusSummary: {} } });

const anArray = (id: string, failed = 2): Job =>
  jobOf('array', { id, array: { size: 10, statusSummary: { SUCCEEDED: 10 - failed, FAILED: failed } } });

const aFallenJob = (id: string, ...dependsOn: string[]): Job =>
  jobOf('dependency', { id, dependsOn, stoppedAt: new Date(START.getTime() - MINUTE_MS) });

const listedChild = (arrayId: string, index: number, statusReason = 'Essential container in task exited') => ({
  id: `${arrayId}:${index}`,
  index,
  statusReason,
  hasRun: true,
  exitCode: statusReason.startsWith('Dependent') ? undefined : 1,
});

const subjects = ({ published }: Notifier): string[] => published.map(({ subject }) => subject);

const kinds = ({ outcomes }: Awaited<ReturnType<Notifier['fail']>>) => outcomes.map(({ kind }) => kind);

const unwrapped = (body = ''): string => body.replaceAll('\n', ' ');

describe('a failure that comes again', () => {
  it('is told once, in the same invocation and in later ones', async () => {
    const notifier = createNotifier();
    const job = aJob('a');

    await notifier.fail(job, job);
    const again = await notifier.fail(job);
    notifier.pass(3 * WINDOW_MS);
    const late = await notifier.fail(job);

    expect(notifier.published).toHaveLength(1);
    expect([kinds(again), kinds(late)]).toEqual([['known'], ['known']]);
  });

  it('is told once by two invocations at the same time', async () => {
    const notifier = createNotifier();

    await Promise.all([notifier.fail(aJob('a')), notifier.fail(aJob('a')), notifier.fail(aJob('a'))]);

    expect(notifier.published).toHaveLength(1);
  });

  it('is told for each number of attempts', async () => {
    const notifier = createNotifier();
    const [attempt] = aJob('a').attempts;

    await notifier.fail(aJob('a'));
    await notifier.fail(aJob('a', { attempts: [attempt!, attempt!] }));

    expect(notifier.published).toHaveLength(2);
  });

  it.each(['before create', 'after create', 'before replace', 'after replace', 'before publish'])(
    'is told although the invocation before died %s',
    async (point) => {
      let isDead = false;
      const notifier = createNotifier({
        onPoint: (reached) => {
          if (reached === point && !isDead) {
            isDead = true;
            throw new Error('killed');
          }
        },
      });
      const { failed } = await notifier.fail(aJob('a'));

      await notifier.fail(aJob('a'));
      notifier.pass(MINUTE_MS);
      await notifier.notifyDue();

      expect(failed).toEqual([{ item: 0, error: new Error('killed') }]);
      expect(notifier.published).toHaveLength(1);
    },
  );
});

describe('a failure whose surroundings cannot be asked', () => {
  it('is told without its log, and says so', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'GetLogEvents') {
          throw Object.assign(new Error('not you'), { name: 'AccessDeniedException' });
        }
      },
    });

    await notifier.fail(aJob('a'));

    expect(notifier.published[0]?.body).toContain(
      'The log could not be read (AccessDeniedException). The link opens it.',
    );
  });

  it('is told by its totals where the children cannot be listed', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'ListJobs') {
          throw new Error('throttled');
        }
      },
    });

    await notifier.fail(anArray('a', 3));

    expect(subjects(notifier)).toEqual([expect.stringContaining('3 of 10 children failed')]);
    expect(notifier.published[0]?.body).not.toContain('Why');
  });

  it('is told without its main node where Batch does not answer', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'DescribeJobs') {
          throw new Error('throttled');
        }
      },
    });

    await notifier.fail(jobOf('nodes'));

    expect(notifier.published).toHaveLength(1);
  });

  it('costs no other failure anything', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'takeCascaded') {
          throw new Error('table down');
        }
      },
    });

    const { failed } = await notifier.fail(aJob('a'), aJob('b', { queue: 'other' }), aChild('c', 1));

    expect(failed.map(({ item }) => item)).toEqual([0, 1]);
    expect(notifier.published).toHaveLength(1);
  });

  it('fails all that was in its queue when the notes cannot be read', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'notedAmong') {
          throw new Error('table down');
        }
      },
    });

    const { failed } = await notifier.fail(aJob('a'), aJob('b'), aChild('c', 1));

    expect(failed.map(({ item }) => item)).toEqual([0, 1, 2]);
  });
});

describe('an array job', () => {
  const world = { children: (arrayId: string) => [listedChild(arrayId, 3), listedChild(arrayId, 7)] };

  it('makes two messages: its first child that fails, and its end', async () => {
    const notifier = createNotifier(world);

    const first = await notifier.fail(aChild('a', 3), aChild('a', 7));
    const second = await notifier.fail(aChild('a', 9));
    await notifier.fail(anArray('a'));

    expect(subjects(notifier)).toEqual([
      expect.stringContaining('child 3 failed: exit code 1'),
      expect.stringContaining('2 of 10 children failed'),
    ]);
    expect(first.outcomes).toMatchObject([{ kind: 'notified' }, { kind: 'folded', into: 'array', key: 'a', count: 1 }]);
    expect(second.outcomes).toEqual([{ kind: 'folded', into: 'array', key: 'a', count: 1 }]);
  });

  it('makes one message when its end comes with the children, or before them', async () => {
    const notifier = createNotifier(world);

    await notifier.fail(aChild('a', 3), anArray('a'));
    await notifier.fail(aChild('a', 7));

    expect(subjects(notifier)).toEqual([expect.stringContaining('2 of 10 children failed')]);
  });

  it('tells the child that ended first', async () => {
    const notifier = createNotifier(world);
    const at = (seconds: number) => ({ stoppedAt: new Date(START.getTime() + 1_000 * seconds) });

    await notifier.fail({ ...aChild('a', 3), ...at(9) }, { ...aChild('a', 7), ...at(2) });

    expect(subjects(notifier)).toEqual([expect.stringContaining('child 7 failed')]);
  });

  it('tells any of the children where nobody knows when they ended', async () => {
    const notifier = createNotifier(world);

    await notifier.fail({ ...aChild('a', 3), stoppedAt: undefined }, { ...aChild('a', 7), stoppedAt: undefined });

    expect(subjects(notifier)).toEqual([expect.stringContaining('child 3 failed')]);
  });

  it('counts its children itself where the event has no summary', async () => {
    const notifier = createNotifier(world);

    await notifier.fail(jobOf('array', { id: 'a', array: { size: 10, statusSummary: {} } }));

    expect(subjects(notifier)).toEqual([expect.stringContaining('2 of 10 children failed')]);
  });

  it('says nothing of the nodes of a multi-node job, and of children that fell with another job', async () => {
    const notifier = createNotifier();

    const { outcomes } = await notifier.fail(jobOf('container', { id: 'n#1', shape: 'node' }), aChild('a', 1), {
      ...aChild('b', 2),
      statusReason: 'Dependent Job failed',
      attempts: [],
      dependsOn: ['x:2'],
    });

    expect(subjects(notifier)).toEqual([expect.stringContaining('child 1 failed')]);
    expect(outcomes).toContainEqual({ kind: 'folded', into: 'array', key: 'parts', count: 2 });
  });
});

describe('jobs that fell with another one', () => {
  it('are counted in its message, with those that fell with them in turn', async () => {
    const notifier = createNotifier();
    await notifier.fall(aFallenJob('c', 'b'), aFallenJob('b', 'root', 'fine'));
    await notifier.fall(aFallenJob('d', 'root'), aFallenJob('d', 'root'));

    await notifier.fail(aJob('root'));
    const { outcomes, failed } = await notifier.fail(
      aFallenJob('b', 'root', 'fine'),
      aFallenJob('c', 'b'),
      aFallenJob('d', 'root'),
    );

    expect(notifier.published).toHaveLength(1);
    expect(notifier.published[0]?.body).toContain('Failed with it: 3 dependent job');
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['folded', 'folded']);
    expect(failed).toEqual([]);
  });

  it('come back while the message about it is still to come, and then say nothing', async () => {
    const notifier = createNotifier();
    await notifier.fall(aFallenJob('b', 'root'));

    const early = await notifier.fail(aFallenJob('b', 'root'));
    await notifier.fail(aJob('root'));
    notifier.pass(6 * MINUTE_MS);
    const again = await notifier.fail(aFallenJob('b', 'root'));

    expect(early.failed).toEqual([{ item: 0, error: expect.any(NotYetError) }]);
    expect(again).toMatchObject({ outcomes: [{ kind: 'folded', into: 'cascade' }], failed: [] });
    expect(notifier.published).toHaveLength(1);
  });

  it('are told at once where nobody knows when they fell', async () => {
    const notifier = createNotifier();

    await notifier.fail({ ...aFallenJob('b', 'long-ago'), stoppedAt: undefined });

    expect(subjects(notifier)).toEqual([expect.stringContaining('a job it depends on failed')]);
  });

  it('come back where they could not be noted, each alone', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'addCascaded') {
          throw new Error('table down');
        }
      },
    });

    const { outcomes, failed } = await notifier.fall(aFallenJob('b', 'root'), aJob('c'), aFallenJob('d', 'root'));

    expect(outcomes).toEqual([]);
    expect(failed.map(({ item }) => item)).toEqual([0, 2]);
  });

  it('make one message of their own when nobody has told of them', async () => {
    const notifier = createNotifier();
    const cascaded = ['b', 'c', 'd'].map((id) => aFallenJob(id, 'long-ago'));
    await notifier.fall(...cascaded);
    notifier.pass(6 * MINUTE_MS);

    await notifier.fail(...cascaded);
    const later = await notifier.fail(aFallenJob('e', 'long-ago'));

    expect(subjects(notifier)).toEqual([expect.stringContaining('a job it depends on failed')]);
    expect(unwrapped(notifier.published[0]?.body)).toContain('It and 2 other jobs never started');
    expect(later.outcomes).toMatchObject([{ kind: 'folded', into: 'cascade', key: 'long-ago' }]);
  });

  it('are told by their dependency for an array job too, whose children all fell', async () => {
    const reason = 'Dependent Job failed';
    const notifier = createNotifier({
      children: (arrayId) => [0, 1].map((index) => listedChild(arrayId, index, reason)),
    });
    const array = { ...anArray('later', 2), dependsOn: ['first'] };
    const children = [0, 1].map((index) => ({
      ...aChild('later', index),
      statusReason: reason,
      attempts: [],
      ends: [],
      dependsOn: [`first:${index}`],
    }));
    await notifier.fall(...children);

    await notifier.fail(anArray('first'));
    const { outcomes } = await notifier.fail(array);

    expect(notifier.published).toHaveLength(1);
    expect(notifier.published[0]?.body).toContain('Failed with it: 1 dependent job');
    expect(outcomes).toEqual([{ kind: 'folded', into: 'cascade', key: 'first', count: 1 }]);
  });

  it('are told as what they are when they name no job', async () => {
    const notifier = createNotifier();

    await notifier.fail(aFallenJob('b'));

    expect(subjects(notifier)).toEqual([expect.stringContaining('a job it depends on failed')]);
  });

  it('are said to be at least so many where there are too many to ask', async () => {
    const notifier = createNotifier();
    await notifier.fall(...Array.from({ length: 300 }, (_, index) => aFallenJob(`f-${index}`, 'root')));

    await notifier.fail(aJob('root'));

    expect(notifier.published[0]?.body).toContain('Failed with it: at least 300 dependent job');
    expect(notifier.calls.filter((name) => name === 'takeCascaded')).toHaveLength(100);
  });
});

describe('a burst of unrelated failures', () => {
  it('makes ten messages, and one that says how many more', async () => {
    const notifier = createNotifier();

    for (let start = 0; start < 120; start += 40) {
      await notifier.fail(...jobs(120).slice(start, start + 40));
    }
    await notifier.notifyDue();
    expect(notifier.published).toHaveLength(10);
    notifier.pass(2 * WINDOW_MS);
    await notifier.notifyDue();

    expect(notifier.published).toHaveLength(11);
    expect(notifier.published.at(-1)?.subject).toBe('[prod] 110 more jobs failed in reporting');
    expect(unwrapped(notifier.published.at(-1)?.body)).toContain(
      '10 failures of this queue had a notification of their own between 2026-11-22 05:40 (Asia/Tokyo) and 2026-11-22 05:50 (Asia/Tokyo). 110 more jobs failed in that time.',
    );
    expect(notifier.published.at(-1)?.body.match(/^- /gm)).toHaveLength(5);
  });

  it('warns with the last message before the silence', async () => {
    const notifier = createNotifier();

    await notifier.fail(...jobs(12));

    const warned = notifier.published.filter(({ body }) => unwrapped(body).includes('Many jobs of this queue fail'));
    expect(warned).toHaveLength(1);
  });

  it('counts no failure twice, and tells none later that was counted', async () => {
    const notifier = createNotifier();
    await notifier.fail(...jobs(15));
    await notifier.fail(...jobs(15));
    notifier.pass(WINDOW_MS);
    await notifier.fail(...jobs(15));
    notifier.pass(WINDOW_MS);

    await notifier.notifyDue();

    expect(subjects(notifier).filter((subject) => subject.includes('more job'))).toEqual([
      '[prod] 5 more jobs failed in reporting',
    ]);
    expect(notifier.published).toHaveLength(11);
  });

  it('loses no failure whose invocation died, when it comes again behind one that has no place', async () => {
    let isDead = false;
    const notifier = createNotifier({
      onPoint: (point) => {
        if (point === 'before create' && !isDead) {
          isDead = true;
          throw new Error('killed');
        }
      },
    });
    await notifier.fail(aJob('dead', { name: 'dead-job' }));
    await notifier.fail(...jobs(15));

    await notifier.fail(aJob('late'), aJob('dead', { name: 'dead-job' }));
    notifier.pass(2 * WINDOW_MS);
    await notifier.notifyDue();

    expect(subjects(notifier).filter((subject) => subject.includes('dead-job'))).toHaveLength(1);
    expect(subjects(notifier).at(-1)).toBe('[prod] 7 more jobs failed in reporting');
  });

  it('in one queue silences no other', async () => {
    const notifier = createNotifier();

    await notifier.fail(...jobs(30), aJob('quiet', { queue: 'recommendation-etl', name: 'quiet-job' }));

    expect(subjects(notifier).filter((subject) => subject.includes('quiet-job'))).toHaveLength(1);
  });

  it('is over with its window', async () => {
    const notifier = createNotifier();
    await notifier.fail(...jobs(12));

    notifier.pass(WINDOW_MS);
    await notifier.fail(...jobs(3, 'next'));

    expect(notifier.published).toHaveLength(13);
  });

  it('holds the first children of array jobs back too, and what fell with others', async () => {
    const notifier = createNotifier();
    const queue = 'reporting';
    const late = { queue, stoppedAt: new Date(START.getTime() - 10 * MINUTE_MS) };
    await notifier.fail(...jobs(10));

    await notifier.fail({ ...aChild('a', 1), queue });
    await notifier.fail({ ...aFallenJob('b', 'x'), ...late });
    notifier.pass(WINDOW_MS);
    const again = await notifier.fail({ ...aChild('a', 2), queue });
    const fallenToo = await notifier.fail({ ...aFallenJob('c', 'x'), ...late });
    notifier.pass(WINDOW_MS);
    await notifier.notifyDue();

    expect(again.outcomes).toEqual([{ kind: 'folded', into: 'array', key: 'a', count: 1 }]);
    expect(fallenToo.outcomes).toEqual([{ kind: 'folded', into: 'cascade', key: 'x', count: 1 }]);
    expect(notifier.published).toHaveLength(11);
    expect(notifier.published.at(-1)?.subject).toContain('2 more jobs failed');
  });
});

describe('10,000 children that fail in a minute', () => {
  it('make two messages, and a hundred-odd calls', async () => {
    const size = 10_000;
    const array = jobOf('array', { array: { size, statusSummary: { FAILED: size } } });
    const listed = Array.from({ length: size }, (_, index) => listedChild(array.id, index));
    const notifier = createNotifier({ children: () => listed });
    const children = listed.map(({ index }) => aChild(array.id, index));

    for (let start = 0; start < size; start += 100) {
      await notifier.fail(...children.slice(start, start + 100));
    }
    await notifier.fail(array);

    expect(subjects(notifier)).toEqual([
      expect.stringContaining('child 0 failed'),
      expect.stringContaining('10,000 of 10,000 children failed'),
    ]);
    // One read tells each invocation that people know.
    expect(notifier.calls.length).toBeLessThan(140);
  });
});

describe('a blocked queue', () => {
  it('is told once while it lasts, and people are reminded', async () => {
    const notifier = createNotifier();
    const job = jobOf('queue-blocked');

    await notifier.block(job);
    await notifier.block(job);
    notifier.pass(6 * 60 * MINUTE_MS);
    await notifier.notifyDue();

    expect(subjects(notifier)).toEqual([
      '[prod] Queue reporting is blocked: no machine is large enough',
      '[prod] Still open: Queue reporting is blocked: no machine is large enough',
    ]);
  });

  it('names the job that blocks it, by which others find out when it is over', async () => {
    const notifier = createNotifier();
    const job = jobOf('queue-blocked');

    await notifier.block(job);

    expect([...notifier.alerts.values()]).toMatchObject([
      { kind: 'queue-blocked', subject: job.id, queue: 'reporting' },
    ]);
  });

  it('is not told when the job has moved on meanwhile', async () => {
    const job = jobOf('queue-blocked');
    const notifier = createNotifier({ jobs: [{ ...job, status: 'STARTING' }] });

    expect(await notifier.block(job)).toEqual({
      kind: 'moved on',
      jobId: job.id,
      queue: 'reporting',
      status: 'STARTING',
    });
    expect(notifier.published).toEqual([]);
  });

  it('is told when Batch cannot be asked', async () => {
    const notifier = createNotifier({
      onCall: (name) => {
        if (name === 'DescribeJobs') {
          throw new Error('throttled');
        }
      },
    });

    expect(await notifier.block(jobOf('queue-blocked'))).toMatchObject({
      kind: 'blocked',
      reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    });
    expect(notifier.published).toHaveLength(1);
  });

  it('is told although the event gives no reason', async () => {
    const notifier = createNotifier();

    expect(await notifier.block(jobOf('queue-blocked', { statusReason: undefined }))).toMatchObject({
      kind: 'blocked',
      reason: 'UNDETERMINED',
    });
    expect(unwrapped(notifier.published[0]?.body)).toContain('AWS Batch sees that no job starts');
    expect(notifier.published[0]?.body).not.toContain('Status reason');
  });

  it('names the feed whose job blocks it', async () => {
    const name = 'breakaway-local-sales-20261122-5a1f0c9d3b7e';
    const notifier = createNotifier({
      owners: { [name]: { run: { feed: 'sales', date: '2026-11-22', values: {} }, generation: 1 } },
    });

    await notifier.block(jobOf('queue-blocked', { name }));

    expect(notifier.published[0]?.attributes).toMatchObject({
      kind: 'queue-blocked',
      feed: 'sales',
      queue: 'reporting',
    });
  });
});
