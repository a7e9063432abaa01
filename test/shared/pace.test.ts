import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../shared/pace.ts';

/** A clock that stands still unless somebody sleeps, and then wakes the sleepers in order. */
const createClock = () => {
  let nowMs = 0;
  const sleepers: { untilMs: number; wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (ms: number) =>
      new Promise<void>((wake) => {
        sleepers.push({ untilMs: nowMs + ms, wake });
      }),
    advance: async (ms: number) => {
      const endMs = nowMs + ms;
      for (;;) {
        await new Promise(setImmediate);
        const next = sleepers.filter(({ untilMs }) => untilMs <= endMs).sort((a, b) => a.untilMs - b.untilMs)[0];
        if (next === undefined) break;
        nowMs = next.untilMs;
        sleepers.splice(sleepers.indexOf(next), 1);
        next.wake();
      }
      nowMs = endMs;
    },
  };
};

describe('createPace', () => {
  it('lets the first through at once, and the others one spacing after another, in order', async () => {
    const clock = createClock();
    const pace = createPace(20, clock);
    const turns: [string, number][] = [];

    for (const caller of ['a', 'b', 'c']) {
      void pace().then(() => turns.push([caller, clock.now()]));
    }
    await clock.advance(1000);

    expect(turns).toEqual([
      ['a', 0],
      ['b', 50],
      ['c', 100],
    ]);
  });

  it('saves no turns while no caller waits', async () => {
    const clock = createClock();
    const pace = createPace(10, clock);
    const turns: number[] = [];

    await clock.advance(60_000);
    for (let call = 0; call < 3; call += 1) {
      void pace().then(() => turns.push(clock.now()));
    }
    await clock.advance(1000);

    expect(turns).toEqual([60_000, 60_100, 60_200]);
  });

  it('does not wait without a limit', async () => {
    const clock = createClock();
    const pace = createPace(Number.POSITIVE_INFINITY, clock);

    await Promise.all([pace(), pace(), pace()]);

    expect(clock.now()).toBe(0);
  });

  it('gives no second more turns than it may, whenever callers come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 700 }), calls: fc.integer({ min: 1, max: 40 }) }), {
          maxLength: 8,
        }),
        async (perSecond, bursts) => {
          const clock = createClock();
          const pace = createPace(perSecond, clock);
          const turns: number[] = [];
          let asked = 0;

          for (const { afterMs, calls } of bursts) {
            await clock.advance(afterMs);
            for (let call = 0; call < calls; call += 1) {
              asked += 1;
              void pace().then(() => turns.push(clock.now()));
            }
          }
          await clock.advance(400_000);

          expect(turns).toHaveLength(asked);
          turns.forEach((turn, index) => {
            const before = turns[index - perSecond];
            // The arithmetic of fractions of a millisecond.
            if (before !== undefined) expect(turn - before).toBeGreaterThanOrEqual(999.999);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
