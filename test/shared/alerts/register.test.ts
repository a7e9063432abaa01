import { describe, expect, it } from 'vitest';
import { alertId, type NewAlert } from '../../../shared/alerts/alert.ts';
import { createAlertRegister } from '../../../shared/alerts/register.ts';
import { memoryAlerts } from '../../support/memory-alerts.ts';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 10, 22, 0, minutes));
const signal = new AbortController().signal;
const news: NewAlert = { kind: 'submit-refused', subject: 'sales', title: 'Refused', body: 'Definition gone' };
const id = alertId(news.kind, news.subject);

/** A register whose clock moves on by a minute each time, and the points that it passed. */
const setUp = () => {
  const points: string[] = [];
  const memory = memoryAlerts((point) => {
    points.push(point);
  });
  let minutes = -1;
  const register = createAlertRegister({
    table: memory.table,
    now: () => {
      minutes += 1;
      return at(minutes);
    },
  });
  return { ...memory, register, points };
};

describe('open', () => {
  it('opens an alert by one write', async () => {
    const { register, alerts, points } = setUp();

    const isNew = await register.open(news, signal);

    expect(isNew).toBe(true);
    expect(alerts.get(id)).toMatchObject({ ...news, openings: 1, openedAt: at(0), notifiedOpening: 0 });
    expect(points).toEqual(['before create', 'after create']);
  });

  it('leaves an open alert as it is', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);
    const before = alerts.get(id);

    const isNew = await register.open({ ...news, title: 'Refused again' }, signal);

    expect(isNew).toBe(false);
    expect(alerts.get(id)).toBe(before);
  });

  it('keeps alerts of another subject or kind apart', async () => {
    const { register, alerts } = setUp();

    await register.open(news, signal);
    await register.open({ ...news, subject: 'stock' }, signal);
    await register.open({ ...news, kind: 'claim-lost' }, signal);

    expect([...alerts.keys()]).toEqual(['submit-refused#sales', 'submit-refused#stock', 'claim-lost#sales']);
  });

  it('opens a closed alert anew, and counts it', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);
    await register.close(news.kind, news.subject, undefined, signal);

    const isNew = await register.open({ ...news, title: 'Refused again' }, signal);

    expect(isNew).toBe(true);
    expect(alerts.get(id)).toMatchObject({ title: 'Refused again', openings: 2 });
    expect(alerts.get(id)).not.toHaveProperty('closedAt');
  });

  it('opens it once when two do at the same time', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);
    await register.close(news.kind, news.subject, undefined, signal);

    const isNew = await Promise.all([register.open(news, signal), register.open(news, signal)]);

    expect(isNew.sort()).toEqual([false, true]);
    expect(alerts.get(id)).toMatchObject({ openings: 2 });
  });

  it('gives up when its time is up', async () => {
    const { register, alerts } = setUp();

    await expect(register.open(news, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');

    expect(alerts.size).toBe(0);
  });
});

describe('close', () => {
  it('closes an open alert with what there is to say', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);

    const isClosed = await register.close(news.kind, news.subject, { title: 'Solved', body: 'Submitted' }, signal);

    expect(isClosed).toBe(true);
    expect(alerts.get(id)).toMatchObject({ closedAt: at(1), closing: { title: 'Solved', body: 'Submitted' } });
  });

  it('leaves a closed alert as it is', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);
    await register.close(news.kind, news.subject, { title: 'Solved', body: '' }, signal);

    const isClosed = await register.close(news.kind, news.subject, { title: 'Solved twice', body: '' }, signal);

    expect(isClosed).toBe(false);
    expect(alerts.get(id)).toMatchObject({ closing: { title: 'Solved' } });
  });

  it('has nothing to close where nothing was opened', async () => {
    const { register, alerts } = setUp();

    expect(await register.close(news.kind, news.subject, undefined, signal)).toBe(false);
    expect(alerts.size).toBe(0);
  });

  it('closes it once when two do at the same time', async () => {
    const { register } = setUp();
    await register.open(news, signal);

    const isClosed = await Promise.all([
      register.close(news.kind, news.subject, undefined, signal),
      register.close(news.kind, news.subject, undefined, signal),
    ]);

    expect(isClosed.sort()).toEqual([false, true]);
  });

  it('gives up when its time is up', async () => {
    const { register } = setUp();

    await expect(
      register.close(news.kind, news.subject, undefined, AbortSignal.abort(new Error('late'))),
    ).rejects.toThrow('late');
  });
});

describe('revise', () => {
  const revision = { title: 'Later', body: 'Missing: all' };

  it('gives an alert another text before anybody was told', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);

    expect(await register.revise(news.kind, news.subject, revision, signal)).toBe(true);
    expect(alerts.get(id)).toMatchObject(revision);
  });

  it('changes nothing where there is no alert, or it is over', async () => {
    const { register } = setUp();
    expect(await register.revise(news.kind, news.subject, revision, signal)).toBe(false);

    await register.open(news, signal);
    await register.close(news.kind, news.subject, undefined, signal);
    expect(await register.revise(news.kind, news.subject, revision, signal)).toBe(false);
  });

  it('loses no revision to another at the same time', async () => {
    const { register, alerts } = setUp();
    await register.open(news, signal);

    const answers = await Promise.all([
      register.revise(news.kind, news.subject, revision, signal),
      register.revise(news.kind, news.subject, { ...revision, title: 'Latest' }, signal),
    ]);

    expect(answers).toEqual([true, true]);
    expect(alerts.get(id)?.version).toBe(3);
  });

  it('gives up when its time is up', async () => {
    const { register } = setUp();

    await expect(
      register.revise(news.kind, news.subject, revision, AbortSignal.abort(new Error('late'))),
    ).rejects.toThrow('late');
  });
});

describe('restate', () => {
  const revision = { title: 'Refused: queue gone', body: 'The queue is gone too' };

  it('gives an open alert another text, also when people were told of it', async () => {
    const { register, alerts, table } = setUp();
    await register.open(news, signal);
    const open = alerts.get(id) ?? expect.unreachable();
    await table.replace(open, { ...open, notifiedOpening: 1, version: open.version + 1 }, signal);

    expect(await register.restate(news.kind, news.subject, revision, signal)).toBe(true);
    expect(alerts.get(id)).toMatchObject({ ...revision, openings: 1, notifiedOpening: 1 });
  });

  it('says nothing more of an alert that is over, or that there never was', async () => {
    const { register, alerts } = setUp();
    expect(await register.restate(news.kind, news.subject, revision, signal)).toBe(false);
    await register.open(news, signal);
    await register.close(news.kind, news.subject, undefined, signal);

    expect(await register.restate(news.kind, news.subject, revision, signal)).toBe(false);
    expect(alerts.get(id)).toMatchObject({ title: news.title });
  });
});
