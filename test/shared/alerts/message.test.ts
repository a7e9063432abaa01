import { describe, expect, it } from 'vitest';
import { type Alert, closed, type NewAlert, notified, opened, reopened } from '../../../shared/alerts/alert.ts';
import { durationText, instantText, messageOf } from '../../../shared/alerts/message.ts';

const settings = { stage: 'prod', timeZone: 'Asia/Tokyo' };

const openedAt = new Date('2026-11-21T19:10:00Z');

const minutesOn = (minutes: number): Date => new Date(openedAt.getTime() + minutes * 60_000);

const aNewAlert = (alert: Partial<NewAlert> = {}): NewAlert => ({
  kind: 'feed-late',
  subject: 'sales 2026-11-22',
  feed: 'sales',
  queue: 'etl',
  title: 'Feed sales is late: 2026-11-22',
  body: 'Missing: orders (2 of 3 files).',
  ...alert,
});

const anAlert = (alert: Partial<NewAlert> = {}): Alert => opened(aNewAlert(alert), openedAt);

describe('durationText', () => {
  it.each([
    [-1, 'less than a minute'],
    [0, 'less than a minute'],
    [59_999, 'less than a minute'],
    [60_000, '1 min'],
    [43 * 60_000, '43 min'],
    [3_600_000, '1 h'],
    [125 * 60_000, '2 h 5 min'],
    [24 * 3_600_000, '1 d'],
    [76 * 3_600_000 + 59 * 60_000, '3 d 4 h'],
  ])('says %s ms as %s', (ms, expected) => {
    expect(durationText(ms)).toBe(expected);
  });
});

describe('instantText', () => {
  it.each([
    ['Asia/Tokyo', '2026-11-22 04:10 (Asia/Tokyo)'],
    ['UTC', '2026-11-21 19:10 (UTC)'],
    ['America/New_York', '2026-11-21 14:10 (America/New_York)'],
  ])('says an instant as the clock on the wall in %s shows it', (timeZone, expected) => {
    expect(instantText(openedAt, timeZone)).toBe(expected);
  });
});

describe('messageOf', () => {
  it('tells of an opening', () => {
    expect(messageOf(anAlert(), 'notify', minutesOn(1), settings)).toEqual({
      subject: '[prod] Feed sales is late: 2026-11-22',
      body: [
        'Feed sales is late: 2026-11-22',
        '',
        'Missing: orders (2 of 3 files).',
        '',
        'Feed: sales',
        'Queue: etl',
        'When: 2026-11-22 04:10 (Asia/Tokyo)',
      ].join('\n'),
      attributes: { kind: 'feed-late', severity: 'warning', feed: 'sales', queue: 'etl' },
    });
  });

  it('says how often it was opened, from the second time', () => {
    const again = reopened(closed(anAlert(), minutesOn(5), undefined), aNewAlert(), minutesOn(10));

    expect(messageOf(again, 'notify', minutesOn(10), settings).body).toContain(
      'When: 2026-11-22 04:20 (Asia/Tokyo) (opened 2 times so far)',
    );
  });

  it('reminds of what is still open, and for how long', () => {
    const message = messageOf(anAlert(), 'remind', minutesOn(125), settings);

    expect(message.subject).toBe('[prod] Still open: Feed sales is late: 2026-11-22');
    expect(message.body).toMatch(/^Still open: Feed sales is late/);
    expect(message.body).toContain('Since: 2026-11-22 04:10 (Asia/Tokyo), for 2 h 5 min');
    expect(message.attributes).toMatchObject({ kind: 'feed-late', severity: 'warning' });
  });

  it('tells of a closing as good news, under the kind that says so', () => {
    const alert = notified(
      closed(anAlert(), minutesOn(43), { title: 'Feed sales arrived 43 min late', body: 'All 3 files are there.' }),
      'notify',
      1,
      'me',
      minutesOn(44),
    );

    expect(messageOf(alert, 'close', minutesOn(50), settings)).toEqual({
      subject: '[prod] Feed sales arrived 43 min late',
      body: [
        'Feed sales arrived 43 min late',
        '',
        'All 3 files are there.',
        '',
        'Feed: sales',
        'Queue: etl',
        'Since: 2026-11-22 04:10 (Asia/Tokyo), for 43 min',
        'Until: 2026-11-22 04:53 (Asia/Tokyo)',
      ].join('\n'),
      attributes: { kind: 'feed-recovered', severity: 'info', feed: 'sales', queue: 'etl' },
    });
  });

  it('closes under its own kind where there is no other, and still as good news', () => {
    const alert = closed(anAlert({ kind: 'claim-lost' }), minutesOn(1), { title: 'Solved', body: '' });

    expect(messageOf(alert, 'close', minutesOn(1), settings).attributes).toMatchObject({
      kind: 'claim-lost',
      severity: 'info',
    });
  });

  it('leaves out what there is not', () => {
    const { feed: _feed, queue: _queue, ...bare } = aNewAlert({ kind: 'queue-blocked', body: '' });

    const message = messageOf(opened(bare, openedAt), 'notify', openedAt, settings);

    expect(message.body).toBe('Feed sales is late: 2026-11-22\n\nWhen: 2026-11-22 04:10 (Asia/Tokyo)');
    expect(message.attributes).toEqual({ kind: 'queue-blocked', severity: 'error' });
  });

  it('makes any title and body fit to be sent', () => {
    const message = messageOf(
      anAlert({ title: `Überlänge\n${'x'.repeat(400)}`, body: `\u001b[31m${'y'.repeat(300_000)}` }),
      'notify',
      openedAt,
      settings,
    );

    expect(message.subject).toMatch(/^\[prod\] Uberlange x+\.\.\.$/);
    expect(message.subject.length).toBeLessThan(100);
    expect(Buffer.byteLength(message.body)).toBeLessThan(10_000);
    expect(message.body).toContain('(292000 more characters)\n\nFeed: sales');
  });

  it('ends with the details, after the facts, and leaves them out when all is over', () => {
    const alert = opened({ ...aNewAlert(), details: 'The end of the log' }, openedAt);

    expect(messageOf(alert, 'notify', openedAt, settings).body).toMatch(/When: .*\n\nThe end of the log$/);
    expect(messageOf(closed(alert, openedAt, undefined), 'close', openedAt, settings).body).not.toContain('log');
  });
});
