/** Kills `check-arrivals` at each request that it makes while it finishes what another left half done. The next tick goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../shared/durations.ts';
import { sizeOf } from '../../support/test-size.ts';
import type { Host } from '../child.ts';
import { FAULTS, type FaultProxy, startProxy } from '../proxy.ts';
import { aName, batchOf, jobsOf, minute, startCheck, startSubmit, stateOf, upstream } from './deliveries.ts';

/** After these nothing is left to do. */
const SETTLED_MINUTES = 30;
const TICKS = sizeOf({ usual: 10, long: 30 });

let proxy: FaultProxy;
let checker: Host;
let nextVictims: [submit: Promise<Host>, check: Promise<Host>];

const startVictims = (): typeof nextVictims => [startSubmit(proxy), startCheck(proxy)];

beforeAll(async () => {
  proxy = await startProxy(upstream);
  checker = await startCheck(proxy);
  nextVictims = startVictims();
});
afterAll(async () => {
  const victims = await Promise.all(nextVictims);
  await Promise.all([checker, ...victims].map((host) => host.stop()));
  await proxy.close();
});

type When = 'before' | 'after';

/** Invokes a host and kills it at one of its requests. */
const killAt = async (host: Host, event: unknown, atMs: number, step: number, when: When) => {
  proxy.reset();
  const strike = ({ number }: { number: number }) => number === step && host.kill();
  proxy.script = {
    fault: ({ number }) => (number === step && when === 'before' ? FAULTS.hung : undefined),
    ...(when === 'before' ? { onRequest: strike } : { onAnswered: strike }),
  };
  const { kind } = await host.invoke(event, atMs);
  proxy.script = {};
  await host.stop();
  return { kind, operations: proxy.requests.map(({ operation }) => operation) };
};

/** Ticks until nothing is left to do. */
const tickUntilSettled = async (fromMs: number): Promise<void> => {
  for (let passed = 0; passed < SETTLED_MINUTES; passed += SETTLED_MINUTES / TICKS) {
    await checker.invoke({}, fromMs + passed * MINUTE_MS);
  }
};

describe('check-arrivals', () => {
  it('submits the job once, at whichever request it was killed', { timeout: 600_000 }, async () => {
    const struck: string[] = [];
    for (let step = 1, wasStruck = true; wasStruck; step += 1) {
      for (const when of ['before', 'after'] as const) {
        const name = aName();
        const [submit, check] = await Promise.all(nextVictims);
        nextVictims = startVictims();
        // Claimed, and never sent.
        await killAt(submit, batchOf({ key: `single/${name}.csv` }), minute(0), 4, 'before');
        await checker.invoke({}, minute(6));

        const { kind, operations } = await killAt(check, {}, minute(13), step, when);
        await tickUntilSettled(minute(14));

        wasStruck = kind === 'killed';
        struck.push(`${when} ${operations.at(-1)}`);
        expect({ step, when, jobs: (await jobsOf('single', name)).length }).toEqual({ step, when, jobs: 1 });
        expect(await stateOf('single', name)).toBe('submitted');
      }
    }
    expect(struck).toEqual(
      expect.arrayContaining([
        'before ListJobs',
        'after ListJobs',
        'before SubmitJob',
        'after SubmitJob',
        'before UpdateItem',
        'after UpdateItem',
      ]),
    );
  });
});
