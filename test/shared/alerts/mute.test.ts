import { describe, expect, it } from 'vitest';
import { alertId, type NewAlert } from '../../../shared/alerts/alert.ts';
import { createAlerts } from '../../../shared/alerts/alerts.ts';
import { createMute } from '../../../shared/alerts/mute.ts';
import { HOUR_MS } from '../../../shared/durations.ts';
import { memoryAlerts, type OnPoint } from '../../support/memory-alerts.ts';

const START = new Date('2026-11-22T00:00:00.000Z');
const later = (hours: number) => new Date(START.getTime() + hours * HOUR_MS);
const signal = new AbortController().signal;
const ID = alertId('feed-late', 'sales');

const LATE: NewAlert = { kind: 'feed-late', subject: 'sales', title: 'Late', body: 'b', remindEveryMs: HOUR_MS };

const setUp = (onPoint?: OnPoint) => {
  const memory = memoryAlerts(onPoint);
  let at = START;
  return {
    published: memory.published,
    alerts: createAlerts({ ...memory, now: () => at }, { stage: 'test', timeZone: 'UTC' }),
    mute: createMute(memory),
    goTo: (hours: number) => {
      at = later(hours);
    },
  };
};

describe('a muted alert', () => {
  it('reminds nobody until its time, and then goes on', async () => {
    const { alerts, mute, goTo, published } = setUp();
    await alerts.open(LATE, signal);
    await alerts.notifyDue(signal);
    await mute(ID, later(5), signal);

    goTo(4.9);
    const before = await alerts.notifyDue(signal);
    goTo(5);
    const after = await alerts.notifyDue(signal);

    expect(before.sent).toEqual([]);
    expect(after.sent).toEqual([{ kind: 'feed-late', subject: 'sales', step: 'remind' }]);
    expect(published).toHaveLength(2);
  });

  it.each(['notify', 'notifyDue'] as const)('is not told for the first time by %s either', async (how) => {
    const { alerts, mute, goTo, published } = setUp();
    await alerts.open(LATE, signal);
    await mute(ID, later(2), signal);
    const notify = () => (how === 'notify' ? alerts.notify('feed-late', 'sales', signal) : alerts.notifyDue(signal));

    await notify();
    expect(published).toEqual([]);

    goTo(2);
    await notify();
    expect(published).toHaveLength(1);
  });

  it('tells of its closing when its time has come', async () => {
    const { alerts, mute, goTo } = setUp();
    await alerts.open(LATE, signal);
    await alerts.notifyDue(signal);
    await mute(ID, later(5), signal);
    await alerts.close('feed-late', 'sales', { title: 'arrived', body: 'c' }, signal);

    goTo(1);
    const before = await alerts.notifyDue(signal);
    goTo(6);
    const after = await alerts.notifyDue(signal);

    expect(before.sent).toEqual([]);
    expect(after.sent).toMatchObject([{ kind: 'feed-recovered', step: 'close' }]);
  });

  it('stays muted when it is opened again', async () => {
    const { alerts, mute, goTo } = setUp();
    await alerts.open(LATE, signal);
    await alerts.notifyDue(signal);
    await mute(ID, later(5), signal);
    await alerts.close('feed-late', 'sales', undefined, signal);
    await alerts.open(LATE, signal);

    goTo(1);
    const before = await alerts.notifyDue(signal);
    goTo(5);
    const after = await alerts.notifyDue(signal);

    expect(before.sent).toEqual([]);
    expect(after.sent).toMatchObject([{ step: 'notify' }]);
  });

  it('is heard again at once when its time is set back', async () => {
    const { alerts, mute, published } = setUp();
    await alerts.open(LATE, signal);
    await mute(ID, later(5), signal);
    await mute(ID, later(-1), signal);

    await alerts.notifyDue(signal);

    expect(published).toHaveLength(1);
  });
});

describe('createMute', () => {
  it('mutes nothing that is not open', async () => {
    const { alerts, mute } = setUp();

    const never = await mute(ID, later(1), signal);
    await alerts.open(LATE, signal);
    await alerts.close('feed-late', 'sales', undefined, signal);
    const over = await mute(ID, later(1), signal);

    expect([never, over]).toEqual([undefined, undefined]);
  });

  it('mutes an alert that changes at the same time', async () => {
    let isFirst = true;
    const { alerts, mute } = setUp(async (point) => {
      if (point === 'before replace' && isFirst) {
        isFirst = false;
        await alerts.restate('feed-late', 'sales', { title: 'Later', body: 'b' }, signal);
      }
    });
    await alerts.open(LATE, signal);

    const after = await mute(ID, later(1), signal);

    expect(after).toMatchObject({ title: 'Later', mutedUntil: later(1) });
  });
});
