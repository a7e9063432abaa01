import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Alert,
  alertId,
  claimed,
  closed,
  dueAt,
  type NewAlert,
  nextStep,
  opened,
  reopened,
  revised,
  TELLING_LEASE_MS,
  told,
} from '../../../shared/alerts/alert.ts';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 22) + minutes * 60_000);

const news: NewAlert = { kind: 'feed-late', subject: 'sales', title: 'Late', body: 'Missing: orders' };
const nagging: NewAlert = { ...news, remindEveryMs: 60 * 60_000 };
const closing = { title: 'Here', body: 'All of it' };

/** Histories of an alert, by what has happened to it. */
const untold = opened(news, at(0));
const toldOnce = told(untold, 'tell', 1, 'me', at(1));
const closedUntold = closed(untold, at(2), closing);
const closedTold = closed(toldOnce, at(2), closing);
const closedSilently = closed(toldOnce, at(2), undefined);
const closingTold = told(closedTold, 'close', 1, 'me', at(3));
const naggingTold = told(opened(nagging, at(0)), 'tell', 1, 'me', at(1));

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
    ['tells of an opening', untold, at(0), 'tell'],
    ['tells of an opening that another clock put into the future', untold, at(-2), 'tell'],
    ['leaves what was told', toldOnce, at(10_000), 'nothing'],
    ['tells of an opening that was closed before anybody heard', closedUntold, at(2), 'tell'],
    ['tells of the closing then', told(closedUntold, 'tell', 1, 'me', at(3)), at(3), 'close'],
    ['tells of a closing', closedTold, at(2), 'close'],
    ['leaves a closing that goes without saying', closedSilently, at(10_000), 'nothing'],
    ['leaves a closing that was told', closingTold, at(10_000), 'nothing'],
    ['waits until people want to be reminded', naggingTold, at(60), 'nothing'],
    ['reminds when they do', naggingTold, at(61), 'remind'],
    ['waits as long again after a reminder', told(naggingTold, 'remind', 1, 'me', at(61)), at(120), 'nothing'],
    ['reminds again then', told(naggingTold, 'remind', 1, 'me', at(61)), at(121), 'remind'],
    ['never reminds of what is closed', closed(naggingTold, at(2), undefined), at(10_000), 'nothing'],
    ['tells of the second opening', reopened(closingTold, news, at(5)), at(5), 'tell'],
    [
      'tells of the second opening, if the first closing was not told',
      reopened(closedTold, news, at(5)),
      at(5),
      'tell',
    ],
    [
      'forgets a closing after which the alert was opened again',
      told(reopened(closedTold, news, at(5)), 'tell', 2, 'me', at(6)),
      at(6),
      'nothing',
    ],
    [
      'tells of the second closing',
      closed(told(reopened(closingTold, news, at(5)), 'tell', 2, 'me', at(6)), at(7), closing),
      at(7),
      'close',
    ],
    ['leaves what somebody else is telling', claimed(untold, 'other', at(0)), at(0.7), 'nothing'],
    ['takes it over when their time is up', claimed(untold, 'other', at(0)), at(0.75), 'tell'],
    ['goes on with what it is telling itself', claimed(untold, 'me', at(0)), at(0.5), 'tell'],
  ])('%s', (_promise, alert, now, expected) => {
    expect(nextStep(alert, now, 'me')).toBe(expected);
  });
});

describe('dueAt', () => {
  it.each<[string, Alert, Date | undefined]>([
    ['at once when opened', untold, at(0)],
    ['never when told', toldOnce, undefined],
    ['at once when closed with something to say', closedTold, at(2)],
    ['never when closed without', closedSilently, undefined],
    ['when people want to be reminded', naggingTold, at(61)],
    ['at once when opened again', reopened(closingTold, news, at(5)), at(5)],
    [
      'after the claim, in case whoever holds it dies',
      claimed(untold, 'x', at(1)),
      new Date(at(1).getTime() + TELLING_LEASE_MS),
    ],
    ['when a reminder is due after a claim', claimed(naggingTold, 'x', at(2)), at(61)],
    ['never when there is nothing to claim for', claimed(toldOnce, 'x', at(2)), undefined],
  ])('is %s', (_promise, alert, expected) => {
    expect(dueAt(alert)).toEqual(expected);
  });
});

describe('told', () => {
  it('gives the own claim up', () => {
    expect(told(claimed(untold, 'me', at(0)), 'tell', 1, 'me', at(1))).not.toHaveProperty('telling');
  });

  it('leaves a claim that somebody else holds by now', () => {
    const { telling } = told(claimed(untold, 'other', at(0)), 'tell', 1, 'me', at(1));

    expect(telling?.owner).toBe('other');
  });

  it('does not take the second opening for told when it spoke of the first', () => {
    const again = reopened(closed(claimed(untold, 'me', at(0)), at(1), undefined), news, at(2));

    const after = told(again, 'tell', 1, 'me', at(3));

    expect([after.toldOpening, nextStep(after, at(3), 'other')]).toEqual([1, 'tell']);
  });

  it('does not take the second closing for told when it spoke of the first', () => {
    const again = closed(reopened(closedTold, news, at(3)), at(4), closing);
    const toldAgain = told(again, 'tell', 2, 'other', at(5));

    const after = told(toldAgain, 'close', 1, 'me', at(6));

    expect([after.toldClosing, nextStep(after, at(6), 'other')]).toEqual([1, 'close']);
  });

  it.each(['tell', 'close'] as const)('never goes back to an earlier opening: %s', (step) => {
    const second = { ...untold, openings: 2, toldOpening: 2, toldClosing: 2 };

    const { toldOpening, toldClosing } = told(second, step, 1, 'me', at(1));

    expect([toldOpening, toldClosing]).toEqual([2, 2]);
  });
});

describe('reopened', () => {
  it('says what is the matter now, counts on, and keeps what people know', () => {
    const again = reopened(closingTold, { ...news, title: 'Late again', feed: 'sales' }, at(5));

    expect(again).toEqual({
      ...news,
      title: 'Late again',
      feed: 'sales',
      openings: 2,
      openedAt: at(5),
      toldOpening: 1,
      toldClosing: 1,
      lastToldAt: at(3),
      version: 5,
    });
  });

  it('leaves a telling that is under way to whoever is at it', () => {
    const again = reopened(closed(claimed(untold, 'other', at(0)), at(0), undefined), news, at(0.5));

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
      untold,
      claimed(untold, 'me', at(0)),
      toldOnce,
      closedTold,
      closingTold,
      reopened(closingTold, news, at(5)),
    ];

    expect(history.map(({ version }) => version)).toEqual([1, 2, 2, 3, 4, 5]);
  });
});

describe('revised', () => {
  it('gives an alert that nobody was told of another text', () => {
    expect(revised(untold, { title: 'Later', body: 'Missing: all' })).toEqual({
      ...untold,
      title: 'Later',
      body: 'Missing: all',
      version: 2,
    });
  });

  it.each([
    ['people were told', toldOnce],
    ['it is over', closedUntold],
  ])('is too late when %s', (_, alert) => {
    expect(revised(alert, { title: 'Later', body: '' })).toBeUndefined();
  });
});

describe('an alert that is put off', () => {
  const putOff = opened({ ...news, tellAt: at(10) }, at(0));

  it('is due when it is to be told, and not before', () => {
    expect(dueAt(putOff)).toEqual(at(10));
    expect([nextStep(putOff, at(9), 'me'), nextStep(putOff, at(10), 'me')]).toEqual(['nothing', 'tell']);
  });

  it('is over like any other once it was told', () => {
    expect(dueAt(told(putOff, 'tell', 1, 'me', at(10)))).toBeUndefined();
  });
});

describe('details', () => {
  it('are made fit like the rest', () => {
    expect(opened({ ...news, details: 'one\u0007\r\ntwo ' }, at(0)).details).toBe('one \ntwo');
  });
});
