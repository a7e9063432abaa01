import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Alert,
  alertId,
  claimed,
  closed,
  dueAt,
  type NewAlert,
  NOTIFY_LEASE_MS,
  nextStep,
  notified,
  opened,
  reopened,
  revised,
} from '../../../shared/alerts/alert.ts';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 22) + minutes * 60_000);

const news: NewAlert = { kind: 'feed-late', subject: 'sales', title: 'Late', body: 'Missing: orders' };
const nagging: NewAlert = { ...news, remindEveryMs: 60 * 60_000 };
const closing = { title: 'Here', body: 'All of it' };

/** Histories of an alert, by what has happened to it. */
const fresh = opened(news, at(0));
const notifiedOnce = notified(fresh, 'notify', 1, 'me', at(1));
const closedUnnotified = closed(fresh, at(2), closing);
const closedNotified = closed(notifiedOnce, at(2), closing);
const closedSilently = closed(notifiedOnce, at(2), undefined);
const closingNotified = notified(closedNotified, 'close', 1, 'me', at(3));
const naggingNotified = notified(opened(nagging, at(0)), 'notify', 1, 'me', at(1));

describe('alertId', () => {
  it('is the same for the same kind and subject', () => {
    expect(alertId('feed-late', 'sales#2026')).toBe('feed-late#sales#2026');
  });

  it('fits into a partition key however long the subject is, and differs for each', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 400 }),
        (a, b, n) => {
          const [one, other] = [a.repeat(n), b.repeat(n)];

          expect(Buffer.byteLength(alertId('feed-late', one))).toBeLessThanOrEqual(910);
          expect(alertId('feed-late', one) === alertId('feed-late', other)).toBe(one === other);
        },
      ),
    );
  });

  it.each([
    [900, 'feed-late#xxx'],
    [901, 'feed-late#sha256:'],
  ])('hashes a subject of more than 900 bytes: %d', (length, beginning) => {
    expect(alertId('feed-late', 'x'.repeat(length)).startsWith(beginning)).toBe(true);
  });
});

describe('nextStep', () => {
  it.each<[string, Alert, Date, ReturnType<typeof nextStep>]>([
    ['tells of an opening', fresh, at(0), 'notify'],
    ['tells of an opening that another clock put into the future', fresh, at(-2), 'notify'],
    ['leaves what was told', notifiedOnce, at(10_000), 'nothing'],
    ['tells of an opening that was closed before anybody heard', closedUnnotified, at(2), 'notify'],
    ['tells of the closing then', notified(closedUnnotified, 'notify', 1, 'me', at(3)), at(3), 'close'],
    ['tells of a closing', closedNotified, at(2), 'close'],
    ['leaves a closing that goes without saying', closedSilently, at(10_000), 'nothing'],
    ['leaves a closing that was told', closingNotified, at(10_000), 'nothing'],
    ['waits until people want to be reminded', naggingNotified, at(60), 'nothing'],
    ['reminds when they do', naggingNotified, at(61), 'remind'],
    ['waits as long again after a reminder', notified(naggingNotified, 'remind', 1, 'me', at(61)), at(120), 'nothing'],
    ['reminds again then', notified(naggingNotified, 'remind', 1, 'me', at(61)), at(121), 'remind'],
    ['never reminds of what is closed', closed(naggingNotified, at(2), undefined), at(10_000), 'nothing'],
    ['tells of the second opening', reopened(closingNotified, news, at(5)), at(5), 'notify'],
    [
      'tells of the second opening, if the first closing was not told',
      reopened(closedNotified, news, at(5)),
      at(5),
      'notify',
    ],
    [
      'forgets a closing after which the alert was opened again',
      notified(reopened(closedNotified, news, at(5)), 'notify', 2, 'me', at(6)),
      at(6),
      'nothing',
    ],
    [
      'tells of the second closing',
      closed(notified(reopened(closingNotified, news, at(5)), 'notify', 2, 'me', at(6)), at(7), closing),
      at(7),
      'close',
    ],
    ['leaves what somebody else is telling', claimed(fresh, 'other', at(0)), at(0.7), 'nothing'],
    ['takes it over when their time is up', claimed(fresh, 'other', at(0)), at(0.75), 'notify'],
    ['goes on with what it is telling itself', claimed(fresh, 'me', at(0)), at(0.5), 'notify'],
  ])('%s', (_promise, alert, now, expected) => {
    expect(nextStep(alert, now, 'me')).toBe(expected);
  });
});

describe('dueAt', () => {
  it.each<[string, Alert, Date | undefined]>([
    ['at once when opened', fresh, at(0)],
    ['never when told', notifiedOnce, undefined],
    ['at once when closed with something to say', closedNotified, at(2)],
    ['never when closed without', closedSilently, undefined],
    ['when people want to be reminded', naggingNotified, at(61)],
    ['at once when opened again', reopened(closingNotified, news, at(5)), at(5)],
    [
      'after the claim, in case whoever holds it dies',
      claimed(fresh, 'x', at(1)),
      new Date(at(1).getTime() + NOTIFY_LEASE_MS),
    ],
    ['when a reminder is due after a claim', claimed(naggingNotified, 'x', at(2)), at(61)],
    ['never when there is nothing to claim for', claimed(notifiedOnce, 'x', at(2)), undefined],
  ])('is %s', (_promise, alert, expected) => {
    expect(dueAt(alert)).toEqual(expected);
  });
});

describe('notified', () => {
  it('gives the own claim up', () => {
    expect(notified(claimed(fresh, 'me', at(0)), 'notify', 1, 'me', at(1))).not.toHaveProperty('notifying');
  });

  it('leaves a claim that somebody else holds by now', () => {
    const { notifying } = notified(claimed(fresh, 'other', at(0)), 'notify', 1, 'me', at(1));

    expect(notifying?.owner).toBe('other');
  });

  it('does not take the second opening for told when it spoke of the first', () => {
    const again = reopened(closed(claimed(fresh, 'me', at(0)), at(1), undefined), news, at(2));

    const after = notified(again, 'notify', 1, 'me', at(3));

    expect([after.notifiedOpening, nextStep(after, at(3), 'other')]).toEqual([1, 'notify']);
  });

  it('does not take the second closing for told when it spoke of the first', () => {
    const again = closed(reopened(closedNotified, news, at(3)), at(4), closing);
    const notifiedAgain = notified(again, 'notify', 2, 'other', at(5));

    const after = notified(notifiedAgain, 'close', 1, 'me', at(6));

    expect([after.notifiedClosing, nextStep(after, at(6), 'other')]).toEqual([1, 'close']);
  });

  it.each(['notify', 'close'] as const)('never goes back to an earlier opening: %s', (step) => {
    const second = { ...fresh, openings: 2, notifiedOpening: 2, notifiedClosing: 2 };

    const { notifiedOpening, notifiedClosing } = notified(second, step, 1, 'me', at(1));

    expect([notifiedOpening, notifiedClosing]).toEqual([2, 2]);
  });
});

describe('reopened', () => {
  it('says what is the matter now, counts on, and keeps what people know', () => {
    const again = reopened(closingNotified, { ...news, title: 'Late again', feed: 'sales' }, at(5));

    expect(again).toEqual({
      ...news,
      title: 'Late again',
      feed: 'sales',
      openings: 2,
      openedAt: at(5),
      notifiedOpening: 1,
      notifiedClosing: 1,
      lastNotifiedAt: at(3),
      version: 5,
    });
  });

  it('leaves a telling that is under way to whoever is at it', () => {
    const again = reopened(closed(claimed(fresh, 'other', at(0)), at(0), undefined), news, at(0.5));

    expect(nextStep(again, at(0.5), 'me')).toBe('nothing');
  });
});

describe('opened and closed', () => {
  it('keep no more of a text than can be sent', () => {
    const long = { title: 'x'.repeat(1000), body: 'y'.repeat(500_000) };

    const alert = closed(opened({ ...news, ...long }, at(0)), at(1), long);

    expect(JSON.stringify(alert).length).toBeLessThan(20_000);
  });
});

describe('every change', () => {
  it('counts the version up by one', () => {
    const history = [
      fresh,
      claimed(fresh, 'me', at(0)),
      notifiedOnce,
      closedNotified,
      closingNotified,
      reopened(closingNotified, news, at(5)),
    ];

    expect(history.map(({ version }) => version)).toEqual([1, 2, 2, 3, 4, 5]);
  });
});

describe('revised', () => {
  it('gives an alert that nobody was told of another text', () => {
    expect(revised(fresh, { title: 'Later', body: 'Missing: all' })).toEqual({
      ...fresh,
      title: 'Later',
      body: 'Missing: all',
      version: 2,
    });
  });

  it.each([
    ['people were told', notifiedOnce],
    ['it is over', closedUnnotified],
  ])('is too late when %s', (_, alert) => {
    expect(revised(alert, { title: 'Later', body: '' })).toBeUndefined();
  });
});

describe('an alert that is put off', () => {
  const putOff = opened({ ...news, notifyAt: at(10) }, at(0));

  it('is due when it is to be told, and not before', () => {
    expect(dueAt(putOff)).toEqual(at(10));
    expect([nextStep(putOff, at(9), 'me'), nextStep(putOff, at(10), 'me')]).toEqual(['nothing', 'notify']);
  });

  it('is over like any other once it was told', () => {
    expect(dueAt(notified(putOff, 'notify', 1, 'me', at(10)))).toBeUndefined();
  });
});

describe('details', () => {
  it('are made fit like the rest', () => {
    expect(opened({ ...news, details: 'one\u0007\r\ntwo ' }, at(0)).details).toBe('one \ntwo');
  });
});
