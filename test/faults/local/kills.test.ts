/**
 * Kills the deployed bundle at each request that it makes, before the service gets it and after the service has done it. SQS delivers the event
 * again, to other hosts, and there is exactly one job.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../child.ts';
import { FAULTS, type Fault, type FaultProxy, startProxy } from '../proxy.ts';
import {
  type Arrived,
  alertsOf,
  aName,
  batchOf,
  deliver,
  endJob,
  jobsOf,
  manifestOf,
  minute,
  put,
  startSubmit,
  stateOf,
  upstream,
} from './deliveries.ts';

let proxy: FaultProxy;
let hosts: [Host, Host];
/** Started ahead, since a victim lives only once. */
let nextVictim: Promise<Host>;
let victim: Host | undefined;

beforeAll(async () => {
  proxy = await startProxy(upstream);
  hosts = [await startSubmit(proxy), await startSubmit(proxy)];
  nextVictim = startSubmit(proxy);
});
afterAll(async () => {
  const all = [...hosts, await nextVictim];
  await Promise.all(all.map((host) => host.stop()));
  await proxy.close();
});
beforeEach(() => proxy.reset());
afterEach(async () => {
  await victim?.stop();
  victim = undefined;
});

const survivor = (receive: number): Host => hosts[receive % 2] as Host;

type When = 'before' | 'after';
type Act = { readonly objects: readonly Arrived[]; readonly atMs: number };

/** Has a fresh host handle an event, and kills it at one of its requests. */
const killAt = async (
  step: number,
  when: When,
  { objects, atMs }: Act,
  fault: (operation: string) => Fault | undefined = () => undefined,
): Promise<string | undefined> => {
  victim = await nextVictim;
  nextVictim = startSubmit(proxy);
  const host = victim;
  proxy.reset();
  const strike = ({ number }: { number: number }): void => {
    if (number === step) {
      host.kill();
    }
  };
  proxy.script = {
    fault: ({ number, operation }) => (number === step && when === 'before' ? FAULTS.hung : fault(operation)),
    ...(when === 'before' ? { onRequest: strike } : { onAnswered: strike }),
  };

  const invocation = await host.invoke(batchOf(...objects), atMs);

  const struck = proxy.requests.at(-1)?.operation;
  proxy.script = {};
  expect(invocation).toEqual({ kind: 'killed' });
  expect(proxy.requests).toHaveLength(step);
  return struck;
};

/**
 * Delivers what the victim was at, as SQS does, from the third receive on: the second, while the victim's lease runs, is a test of its own.
 *
 * @returns what is left for the failure queue after five receives
 */
const redeliver = async ({ objects, atMs }: Act): Promise<readonly Arrived[]> => {
  const { left } = await deliver(objects, survivor, { fromMs: atMs + 360_000, receives: 2 });
  return left;
};

/** Every step of a path from one on, before it and after it. */
const stepsOf = (path: readonly string[], from = 1) =>
  path.flatMap((operation, index) =>
    (['before', 'after'] as const).flatMap((when) => (index + 1 < from ? [] : [{ step: index + 1, when, operation }])),
  );

const expectOneJob = async (feed: string, name: string, generations = 1): Promise<void> => {
  const jobs = await Promise.all(Array.from({ length: generations + 1 }, (_, index) => jobsOf(feed, name, index + 1)));
  expect(jobs.map((ofGeneration) => ofGeneration.length)).toEqual([...Array(generations).fill(1), 0]);
  expect(await stateOf(feed, name)).toBe('submitted');
};

describe('killed with the file that completes a run', () => {
  const path = ['TransactWriteItems', 'Query', 'PutObject', 'TransactWriteItems', 'SubmitJob', 'UpdateItem'];

  it.each(stepsOf(path))('$when request $step, $operation', async ({ step, when, operation }) => {
    const name = aName();
    await deliver([{ key: `pair/${name}/orders_a` }], survivor);
    const act = { objects: [{ key: `pair/${name}/_SUCCESS` }], atMs: minute(1) };

    expect(await killAt(step, when, act)).toBe(operation);
    expect(await redeliver(act)).toEqual([]);

    await expectOneJob('pair', name);
    const [job] = await jobsOf('pair', name);
    expect((await manifestOf(job)).map(({ key }) => key)).toEqual([`pair/${name}/_SUCCESS`, `pair/${name}/orders_a`]);
  });
});

describe('killed with a file that completes nothing', () => {
  it.each(stepsOf(['TransactWriteItems', 'Query']))(
    '$when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const act = { objects: [{ key: `pair/${name}/orders_a` }], atMs: minute(0) };

      expect(await killAt(step, when, act)).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      expect(await stateOf('pair', name)).toBe('waiting');
      await deliver([{ key: `pair/${name}/_SUCCESS` }], survivor, { fromMs: minute(30) });
      await expectOneJob('pair', name);
    },
  );
});

const START = ['TransactWriteItems', 'GetItem', 'TransactWriteItems', 'SubmitJob'];

describe('killed after SubmitJob was throttled', () => {
  it.each(stepsOf([...START, 'UpdateItem'], 4))(
    '$when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const act = { objects: [{ key: `single/${name}.csv` }], atMs: minute(0) };

      const struck = await killAt(step, when, act, (asked) => (asked === 'SubmitJob' ? FAULTS.throttled : undefined));
      expect(struck).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      await expectOneJob('single', name);
    },
  );
});

describe('killed after the answer of SubmitJob was lost', () => {
  it.each(stepsOf([...START, 'ListJobs', 'UpdateItem'], 5))(
    '$when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const act = { objects: [{ key: `single/${name}.csv` }], atMs: minute(0) };

      const struck = await killAt(step, when, act, (asked) =>
        asked === 'SubmitJob' ? FAULTS.lostByServerError : undefined,
      );
      expect(struck).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      await expectOneJob('single', name);
    },
  );
});

describe('killed after Batch failed to take the job', () => {
  it.each(stepsOf([...START, 'ListJobs'], 5))('$when request $step, $operation', async ({ step, when, operation }) => {
    const name = aName();
    const act = { objects: [{ key: `single/${name}.csv` }], atMs: minute(0) };

    const struck = await killAt(step, when, act, (asked) => (asked === 'SubmitJob' ? FAULTS.serverError : undefined));
    expect(struck).toBe(operation);
    expect(await redeliver(act)).toEqual([]);

    await expectOneJob('single', name);
  });
});

describe('killed while it looks for the job of a dead owner', () => {
  const LOOK = ['TransactWriteItems', 'GetItem', 'ListJobs', 'UpdateItem'];

  it.each(stepsOf(LOOK, 3))(
    'who had submitted it: $when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const objects = [{ key: `single/${name}.csv` }];
      await killAt(4, 'after', { objects, atMs: minute(0) });
      const act = { objects, atMs: minute(6) };

      expect(await killAt(step, when, act)).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      await expectOneJob('single', name);
    },
  );

  it.each(stepsOf(LOOK, 3))(
    'who had not submitted it: $when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const objects = [{ key: `single/${name}.csv` }];
      await killAt(4, 'before', { objects, atMs: minute(0) });
      const act = { objects, atMs: minute(6) };

      expect(await killAt(step, when, act)).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      await expectOneJob('single', name);
    },
  );

  it.each(stepsOf([...LOOK, 'SubmitJob', 'UpdateItem'], 4))(
    'and then takes the claim over: $when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const objects = [{ key: `single/${name}.csv` }];
      await killAt(4, 'before', { objects, atMs: minute(0) });
      await survivor(1).invoke(batchOf(...objects), minute(6));
      const act = { objects, atMs: minute(12) };

      expect(await killAt(step, when, act)).toBe(operation);
      expect(await redeliver(act)).toEqual([]);

      await expectOneJob('single', name);
    },
  );
});

describe('killed after Batch refused the job', () => {
  const kills = stepsOf([...START, 'PutItem', 'UpdateItem'], 4);

  it.each(kills.slice(0, -1))(
    'keeps an alert, since Batch will refuse to look for the job too: $when request $step, $operation',
    async ({ step, when, operation }) => {
      const name = aName();
      const act = { objects: [{ key: `refused/${name}.csv` }], atMs: minute(0) };

      expect(await killAt(step, when, act)).toBe(operation);
      expect(await redeliver(act)).toEqual(act.objects);

      expect(await alertsOf('refused', name)).toContain('claim-lost');
      expect(await stateOf('refused', name)).toBe('claimed');
    },
  );

  it.each(kills.slice(-1))('is done with it: $when request $step, $operation', async ({ step, when, operation }) => {
    const name = aName();
    const act = { objects: [{ key: `refused/${name}.csv` }], atMs: minute(0) };

    expect(await killAt(step, when, act)).toBe(operation);
    expect(await redeliver(act)).toEqual([]);

    expect(await alertsOf('refused', name)).toEqual(['submit-refused']);
    expect(await stateOf('refused', name)).toBe('refused');
  });

  it('submits the job once when somebody has mended what Batch refused', async () => {
    const name = aName();
    const act = { objects: [{ key: `single/${name}.csv` }], atMs: minute(0) };
    const refuse = () => ({ reaches: false, shows: { status: 404, body: '{"__type":"ClientException"}' } }) as const;
    await killAt(4, 'after', act, (operation) => (operation === 'SubmitJob' ? refuse() : undefined));
    proxy.script.fault = ({ service }) => (service === 'batch' ? refuse() : undefined);
    expect(await redeliver(act)).toEqual(act.objects);

    proxy.script = {};
    const redriven = await deliver(act.objects, survivor, { fromMs: minute(60) });

    expect(redriven.left).toEqual([]);
    await expectOneJob('single', name);
    expect(await alertsOf('single', name)).toEqual(['claim-lost']);
  });
});

describe('while the lease of a dead owner runs', () => {
  it('the event is put back, and no job is submitted', async () => {
    const name = aName();
    const objects = [{ key: `single/${name}.csv` }];
    await killAt(4, 'before', { objects, atMs: minute(0) });

    const second = await deliver(objects, survivor, { fromMs: minute(3), receives: 4 });

    expect(second.left).toEqual(objects);
    expect(await jobsOf('single', name)).toEqual([]);
    await deliver(objects, survivor, { fromMs: minute(6), receives: 2 });
    await expectOneJob('single', name);
  });
});

describe('killed with a file that was written again after its run was submitted', () => {
  const path = ['TransactWriteItems', 'HeadObject', 'GetItem', 'TransactWriteItems', 'Query'];

  it.each(stepsOf(path, 2))('$when request $step, $operation', async ({ step, when, operation }) => {
    const name = aName();
    const key = `rerun/${name}.csv`;
    await deliver([await put(key, 'first')], survivor);
    const second = await put(key, 'second');
    const act = { objects: [second], atMs: minute(10) };

    expect(await killAt(step, when, act)).toBe(operation);
    expect(await redeliver(act)).toEqual([]);

    await expectOneJob('rerun', name);
    await endJob('rerun', name);
    await deliver([second], survivor, { fromMs: minute(50) });
    await expectOneJob('rerun', name, 2);
    const [job] = await jobsOf('rerun', name, 2);
    expect(await manifestOf(job)).toMatchObject([{ etag: second.etag }]);
  });
});

describe('killed while it opens the next generation', () => {
  const path = [
    'TransactWriteItems',
    'Query',
    'GetItem',
    'TransactWriteItems',
    'Query',
    'PutObject',
    'TransactWriteItems',
    'SubmitJob',
    'UpdateItem',
  ];

  it.each(stepsOf(path, 3))('$when request $step, $operation', async ({ step, when, operation }) => {
    const name = aName();
    const key = `rerun/${name}.csv`;
    await deliver([await put(key, 'first')], survivor);
    const second = await put(key, 'second');
    await deliver([second], survivor, { fromMs: minute(10) });
    await endJob('rerun', name);
    const act = { objects: [second], atMs: minute(30) };

    expect(await killAt(step, when, act)).toBe(operation);
    expect(await redeliver(act)).toEqual([]);

    await expectOneJob('rerun', name, 2);
  });
});
