import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createCheckPlacement, type Ports } from '../../../functions/count-stuck-jobs/check-placement.ts';
import { MINUTE_MS } from '../../../shared/durations.ts';
import { anEnvironment, TYPES } from '../../shared/placement/builders.ts';
import { aFeed } from '../../support/builders.ts';
import { AT, aQueue, aShape } from './builders.ts';

const { signal } = new AbortController();

let nowMs = AT.getTime();
const ports = {
  environments: vi.fn<Ports['environments']>(async () => [anEnvironment({ instanceTypes: ['r5.xlarge', 'optimal'] })]),
  definition: vi.fn<Ports['definition']>(async (name) => ({ definition: `${name}:7`, shape: aShape(1, 1024) })),
  jobs: vi.fn<Ports['jobs']>(async (ids) =>
    ids.map((jobId) => ({ jobId, definition: 'import-sales:7', shape: aShape(1, 1024) })),
  ),
  instanceTypes: vi.fn<Ports['instanceTypes']>(async (names) => TYPES.filter(({ name }) => names.includes(name))),
  now: () => new Date(nowMs),
};

beforeEach(() => {
  nowMs = AT.getTime();
  vi.clearAllMocks();
});

const prepared = async () => {
  const checks = createCheckPlacement(ports);
  await checks.refresh(signal);
  return checks;
};

describe('refresh', () => {
  it('reads every type and family that the environments name, once', async () => {
    await prepared();

    const names = ports.instanceTypes.mock.calls[0]?.[0] ?? [];
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(['r5.xlarge', 'm6i', 'm4']));
  });

  it('reads again only after a quarter of an hour', async () => {
    const checks = await prepared();

    nowMs += 14 * MINUTE_MS;
    await checks.refresh(signal);
    expect(ports.environments).toHaveBeenCalledTimes(1);
    nowMs += MINUTE_MS;
    await checks.refresh(signal);

    expect(ports.environments).toHaveBeenCalledTimes(2);
  });

  it('asks EC2 nothing where no environment has instances', async () => {
    ports.environments.mockResolvedValueOnce([anEnvironment({ machines: { kind: 'fargate', maxVcpus: 4 } })]);

    await prepared();

    expect(ports.instanceTypes).not.toHaveBeenCalled();
  });

  it('uses no old answer when the machines cannot be read', async () => {
    ports.environments.mockRejectedValueOnce(new Error('denied'));
    const checks = createCheckPlacement(ports);

    await expect(checks.refresh(signal)).rejects.toThrow('denied');
    await expect(checks.checkQueue(aQueue('etl'), [], signal)).rejects.toThrow(
      'The compute environments have not been read',
    );
  });
});

describe('checkQueue', () => {
  it('asks Batch once about each job that waits', async () => {
    const checks = await prepared();

    for (const waiting of [['a', 'b'], ['b', 'c'], ['b'], ['a']]) {
      await checks.checkQueue(
        aQueue('etl'),
        waiting.map((jobId) => ({ jobId, jobs: 1 })),
        signal,
      );
    }

    // A job that no longer waits is forgotten.
    expect(ports.jobs.mock.calls.map(([ids]) => ids)).toEqual([['a', 'b'], ['c'], ['a']]);
  });
});

describe('checkFeeds', () => {
  const queues = [aQueue('etl'), aQueue('closed', { isEnabled: false })];

  it('reads a definition of several feeds once, and none for a queue that takes no jobs', async () => {
    const checks = await prepared();
    const feeds = [aFeed(), aFeed({ name: 'returns' }), aFeed({ batch: { queue: 'closed', definition: 'other' } })];

    const { placements } = await checks.checkFeeds(feeds, queues, signal);

    expect(ports.definition.mock.calls.map(([name]) => name)).toEqual(['import-sales']);
    expect(placements.map(({ placement }) => placement.kind)).toEqual(['fits', 'fits', 'never']);
  });

  it('checks the other feeds when the definition of one cannot be read', async () => {
    const checks = await prepared();
    const error = new Error('DescribeJobDefinitions answered 400 ClientException');
    ports.definition.mockRejectedValueOnce(error);
    const feeds = [aFeed({ name: 'odd', batch: { queue: 'etl', definition: 'odd' } }), aFeed()];

    expect(await checks.checkFeeds(feeds, queues, signal)).toEqual({
      placements: [expect.objectContaining({ feeds: ['sales'] })],
      failed: [{ feed: 'odd', queue: 'etl', error }],
    });
  });

  it('rejects when the signal aborts', async () => {
    const checks = await prepared();
    const time = new AbortController();
    ports.definition.mockImplementationOnce(async () => {
      time.abort();
      throw new Error('aborted');
    });

    await expect(checks.checkFeeds([aFeed(), aFeed()], queues, time.signal)).rejects.toBe(time.signal.reason);
  });
});
