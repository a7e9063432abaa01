/**
 * The faults between an event and its job, one by one, made by a proxy in front of the local AWS and met by the deployed bundle.
 *
 * `docs/exactly-once.md` has them as a table.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../child.ts';
import { FAULTS, type Fault, type FaultProxy, type ProxyRequest, startProxy } from '../proxy.ts';
import {
  type Arrived,
  alertsOf,
  aName,
  batchOf,
  deliver,
  endJob,
  failedOf,
  jobsOf,
  manifestOf,
  minute,
  put,
  remove,
  startSubmit,
  stateOf,
  upstream,
} from './deliveries.ts';

let proxy: FaultProxy;
let hosts: Host[];
let one: Host;

beforeAll(async () => {
  proxy = await startProxy(upstream);
  hosts = await Promise.all(Array.from({ length: 5 }, () => startSubmit(proxy)));
  one = host(0);
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  await proxy.close();
});
beforeEach(() => proxy.reset());

const host = (receive: number): Host => hosts[receive % hosts.length] as Host;

const single = (name = aName()): { name: string; objects: Arrived[] } => ({
  name,
  objects: [{ key: `single/${name}.csv` }],
});

/** Breaks the n-th request of an operation, or every one of them up to it. */
const breakRequests = (operation: ProxyRequest['operation'], fault: Fault, times = 1, after = 0): void => {
  let seen = 0;
  proxy.script.fault = (request) => {
    if (request.operation !== operation) {
      return undefined;
    }
    seen += 1;
    return seen > after && seen <= after + times ? fault : undefined;
  };
};

const asked = (operation: ProxyRequest['operation']): number =>
  proxy.requests.filter((request) => request.operation === operation).length;

const expectOneJob = async (feed: string, name: string): Promise<void> => {
  expect(await jobsOf(feed, name)).toHaveLength(1);
  expect(await stateOf(feed, name)).toBe('submitted');
};

const ALWAYS = Number.POSITIVE_INFINITY;

describe('the same event', () => {
  it('twice, one after the other', async () => {
    const { name, objects } = single();

    expect((await deliver(objects, host)).left).toEqual([]);
    expect((await deliver(objects, host, { fromMs: minute(1) })).left).toEqual([]);

    await expectOneJob('single', name);
  });

  it('twice, at once', async () => {
    const { name, objects } = single();

    const both = await Promise.all([1, 2].map((index) => deliver(objects, () => host(index))));

    expect(both.flatMap(({ left }) => left)).toEqual([]);
    await expectOneJob('single', name);
  });

  it('fifty times, at once', async () => {
    const { name, objects } = single();
    const event = batchOf(...objects);

    const invocations = await Promise.all(Array.from({ length: 50 }, (_, index) => host(index).invoke(event)));

    const left = invocations.filter((invocation) => failedOf(event, invocation).length > 0);
    await Promise.all(left.map((_, index) => deliver(objects, host, { fromMs: minute(3 + index) })));
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('at a host that is killed after SubmitJob, and at another at the same time', async () => {
    const { name, objects } = single();
    const victim = await startSubmit(proxy);
    let copy: ReturnType<typeof deliver> | undefined;
    proxy.script.onAnswered = ({ operation }) => {
      if (operation === 'SubmitJob' && copy === undefined) {
        copy = deliver(objects, () => host(1));
        victim.kill();
      }
    };

    await victim.invoke(batchOf(...objects), minute(0));
    await victim.stop();
    const again = await deliver(objects, () => host(2), { fromMs: minute(3), receives: 1 });

    expect([again.left, (await copy)?.left]).toEqual([[], []]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('after the others, in whatever order they come', async () => {
    const name = aName();
    const [orders, complete] = [{ key: `pair/${name}/orders_a` }, { key: `pair/${name}/_SUCCESS` }];

    for (const objects of [[complete], [orders], [complete], [orders]]) {
      expect((await deliver(objects, host)).left).toEqual([]);
    }

    await expectOneJob('pair', name);
  });
});

describe('the answer of SubmitJob', () => {
  it.each([
    ['is lost by a reset', FAULTS.lostByReset],
    ['is cut off', FAULTS.lostByCut],
    ['is broken', FAULTS.lostByBrokenBody],
    ['is a 500, though the job was accepted', FAULTS.lostByServerError],
    ['is a 503, though the job was accepted', FAULTS.lostByUnavailable],
    ['does not come in time', FAULTS.lostByTimeout],
  ])('%s: the job is found by its name at once', async (_, fault) => {
    const { name, objects } = single();
    breakRequests('SubmitJob', fault);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it.each([
    ['is a reset', FAULTS.reset],
    ['is silence', FAULTS.hung],
    ['is a 500', FAULTS.serverError],
    ['is a 503', FAULTS.unavailable],
  ])('%s, and there is no job: it is submitted again after the lease and two looks', async (_, fault) => {
    const { name, objects } = single();
    breakRequests('SubmitJob', fault);

    const { left } = await deliver(objects, host);

    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(2);
    await expectOneJob('single', name);
  });

  it('is a 429 twice: it is submitted with the third receive', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', FAULTS.throttled, 2);

    expect(await deliver(objects, host)).toMatchObject({ receives: 3, left: [] });

    await expectOneJob('single', name);
  });

  it('is a 429 for ever: no job, and the event goes to the failure queue, from which it is moved back', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', FAULTS.throttled, ALWAYS);

    expect(await deliver(objects, host)).toMatchObject({ receives: 5, left: objects });
    expect(await jobsOf('single', name)).toEqual([]);
    proxy.script = {};
    await deliver(objects, host, { fromMs: minute(60) });

    await expectOneJob('single', name);
  });

  it('is lost four times', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', FAULTS.lostByReset, 4);

    await deliver(objects, host);
    await deliver(objects, host, { fromMs: minute(20) });

    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('is lost, and so is the look-up: the job is adopted after the lease', async () => {
    const { name, objects } = single();
    proxy.script.fault = ({ service }) => (service === 'batch' ? FAULTS.lostByServerError : undefined);

    await one.invoke(batchOf(...objects));
    proxy.script = {};
    const { left } = await deliver(objects, host, { fromMs: minute(6), receives: 2 });

    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('is lost, and the job is not listed for five minutes', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', FAULTS.lostByReset);
    const { fault } = proxy.script;
    const unlisted: Fault = { reaches: false, shows: { status: 200, body: '{"jobSummaryList":[]}' } };
    let lagging = true;
    proxy.script.fault = (request) => (request.operation === 'ListJobs' && lagging ? unlisted : fault?.(request));

    await one.invoke(batchOf(...objects));
    lagging = false;
    const { left } = await deliver(objects, host, { fromMs: minute(6), receives: 2 });

    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });
});

describe('the record of a submitted job', () => {
  it.each([
    ['fails', FAULTS.serverError],
    ['is lost', FAULTS.lostByServerError],
  ])('%s: the event comes again, and the job is adopted', async (_, fault) => {
    const { name, objects } = single();
    breakRequests('UpdateItem', fault, 3);

    const { left } = await deliver(objects, host);

    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('is made although its first answer is lost', async () => {
    const { name, objects } = single();
    breakRequests('UpdateItem', FAULTS.lostByReset);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });

  it('is made although it meets the transactions of late files', async () => {
    const { name, objects } = single();
    breakRequests('UpdateItem', FAULTS.writeConflict, 3);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });
});

describe('the claim', () => {
  it.each([
    ['lost once', 1],
    ['lost three times', 3],
  ])('whose answer is %s is known by its owner', async (_, times) => {
    const { name, objects } = single();
    breakRequests('TransactWriteItems', FAULTS.lostByReset, times, 1);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it('that was not written, and not read either, leaves no job behind', async () => {
    const { name, objects } = single();
    let claiming = false;
    proxy.script.fault = ({ operation, body }) => {
      claiming ||= operation === 'TransactWriteItems' && body.includes('leaseUntil');
      return claiming ? FAULTS.serverError : undefined;
    };

    const event = batchOf(...objects);
    expect(failedOf(event, await one.invoke(event))).toHaveLength(1);
    expect(await jobsOf('single', name)).toEqual([]);
    proxy.script = {};
    await deliver(objects, host, { fromMs: minute(3), receives: 1 });

    await expectOneJob('single', name);
  });

  it('meets other transactions, and is made in its turn', async () => {
    const { name, objects } = single();
    breakRequests('TransactWriteItems', FAULTS.transactionConflict, 4);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });
});

describe('the ledger', () => {
  it.each([
    ['throttles', FAULTS.tableThrottled],
    ['fails', FAULTS.serverError],
    ['loses its answers', FAULTS.lostByReset],
  ])('%s from the first request on: no job, and one when the event comes again', async (_, fault) => {
    const { name, objects } = single();
    proxy.script.fault = ({ service }) => (service === 'dynamodb' ? fault : undefined);
    const event = batchOf(...objects);

    expect(failedOf(event, await one.invoke(event))).toHaveLength(1);
    expect(asked('SubmitJob')).toBe(0);
    proxy.script = {};
    await deliver(objects, host, { fromMs: minute(3), receives: 1 });

    await expectOneJob('single', name);
  });

  it('throttles for a moment, and nobody notices', async () => {
    const { name, objects } = single();
    breakRequests('TransactWriteItems', FAULTS.tableThrottled, 1);

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });

  it('is slow', async () => {
    const { name, objects } = single();
    proxy.script.fault = ({ service }) =>
      service === 'dynamodb' ? { reaches: true, shows: 'pass', delayMs: 300 } : undefined;

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });
});

describe('S3', () => {
  const without = (key: string): Arrived[] => [{ key, etag: '' }];

  it('has lost the file that an event without details speaks of: skipped, once', async () => {
    const name = aName();

    expect(await deliver(without(`single/${name}.csv`), host)).toMatchObject({ receives: 1, left: [] });

    expect(proxy.requests.map(({ operation }) => operation)).toEqual(['HeadObject']);
    expect(host(1).logs.findLast(({ message }) => message === 'Arrival skipped')).toMatchObject({
      key: `single/${name}.csv`,
      reason: 'object gone',
    });
  });

  it('does not let the function look: the event comes again, for a 403 says nothing about the file', async () => {
    const name = aName();
    const { key } = await put(`single/${name}.csv`);
    breakRequests('HeadObject', FAULTS.forbidden, 2);

    expect(await deliver(without(key), host)).toMatchObject({ receives: 3, left: [] });

    await expectOneJob('single', name);
  });

  it('fails for a moment when it is asked', async () => {
    const name = aName();
    const { key } = await put(`single/${name}.csv`);
    breakRequests('HeadObject', FAULTS.serverError, 2);

    expect(await deliver(without(key), host)).toMatchObject({ receives: 1, left: [] });

    await expectOneJob('single', name);
  });

  it('does not take the manifest: no job until it does', async () => {
    const name = aName();
    const objects = [{ key: `pair/${name}/orders_a` }, { key: `pair/${name}/_SUCCESS` }];
    breakRequests('PutObject', FAULTS.serverError, 3);

    // Both records are of one run: the second finds the first one's failure, and does better.
    const { left } = await deliver(objects, host);

    expect(left).toEqual([]);
    await expectOneJob('pair', name);
    expect(await manifestOf((await jobsOf('pair', name))[0])).toHaveLength(2);
  });

  it('has deleted a file again that was written again: the run stays as it was', async () => {
    const name = aName();
    const key = `rerun/${name}.csv`;
    await deliver([await put(key, 'first')], host);
    const second = await put(key, 'second');
    await remove(key);

    expect(await deliver([second], host, { fromMs: minute(5) })).toMatchObject({ receives: 1, left: [] });

    await endJob('rerun', name);
    await deliver([second], host, { fromMs: minute(30) });
    expect(await jobsOf('rerun', name, 2)).toEqual([]);
  });
});

describe('a batch of SQS', () => {
  it('with two records that complete one run', async () => {
    const name = aName();
    const objects = [{ key: `pair/${name}/orders_a` }, { key: `pair/${name}/_SUCCESS` }];

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('pair', name);
    expect(await manifestOf((await jobsOf('pair', name))[0])).toHaveLength(2);
  });

  it('with one record that always fails: nine jobs, and the tenth when it is moved back from the failure queue', async () => {
    const good = Array.from({ length: 9 }, () => single());
    const name = aName();
    const poison = { key: `single/${name}.csv`, etag: '' };
    await put(poison.key);
    breakRequests('HeadObject', FAULTS.forbidden, ALWAYS);

    const { receives, left } = await deliver([...good.flatMap(({ objects }) => objects), poison], host);

    expect({ receives, left }).toEqual({ receives: 5, left: [poison] });
    await Promise.all(good.map((run) => expectOneJob('single', run.name)));
    expect(await jobsOf('single', name)).toEqual([]);
    proxy.script = {};
    await deliver([poison], host, { fromMs: minute(60) });
    await expectOneJob('single', name);
  });

  it('whose files are called in every way that S3 allows', async () => {
    const names = ['a b', 'a+b', 'a%2Fb', 'ü', '新規', 'x'.repeat(1_024 - 'single/.csv'.length), 'a\nb', '\'"\\'];
    const own = names.map((name) => (name.length > 100 ? name : `${name} ${aName()}`));
    const objects = own.map((name) => ({ key: `single/${name}.csv` }));

    expect(await deliver(objects, host)).toMatchObject({ receives: 1, left: [] });

    for (const [index, name] of own.entries()) {
      const [job, ...others] = await jobsOf('single', name);
      expect(others).toEqual([]);
      expect(job?.parameters).toEqual({ file: `s3://faults-landing/${objects[index]?.key}` });
      expect(job?.jobName).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
    }
  });
});

describe('two deployments at work together', () => {
  it('submit one job, as one of them would', async () => {
    const { name, objects } = single();
    const old = await startSubmit(proxy, { deployment: 'submitOld' });

    const both = await Promise.all([old, one].map((at) => deliver(objects, () => at)));

    await old.stop();
    expect(both.flatMap(({ left }) => left)).toEqual([]);
    await expectOneJob('single', name);
  });

  it('finish what the other began, as the other would have', async () => {
    const { name, objects } = single();
    const old = await startSubmit(proxy, { deployment: 'submitOld' });
    proxy.script = {
      fault: ({ operation }) => (operation === 'SubmitJob' ? FAULTS.hung : undefined),
      onRequest: ({ operation }) => operation === 'SubmitJob' && old.kill(),
    };
    await old.invoke(batchOf(...objects));
    await old.stop();
    proxy.script = {};

    const { left } = await deliver(objects, host, { fromMs: minute(6), receives: 2 });

    expect(left).toEqual([]);
    await expectOneJob('single', name);
    const [job] = await jobsOf('single', name);
    expect(job?.jobDefinition).toMatch(/\/import:1$/);
  });
});

describe('a lease that ends while its owner lives', () => {
  it('finds the job of an owner who waits for his answer, and he finds it recorded', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', { reaches: true, shows: 'pass', delayMs: 2_000 });
    const submitting = new Promise<void>((resolve) => {
      proxy.script.onAnswered = ({ operation }) => operation === 'SubmitJob' && resolve();
    });
    const event = batchOf(...objects);

    const owner = one.invoke(event);
    await submitting;
    const other = await host(1).invoke(event, minute(6));

    expect(failedOf(event, other)).toEqual([]);
    expect(failedOf(event, await owner)).toEqual([]);
    await expectOneJob('single', name);
  });

  it('tells people of two jobs when an owner comes back who was gone for longer than a function lives', async () => {
    const { name, objects } = single();
    const event = batchOf(...objects);
    let thaw = (): void => undefined;
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const sleeper = await startProxy(async (request) => {
      await frozen;
      const answer = await fetch(`${upstream.batchEndpoint}${request.path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: AUTHORIZATION },
        body: request.body,
      });
      return { status: answer.status, body: await answer.text() };
    });
    const owner = await startSubmit({
      ...proxy,
      environment: { ...proxy.environment, AWS_ENDPOINT_URL_BATCH: sleeper.url },
    });

    const late = owner.invoke(event);
    await expect.poll(() => sleeper.requests.length).toBe(1);
    await deliver(objects, () => one, { fromMs: minute(6), receives: 2 });
    thaw();
    await late;

    await owner.stop();
    await sleeper.close();
    expect(await jobsOf('single', name)).toHaveLength(2);
    expect(await alertsOf('single', name)).toEqual(['claim-lost']);
  });
});

/** Who asks, as the local Batch reads it. */
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/batch/aws4_request, SignedHeaders=host, Signature=none';

describe('clocks five minutes apart', () => {
  it('make a lease look over at once: the job that is on its way is found by the second look', async () => {
    const { name, objects } = single();
    breakRequests('SubmitJob', { reaches: true, shows: 'hang' });
    const event = batchOf(...objects);
    // Batch lists a job only twenty seconds after it was submitted.
    const unlisted: Fault = { reaches: false, shows: { status: 200, body: '{"jobSummaryList":[]}' } };
    const { fault } = proxy.script;
    let lagging = true;
    proxy.script.fault = (request) => (request.operation === 'ListJobs' && lagging ? unlisted : fault?.(request));

    const slow = one.invoke(event, minute(0));
    await expect.poll(() => asked('SubmitJob')).toBe(1);
    const early = await host(1).invoke(event, minute(5));
    lagging = false;
    const { left } = await deliver(objects, () => host(1), { fromMs: minute(8), receives: 1 });

    await slow;
    expect(failedOf(event, early)).toHaveLength(1);
    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });

  it.each([
    ['ahead', 5],
    ['behind', -5],
  ])('submit one job when an owner dies whose clock is %s', async (_, minutes) => {
    const { name, objects } = single();
    const victim = await startSubmit(proxy);
    proxy.script = {
      onAnswered: ({ operation }) => operation === 'SubmitJob' && victim.kill(),
    };
    await victim.invoke(batchOf(...objects), minute(10 + minutes));
    await victim.stop();
    proxy.script = {};

    const { left } = await deliver(objects, host, { fromMs: minute(13), receives: 1 });

    expect(left).toEqual([]);
    expect(asked('SubmitJob')).toBe(1);
    await expectOneJob('single', name);
  });
});
