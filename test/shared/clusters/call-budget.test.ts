import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallsExhausted, createCallBudget } from '../../../shared/clusters/call-budget.ts';
import type { EmrOperation } from '../../../shared/clusters/directory.ts';

const signal = new AbortController().signal;

/** A budget on a clock that only sleeping moves. */
const aBudget = () => {
  let nowMs = 0;
  const budget = createCallBudget({
    now: () => new Date(nowMs),
    sleep: async (ms) => {
      nowMs += ms;
    },
  });
  budget.open(new Date(Number.MAX_SAFE_INTEGER / 2));
  return {
    budget,
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms;
    },
    admit: async (operation: EmrOperation, times = 1): Promise<number[]> => {
      const admitted: number[] = [];
      for (let index = 0; index < times; index += 1) {
        await budget.admit(operation, signal);
        admitted.push(nowMs);
      }
      return admitted;
    },
  };
};

describe('createCallBudget', () => {
  it('admits half of what EMR allows at once, then at half of its rate', async () => {
    const { admit } = aBudget();

    expect(await admit('ListInstances', 7)).toEqual([0, 0, 0, 0, 0, 4_000, 8_000]);
  });

  it('fills up while nothing is asked, and never beyond the burst', async () => {
    const { admit, pass } = aBudget();
    await admit('ListInstances', 5);

    pass(3_600_000);

    expect(await admit('ListInstances', 6)).toEqual([...Array(5).fill(3_600_000), 3_604_000]);
  });

  it('admits any operation only as fast as EMR allows all together', async () => {
    const { admit } = aBudget();
    await admit('ListClusters', 5);
    await admit('DescribeCluster', 5);
    await admit('ListInstances', 2);

    expect(await admit('ListInstanceGroups', 2)).toEqual([200, 600]);
  });

  it('rejects at once when the wait would be beyond the deadline', async () => {
    const { budget, admit, now } = aBudget();
    await admit('ListInstances', 5);
    budget.open(new Date(3_999));

    await expect(admit('ListInstances')).rejects.toThrow(CallsExhausted);
    expect(now()).toBe(0);
    await expect(admit('ListClusters')).resolves.toEqual([0]);
  });

  it('admits nothing before it is opened, and nothing after it was closed', async () => {
    const { budget, admit } = aBudget();
    budget.close();

    await expect(admit('ListClusters')).rejects.toThrow(CallsExhausted);

    budget.open(new Date(0));
    await expect(admit('ListClusters')).resolves.toEqual([0]);
  });

  it('ends a wait when the invocation ends', async () => {
    const budget = createCallBudget({
      now: () => new Date(0),
      sleep: async (_, aborted) => aborted.throwIfAborted(),
    });
    budget.open(new Date(1_000_000));
    for (let index = 0; index < 5; index += 1) {
      await budget.admit('ListInstances', signal);
    }

    await expect(budget.admit('ListInstances', AbortSignal.abort(new Error('out of time')))).rejects.toThrow(
      'out of time',
    );
  });

  it('is not confused by a clock that goes back', async () => {
    const { admit, pass } = aBudget();
    await admit('ListInstances', 5);

    pass(-60_000);

    expect(await admit('ListInstances')).toEqual([4_000]);
  });

  it('never admits more in any time than half of what EMR would', async () => {
    const operations = fc.constantFrom<EmrOperation>('ListInstances', 'DescribeCluster', 'ListInstanceFleets');
    const asked = fc.array(fc.tuple(operations, fc.nat(3_000)), { maxLength: 40 });
    const limits = { ListInstances: [5, 0.25], DescribeCluster: [5, 0.5], ListInstanceFleets: [2.5, 0.25] } as const;
    await fc.assert(
      fc.asyncProperty(asked, async (calls) => {
        const { admit, pass } = aBudget();
        const admitted: { operation: EmrOperation; at: number }[] = [];
        for (const [operation, passed] of calls) {
          pass(passed);
          const [time = 0] = await admit(operation);
          admitted.push({ operation, at: time });
        }
        for (const [operation, [burst, perSecond]] of Object.entries(limits)) {
          const own = admitted.filter((call) => call.operation === operation).map((call) => call.at);
          own.forEach((from, first) => {
            own.slice(first).forEach((to, count) => {
              expect(count + 1).toBeLessThanOrEqual(burst + ((to - from) / 1_000) * perSecond + 1e-9);
            });
          });
        }
      }),
    );
  });
});
