import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run, RunState } from '../../../shared/runs/run.ts';
import {
  BATCH_MEMORY_MS,
  CLOCK_SKEW_MS,
  isDone,
  LEASE_MS,
  LOOKUP_GAP_MS,
  MOVES,
  mayOpenNext,
  missingOf,
  missingSlots,
  nextStep,
} from '../../../shared/runs/state-machine.ts';
import { aClaim, aFeed, aFeedSlot, aFileSlot, aRun, aTimeSlot } from '../../support/builders.ts';

const NOW = new Date('2026-11-22T03:00:00.000Z');
const at = (offsetMs: number) => new Date(NOW.getTime() + offsetMs);
const claimed = (claim: Partial<Parameters<typeof aClaim>[0]>): Run =>
  aRun({ state: 'claimed', claim: aClaim({ claimedAt: at(-400_000), leaseUntil: at(-1), ...claim }) });

describe('missingSlots', () => {
  it('names each required slot with what it has and needs', () => {
    const slots = [aFileSlot({ name: 'orders', min: 3 }), aFileSlot({ name: 'complete' })];

    expect(missingSlots(slots, new Map([['orders', 2]]))).toEqual([
      { slot: 'orders', have: 2, need: 3 },
      { slot: 'complete', have: 0, need: 1 },
    ]);
  });

  it('is not delayed by an optional slot', () => {
    expect(missingSlots([aFileSlot({ name: 'corrections', optional: true })], new Map())).toEqual([]);
  });
});

describe('missingOf', () => {
  it('names what is missing in the order of the slots, a time with when it comes', () => {
    const feed = aFeed({ slots: [aTimeSlot('12:30'), aFileSlot(), aFeedSlot(), aTimeSlot('11:00', 'earlier')] });

    expect(missingOf(feed, aRun({ filled: new Map() }), NOW)).toEqual([
      { slot: 'time', have: 0, need: 1, at: at(30 * 60_000) },
      { slot: 'orders', have: 0, need: 1 },
      { slot: 'catalog', have: 0, need: 1 },
    ]);
  });

  it('never takes a time for filled before it comes, and always from then on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: -1440, max: 2880 }), (hour, minutes) => {
        const feed = aFeed({ slots: [aTimeSlot(`${String(hour).padStart(2, '0')}:00`)], timeZone: 'Asia/Tokyo' });
        const comesAt = Date.parse('2026-11-22T00:00:00+09:00') + hour * 3_600_000;
        const now = new Date(comesAt + minutes * 60_000);

        expect(missingOf(feed, aRun(), now)).toHaveLength(minutes < 0 ? 1 : 0);
      }),
    );
  });

  it('waits for ever for a time of a run that has no date', () => {
    const run = aRun({ key: { feed: 'sales', values: {} } });

    expect(missingOf(aFeed({ slots: [aTimeSlot()] }), run, NOW)).toEqual([{ slot: 'time', have: 0, need: 1 }]);
  });
});

describe('isDone', () => {
  it.each([
    ['succeeded', undefined, true, true],
    ['failed', undefined, false, false],
    ['waiting', undefined, false, false],
    ['waiting', NOW, true, false],
  ] as const)(
    'of a run that is %s and would have been submitted at %s: %s for a shadow feed, %s for others',
    (state, wouldSubmitAt, forShadow, forOthers) => {
      const run = aRun({ state, ...(wouldSubmitAt === undefined ? {} : { wouldSubmitAt }) });

      expect([isDone(run, true), isDone(run, false)]).toEqual([forShadow, forOthers]);
    },
  );
});

describe('nextStep', () => {
  it('says until when it waits where only times are missing', () => {
    const feed = aFeed({ slots: [aFileSlot(), aTimeSlot('12:30'), aTimeSlot('12:45', 'later')] });

    expect(nextStep(aRun(), feed, NOW, 'me')).toMatchObject({ kind: 'wait', until: at(45 * 60_000) });
    expect(nextStep(aRun({ filled: new Map() }), feed, NOW, 'me')).not.toHaveProperty('until');
    expect(nextStep(aRun(), feed, at(45 * 60_000), 'me')).toEqual({ kind: 'claim', feed });
  });

  it('stands by where the feed is a shadow, and leaves what it left to others to them, also when it is none any more', () => {
    const feed = aFeed({ shadow: true });

    expect(nextStep(aRun(), feed, NOW, 'me')).toEqual({ kind: 'stand-by', feed });
    expect(nextStep(aRun({ wouldSubmitAt: NOW }), feed, NOW, 'me')).toEqual({ kind: 'nothing' });
    expect(nextStep(aRun({ wouldSubmitAt: NOW }), aFeed(), NOW, 'me')).toEqual({ kind: 'nothing' });
  });

  it('waits while a slot is missing', () => {
    const step = nextStep(aRun({ filled: new Map() }), aFeed(), NOW, 'me');

    expect(step).toEqual({ kind: 'wait', missing: [{ slot: 'orders', have: 0, need: 1 }] });
  });

  it('claims a complete run', () => {
    const feed = aFeed();

    expect(nextStep(aRun({ filled: new Map([['orders', 1]]) }), feed, NOW, 'me')).toEqual({ kind: 'claim', feed });
  });

  it('starts nothing for a feed that is no longer configured', () => {
    expect(nextStep(aRun({ filled: new Map([['orders', 1]]) }), undefined, NOW, 'me')).toEqual({ kind: 'nothing' });
  });

  it('leaves a claim alone until its lease ends', () => {
    expect(nextStep(claimed({ leaseUntil: at(1) }), aFeed(), NOW, 'me')).toEqual({ kind: 'leave', until: at(1) });
  });

  it('finishes an expired claim also when the feed is no longer configured', () => {
    expect(nextStep(claimed({}), undefined, NOW, 'me')).toMatchObject({ kind: 'look-up', resubmit: false });
  });

  it.each([
    ['not yet looked up', undefined, false],
    ['looked up too recently by the same process', { at: at(-LOOKUP_GAP_MS + 1), by: 'me' }, false],
    ['looked up a minute ago by the same process', { at: at(-LOOKUP_GAP_MS), by: 'me' }, true],
    ['looked up a minute ago by another clock', { at: at(-LOOKUP_GAP_MS), by: 'other' }, false],
    ['looked up by another clock, its skew allowed for', { at: at(-LOOKUP_GAP_MS - CLOCK_SKEW_MS), by: 'other' }, true],
  ])('resubmits only after two empty look-ups a minute apart: %s', (_, emptyLookup, resubmit) => {
    const run = claimed(emptyLookup === undefined ? {} : { emptyLookup });

    expect(nextStep(run, aFeed(), NOW, 'me')).toEqual({ kind: 'look-up', claim: run.claim, resubmit });
  });

  it('gives up on a claim that is older than Batch remembers', () => {
    const run = claimed({ claimedAt: at(-BATCH_MEMORY_MS - 1) });

    expect(nextStep(run, aFeed(), NOW, 'me')).toEqual({ kind: 'give-up', claim: run.claim });
  });

  it.each<RunState>(['submitted', 'running', 'refused'])(
    'does nothing while %s, also when a rerun is wanted',
    (state) => {
      expect(nextStep(aRun({ state, rerunRequestedAt: NOW }), aFeed(), NOW, 'me')).toEqual({ kind: 'nothing' });
    },
  );

  it.each<RunState>(['succeeded', 'failed'])('opens the next generation once the one before has %s', (state) => {
    expect(nextStep(aRun({ state }), aFeed(), NOW, 'me')).toEqual({ kind: 'nothing' });
    expect(nextStep(aRun({ state, rerunRequestedAt: NOW }), aFeed(), NOW, 'me')).toEqual({
      kind: 'open-next-generation',
    });
  });

  it('refuses to guess when a claimed run has no claim', () => {
    expect(() => nextStep(aRun({ state: 'claimed' }), aFeed(), NOW, 'me')).toThrow('claimed without a claim');
  });
});

const STATES: RunState[] = ['waiting', 'claimed', 'submitted', 'running', 'succeeded', 'failed', 'refused'];

const anyRun = fc
  .record({
    state: fc.constantFrom(...STATES),
    filled: fc.constantFrom(new Map(), new Map([['orders', 1]])),
    rerunRequestedAt: fc.constantFrom(undefined, NOW),
    wouldSubmitAt: fc.constantFrom(undefined, NOW),
    ageMs: fc.constantFrom(0, 2 * LEASE_MS, BATCH_MEMORY_MS + 1),
  })
  .map(({ state, filled, rerunRequestedAt, wouldSubmitAt, ageMs }) => {
    const claimedAt = new Date(NOW.getTime() - ageMs);
    return aRun({
      state,
      filled,
      ...(state === 'waiting'
        ? {}
        : { claim: aClaim({ claimedAt, leaseUntil: new Date(claimedAt.getTime() + LEASE_MS) }) }),
      ...(rerunRequestedAt === undefined ? {} : { rerunRequestedAt }),
      ...(wouldSubmitAt === undefined ? {} : { wouldSubmitAt }),
    });
  });

describe('MOVES', () => {
  it('has what is decided to do next', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const { kind } = nextStep(run, aFeed(), NOW, 'me');

        if (kind === 'claim') expect(run.state).toBe(MOVES.claim.from);
        if (kind === 'look-up') expect(run.state).toBe(MOVES.takeOver.from);
        if (kind === 'open-next-generation') expect(mayOpenNext(run)).toBe(true);
      }),
    );
  });
});

describe('mayOpenNext', () => {
  it.each([
    ['waiting', false],
    ['claimed', true],
    ['submitted', false],
    ['running', false],
    ['succeeded', true],
    ['failed', true],
    ['refused', true],
  ] as const)('tells of a run that is %s: %s', (state, expected) => {
    expect(mayOpenNext({ state })).toBe(expected);
  });

  it('lets go of a run that a shadow feed left to others', () => {
    expect(mayOpenNext({ state: 'waiting', wouldSubmitAt: NOW })).toBe(true);
  });
});
