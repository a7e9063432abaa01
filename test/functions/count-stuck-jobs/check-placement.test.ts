import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createCheckPlacement, type Ports } from '../../../functions/count-stuck-jobs/check-placement.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';
import type { JobShape } from '../../../shared/placement/requirement.ts';
import { anEnvironment, TYPES } from '../../shared/placement/builders.ts';
import { aFeed } from '../../support/builders.ts';
import { AT, aQueue } from './builders.ts';

const { signal } = new AbortController();

const asking = (vcpus: number, memoryMiB: number): JobShape => ({
  container: {
    resourceRequirements: [
      { type: 'VCPU', value: String(vcpus) },
      { type: 'MEMORY', value: String(memoryMiB) },
    ],
  },
  isMultiNode: false,
  isEks: false,
});

let nowMs = AT.getTime();
const shapes: Record<string, JobShape> = { small: asking(1, 1024), large: asking(4, 32_000) };

const ports = {
  environments: vi.fn<Ports['environments']>(async () => [anEnvironment({ instanceTypes: ['r5.xlarge', 'optimal'] })]),
  definition: vi.fn<Ports['definition']>(async (name) =>
    name === 'gone' ? undefined : { definition: `${name}:7`, shape: asking(1, 1024) },
  ),
  jobs: vi.fn<Ports['jobs']>(async (ids) =>
    ids
      .filter((jobId) => jobId !== 'vanished')
      .map((jobId) => ({
        jobId,
        definition: 'import-sales:7',
        shape: shapes[jobId.split('-')[0] ?? ''] ?? asking(1, 1024),
      })),
  ),
  instanceTypes: vi.fn<Ports['instanceTypes']>(async (names) => TYPES.filter(({ name }) => names.includes(name))),
  now: () => new Date(nowMs),
};

beforeEach(() => {
  nowMs = AT.getTime();
  vi.clearAllMocks();
});

const prepared = async () => {
  const judge = createCheckPlacement(ports);
  await judge.prepare(signal);
  return judge;
};

describe('prepare', () => {
  it('reads every type and family that the environments name, once', async () => {
    await prepared();

    const names = ports.instanceTypes.mock.calls[0]?.[0] ?? [];
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(['r5.xlarge', 'm6i', 'm4']));
  });

  it('reads again only after a quarter of an hour', async () => {
    const judge = await prepared();

    nowMs += 14 * MINUTE_MS;
    await judge.prepare(signal);
    expect(ports.environments).toHaveBeenCalledTimes(1);
    nowMs += MINUTE_MS;
    await judge.prepare(signal);

    expect(ports.environments).toHaveBeenCalledTimes(2);
  });

  it('asks EC2 nothing where no environment has instances', async () => {
    ports.environments.mockResolvedValueOnce([anEnvironment({ machines: { kind: 'fargate', maxVcpus: 4 } })]);

    await prepared();

    expect(ports.instanceTypes).not.toHaveBeenCalled();
  });

  it('goes by nothing when it could not read, instead of by what is long past', async () => {
    ports.environments.mockRejectedValueOnce(new Error('denied'));
    const judge = createCheckPlacement(ports);

    await expect(judge.prepare(signal)).rejects.toThrow('denied');
    await expect(judge.waiting(aQueue('etl'), [], signal)).rejects.toThrow(
      'The compute environments have not been read',
    );
  });
});

describe('waiting', () => {
  it('judges each job by what it asks for, overrides and all', async () => {
    const judge = await prepared();

    const judged = await judge.waiting(
      aQueue('etl'),
      [
        { jobId: 'small-1', jobs: 1 },
        { jobId: 'large-1', jobs: 300 },
        { jobId: 'vanished', jobs: 1 },
      ],
      signal,
    );

    expect(judged).toMatchObject([
      { queue: 'etl', definition: 'import-sales:7', jobs: 1, feeds: [], placement: { kind: 'fits' } },
      {
        resources: { vcpus: 4, memoryMiB: 32_000 },
        jobs: 300,
        placement: { kind: 'never', fix: 'request at most 31,400 MiB' },
      },
    ]);
    expect(judged).toHaveLength(2);
  });

  it('asks Batch of each job once, for what a job asks for never changes', async () => {
    const judge = await prepared();

    await judge.waiting(
      aQueue('etl'),
      [
        { jobId: 'a', jobs: 1 },
        { jobId: 'b', jobs: 1 },
      ],
      signal,
    );
    await judge.waiting(
      aQueue('etl'),
      [
        { jobId: 'b', jobs: 1 },
        { jobId: 'c', jobs: 1 },
      ],
      signal,
    );
    await judge.waiting(aQueue('etl'), [{ jobId: 'b', jobs: 1 }], signal);
    await judge.waiting(aQueue('etl'), [{ jobId: 'a', jobs: 1 }], signal);

    // What no longer waits is forgotten.
    expect(ports.jobs.mock.calls.map(([ids]) => ids)).toEqual([['a', 'b'], ['c'], ['a']]);
  });

  it('does not judge an environment that it has not been told of yet', async () => {
    const judge = await prepared();
    const queue = aQueue('etl', {
      environments: ['arn:aws:batch:ap-northeast-1:123456789012:compute-environment/new'],
    });

    const [judged] = await judge.waiting(queue, [{ jobId: 'large-1', jobs: 1 }], signal);

    expect(judged?.placement).toMatchObject({ kind: 'unknown', reason: 'new is not described yet' });
  });

  it('finds an environment by its name, too', async () => {
    const judge = await prepared();

    const [judged] = await judge.waiting(
      aQueue('etl', { environments: ['etl-machines'] }),
      [{ jobId: 'large-1', jobs: 1 }],
      signal,
    );

    expect(judged?.placement.kind).toBe('never');
  });

  it('judges a job that is not modelled as unknown', async () => {
    const judge = await prepared();
    ports.jobs.mockResolvedValueOnce([{ jobId: 'a', definition: 'pods:1', shape: { ...asking(1, 1), isEks: true } }]);

    const [judged] = await judge.waiting(aQueue('etl'), [{ jobId: 'a', jobs: 1 }], signal);

    expect(judged).toEqual({
      queue: 'etl',
      definition: 'pods:1',
      jobs: 1,
      feeds: [],
      placement: { kind: 'unknown', reason: 'the job runs on EKS', verdicts: [] },
    });
  });
});

describe('feeds', () => {
  const queues = [aQueue('etl'), aQueue('closed', { isEnabled: false })];

  it('judges the job of a feed before any file has come', async () => {
    const judge = await prepared();
    const feeds = [
      aFeed({ name: 'small' }),
      aFeed({ name: 'large', batch: { resources: { vcpus: 4, memoryMiB: 32_000 } } }),
    ];

    const { judged, failed } = await judge.feeds(feeds, queues, signal);

    expect(failed).toEqual([]);
    expect(judged).toMatchObject([
      { queue: 'etl', definition: 'import-sales:7', jobs: 0, feeds: ['small'], placement: { kind: 'fits' } },
      {
        definition: 'import-sales:7',
        resources: { vcpus: 4, memoryMiB: 32_000 },
        feeds: ['large'],
        placement: {
          kind: 'never',
          reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
          fix: 'request at most 31,400 MiB',
        },
      },
    ]);
    // Asked once for both.
    expect(ports.definition).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a queue that is not there', { queue: 'elt' }, 'there is no queue elt'],
    ['a queue that takes no jobs', { queue: 'closed' }, 'the queue closed is disabled'],
    ['a definition that is gone', { definition: 'gone' }, 'there is no active job definition gone'],
  ])('tells of %s', async (_, batch, reason) => {
    const judge = await prepared();

    expect((await judge.feeds([aFeed({ batch })], queues, signal)).judged).toMatchObject([
      { placement: { kind: 'never', reason, verdicts: [] }, feeds: ['sales'], jobs: 0 },
    ]);
  });

  it('judges the others when the definition of one cannot be read, and names that one', async () => {
    const judge = await prepared();
    const error = new Error('DescribeJobDefinitions answered 400 ClientException');
    ports.definition.mockRejectedValueOnce(error);
    const feeds = [aFeed({ name: 'odd', batch: { queue: 'job-queue/etl', definition: 'odd' } }), aFeed()];

    expect(await judge.feeds(feeds, queues, signal)).toEqual({
      judged: [expect.objectContaining({ feeds: ['sales'] })],
      failed: [{ feed: 'odd', queue: 'etl', error }],
    });
  });

  it('gives up when it is told to', async () => {
    const judge = await prepared();
    const time = new AbortController();
    ports.definition.mockImplementationOnce(async () => {
      time.abort();
      throw new Error('aborted');
    });

    await expect(judge.feeds([aFeed(), aFeed()], queues, time.signal)).rejects.toBe(time.signal.reason);
  });

  it('takes queue and definition by their ARNs too', async () => {
    const judge = await prepared();
    const arn = 'arn:aws:batch:ap-northeast-1:123456789012:';
    const feed = aFeed({ batch: { queue: `${arn}job-queue/etl`, definition: `${arn}job-definition/import-sales:7` } });

    const { judged } = await judge.feeds([feed], queues, signal);

    expect(judged).toMatchObject([{ queue: 'etl', placement: { kind: 'fits' } }]);
    expect(ports.definition.mock.calls[0]?.[0]).toBe(`${arn}job-definition/import-sales:7`);
  });
});
