import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertId, type NewAlert, NOTIFY_LEASE_MS } from '../../../shared/alerts/alert.ts';
import { type Alerts, createAlerts } from '../../../shared/alerts/alerts.ts';
import { HOUR_MS, MINUTE_MS } from '../../../shared/durations.ts';
import { type MemoryAlerts, memoryAlerts, type OnPoint } from '../../support/memory-alerts.ts';

const START_MS = Date.UTC(2026, 10, 22);

const signal = new AbortController().signal;
const settings = { stage: 'test', timeZone: 'UTC' };

const aNewAlert = (alert: Partial<NewAlert> = {}): NewAlert => ({
  kind: 'feed-late',
  subject: 'sales',
  title: 'Late',
  body: 'Missing: orders',
  ...alert,
});

const id = alertId('feed-late', 'sales');

type World = MemoryAlerts & { readonly alerts$: Alerts; advance(ms: number): void; readonly subjects: () => string[] };

const setUp = (onPoint?: OnPoint): World => {
  const memory = memoryAlerts(onPoint);
  let ms = START_MS;
  return {
    ...memory,
    alerts$: createAlerts({ table: memory.table, topic: memory.topic, now: () => new Date(ms) }, settings),
    advance: (by) => {
      ms += by;
    },
    subjects: () => memory.published.map(({ subject }) => subject),
  };
};

describe('notify', () => {
  it('tells of one alert and says so', async () => {
    const { alerts$, published } = setUp();
    await alerts$.open(aNewAlert({ feed: 'sales' }), signal);
    await alerts$.open(aNewAlert({ subject: 'stock' }), signal);

    const sent = await alerts$.notify('feed-late', 'sales', signal);

    expect(sent).toEqual([{ kind: 'feed-late', subject: 'sales', step: 'notify' }]);
    expect(published).toEqual([
      expect.objectContaining({
        subject: '[test] Late',
        attributes: { kind: 'feed-late', severity: 'warning', feed: 'sales' },
      }),
    ]);
  });

  it('tells once however often it is asked', async () => {
    const { alerts$, published } = setUp();
    await alerts$.open(aNewAlert(), signal);

    await alerts$.notify('feed-late', 'sales', signal);
    const again = await alerts$.notify('feed-late', 'sales', signal);

    expect(again).toEqual([]);
    expect(published).toHaveLength(1);
  });

  it('has nothing to tell of what was never opened', async () => {
    const { alerts$, published } = setUp();

    expect(await alerts$.notify('feed-late', 'sales', signal)).toEqual([]);
    expect(published).toEqual([]);
  });

  it('tells of an opening and then of its closing, under the kind of each', async () => {
    const { alerts$, subjects } = setUp();
    await alerts$.open(aNewAlert(), signal);
    await alerts$.close('feed-late', 'sales', { title: 'Arrived 3 min late', body: '' }, signal);

    const sent = await alerts$.notify('feed-late', 'sales', signal);

    expect(sent.map(({ kind, step }) => [kind, step])).toEqual([
      ['feed-late', 'notify'],
      ['feed-recovered', 'close'],
    ]);
    expect(subjects()).toEqual(['[test] Late', '[test] Arrived 3 min late']);
  });

  it('sends one message when two tell at the same time', async () => {
    const { alerts$, published } = setUp();
    await alerts$.open(aNewAlert(), signal);

    const sent = await Promise.all([
      alerts$.notify('feed-late', 'sales', signal),
      alerts$.notify('feed-late', 'sales', signal),
    ]);

    expect(sent.flat()).toHaveLength(1);
    expect(published).toHaveLength(1);
  });

  it('notes what it told, although the alert was closed while the message was on its way', async () => {
    let interfere: () => Promise<unknown> = async () => undefined;
    const { alerts$, subjects } = setUp(async (point) => {
      if (point === 'after publish') {
        const once = interfere;
        interfere = async () => undefined;
        await once();
      }
    });
    await alerts$.open(aNewAlert(), signal);
    interfere = () => alerts$.close('feed-late', 'sales', { title: 'Here', body: '' }, signal);

    await alerts$.notify('feed-late', 'sales', signal);

    expect(subjects()).toEqual(['[test] Late', '[test] Here']);
  });

  it('ends when somebody deletes the alert while the message is on its way', async () => {
    const world: World = setUp((point) => {
      if (point === 'after publish') {
        (world.alerts as Map<string, unknown>).delete(id);
      }
    });
    await world.alerts$.open(aNewAlert(), signal);

    const sent = await world.alerts$.notify('feed-late', 'sales', signal);

    expect(sent).toHaveLength(1);
  });

  it('goes on with its own claim when only the answer to it was lost', async () => {
    const { table, topic, published, alerts$: opener } = setUp();
    await opener.open(aNewAlert(), signal);
    let answers = 0;
    const alerts$ = createAlerts(
      {
        topic,
        now: () => new Date(START_MS),
        table: {
          ...table,
          // The request was sent twice by the client: the first made the change, the second was told that it had lost.
          replace: async (...args) => {
            answers += 1;
            return (await table.replace(...args)) && answers > 1;
          },
        },
      },
      settings,
    );

    await alerts$.notify('feed-late', 'sales', signal);

    expect(published).toHaveLength(1);
  });

  it('starts nothing after its time is up', async () => {
    const { alerts$, published } = setUp();
    await alerts$.open(aNewAlert(), signal);

    await expect(alerts$.notify('feed-late', 'sales', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');

    expect(published).toEqual([]);
  });
});

describe('notifyDue', () => {
  it('tells what was only opened', async () => {
    const { alerts$, subjects } = setUp();
    await alerts$.open(aNewAlert({ subject: 'a', title: 'A' }), signal);
    await alerts$.open(aNewAlert({ subject: 'b', title: 'B' }), signal);

    const { sent, failed } = await alerts$.notifyDue(signal);

    expect(sent.map(({ subject }) => subject)).toEqual(['a', 'b']);
    expect(failed).toEqual([]);
    expect(subjects().sort()).toEqual(['[test] A', '[test] B']);
  });

  it('has nothing to do when all is told', async () => {
    const { alerts$ } = setUp();
    await alerts$.open(aNewAlert(), signal);
    await alerts$.notifyDue(signal);

    expect(await alerts$.notifyDue(signal)).toEqual({ sent: [], failed: [] });
  });

  it('reminds while the alert is open, and then tells that it is over', async () => {
    const { alerts$, subjects, advance } = setUp();
    await alerts$.open(aNewAlert({ remindEveryMs: HOUR_MS }), signal);
    for (let minutes = 0; minutes < 130; minutes += 1) {
      await alerts$.notifyDue(signal);
      advance(MINUTE_MS);
    }
    await alerts$.close('feed-late', 'sales', { title: 'Here', body: '' }, signal);
    for (let minutes = 0; minutes < 130; minutes += 1) {
      await alerts$.notifyDue(signal);
      advance(MINUTE_MS);
    }

    expect(subjects()).toEqual(['[test] Late', '[test] Still open: Late', '[test] Still open: Late', '[test] Here']);
  });

  it('tells the others when one cannot be told, names it, and tries it again after its claim', async () => {
    let isDown = true;
    let publishes = 0;
    const { alerts$, subjects, advance } = setUp((point) => {
      publishes += point === 'before publish' ? 1 : 0;
      if (point === 'before publish' && isDown && publishes > 1) {
        throw new Error('Throttled');
      }
    });
    for (const subject of ['a', 'b', 'c']) {
      await alerts$.open(aNewAlert({ subject, title: subject }), signal);
    }

    const first = await alerts$.notifyDue(signal);
    isDown = false;
    const second = await alerts$.notifyDue(signal);
    advance(NOTIFY_LEASE_MS);
    const third = await alerts$.notifyDue(signal);

    expect(first.sent.map(({ subject }) => subject)).toEqual(['a']);
    expect(first.failed).toEqual([
      { item: 'feed-late#b', error: new Error('Throttled') },
      { item: 'feed-late#c', error: new Error('Throttled') },
    ]);
    expect(second.sent).toEqual([]);
    expect(third.sent.map(({ subject }) => subject)).toEqual(['b', 'c']);
    expect(subjects()).toEqual(['[test] a', '[test] b', '[test] c']);
  });

  it('rejects when it cannot even learn what is due', async () => {
    const { alerts$ } = setUp((point) => {
      if (point === 'before due') {
        throw new Error('Table down');
      }
    });

    await expect(alerts$.notifyDue(signal)).rejects.toThrow('Table down');
  });

  it('tells at most 200 at a time, the oldest first, and the rest the next time', async () => {
    const { alerts$, published, advance } = setUp();
    for (let n = 0; n < 201; n += 1) {
      await alerts$.open(aNewAlert({ subject: String(n), title: `n${n}` }), signal);
      advance(1);
    }

    await alerts$.notifyDue(signal);

    expect(published).toHaveLength(200);
    expect((await alerts$.notifyDue(signal)).sent.map(({ subject }) => subject)).toEqual(['200']);
  });
});

/** A process that dies at a point: from there on it does nothing any more. */
class Crash extends Error {}

describe('a crash', () => {
  /** One alert's whole life. Each step is what an event, or a minute's tick, brings; it comes again if it failed. */
  const life: readonly ((world: World) => Promise<unknown>)[] = [
    ({ alerts$ }) => alerts$.open(aNewAlert({ title: 'first', remindEveryMs: HOUR_MS }), signal),
    ({ alerts$ }) => alerts$.notifyDue(signal),
    async ({ advance }) => advance(HOUR_MS),
    ({ alerts$ }) => alerts$.notifyDue(signal),
    ({ alerts$ }) => alerts$.close('feed-late', 'sales', { title: 'first over', body: '' }, signal),
    ({ alerts$ }) => alerts$.notifyDue(signal),
    ({ alerts$ }) => alerts$.open(aNewAlert({ title: 'second' }), signal),
    ({ alerts$ }) => alerts$.notify('feed-late', 'sales', signal),
    ({ alerts$ }) => alerts$.close('feed-late', 'sales', { title: 'second over', body: '' }, signal),
    ({ alerts$ }) => alerts$.notifyDue(signal),
  ];
  const story = ['first', 'Still open: first', 'first over', 'second', 'second over'].map((title) => `[test] ${title}`);

  const live = async (crashes: readonly number[]): Promise<{ subjects: string[]; points: string[] }> => {
    const points: string[] = [];
    let isDead = false;
    const world = setUp((point) => {
      points.push(point);
      isDead ||= crashes.includes(points.length);
      if (isDead) {
        throw new Crash(point);
      }
    });
    for (const step of life) {
      for (let isDone = false; !isDone; ) {
        try {
          await step(world);
          isDone = !isDead;
        } catch (error) {
          expect(error).toBeInstanceOf(Crash);
        }
        if (isDead) {
          // The next process comes by in a minute.
          isDead = false;
          world.advance(MINUTE_MS);
        }
      }
    }
    return { subjects: world.subjects(), points };
  };

  const withoutRepeats = (subjects: readonly string[]): string[] =>
    subjects.filter((subject, index) => subject !== subjects[index - 1]);

  it('tells the story once when there is none', async () => {
    expect((await live([])).subjects).toEqual(story);
  });

  it('at any point loses no message, keeps their order, and repeats one only if it came after the publish', async () => {
    const { points } = await live([]);

    for (let crash = 1; crash <= points.length; crash += 1) {
      const { subjects, points: passed } = await live([crash]);
      const mayRepeat = /after publish|replace/.test(passed[crash - 1] ?? '');

      expect(withoutRepeats(subjects), `crash ${passed[crash - 1]}, point ${crash}`).toEqual(story);
      expect(subjects.length - story.length, `crash ${passed[crash - 1]}, point ${crash}`).toBeLessThanOrEqual(
        mayRepeat ? 1 : 0,
      );
    }
    expect(points.length).toBeGreaterThan(50);
  });

  it('at any few points loses no message either, and repeats no more than it crashed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 4 }),
        async (crashes) => {
          const { subjects } = await live(crashes);

          expect(withoutRepeats(subjects)).toEqual(story);
          expect(subjects.length).toBeLessThanOrEqual(story.length + crashes.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('any interleaving', () => {
  it('of tellers, openings and closings tells each thing once, and in the end what is true', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('open', 'close', 'close silently'), { maxLength: 5 }),
        fc.integer({ min: 1, max: 3 }),
        async (scheduler, changes, tellers) => {
          let isScheduled = true;
          const world = setUp((point) => (isScheduled ? scheduler.schedule(Promise.resolve(), point) : undefined));
          const { alerts$, alerts, subjects } = world;

          const change = async (): Promise<void> => {
            for (const [index, what] of ['open', ...changes].entries()) {
              await (what === 'open'
                ? alerts$.open(aNewAlert({ title: `open ${index}` }), signal)
                : alerts$.close(
                    'feed-late',
                    'sales',
                    what === 'close' ? { title: `close ${index}`, body: '' } : undefined,
                    signal,
                  ));
            }
          };
          const tellTwice = async (): Promise<void> => {
            await alerts$.notifyDue(signal);
            await alerts$.notify('feed-late', 'sales', signal);
          };
          await scheduler.waitFor(Promise.all([change(), ...Array.from({ length: tellers }, tellTwice)]));
          isScheduled = false;
          await alerts$.notifyDue(signal);

          const alert = alerts.get(id);
          const isClosed = alert?.closedAt !== undefined;
          const last = alert?.closing === undefined || !isClosed ? alert?.title : alert.closing.title;
          expect(new Set(subjects()).size, `told twice: ${subjects()}`).toBe(subjects().length);
          expect(subjects().at(-1)).toBe(`[test] ${last}`);
          expect(alert?.notifiedOpening).toBe(alert?.openings);
          expect(alert).not.toHaveProperty('telling');
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of crashes too loses nothing, and repeats no more often than it crashed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('open', 'close', 'tick'), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 120 }), { maxLength: 4 }),
        async (scheduler, script, crashes) => {
          let isCalm = false;
          let passed = 0;
          let crashed = 0;
          const { alerts$, alerts, subjects, advance } = setUp(async (point) => {
            if (isCalm) {
              return;
            }
            passed += 1;
            if (crashes.includes(passed)) {
              crashed += 1;
              throw new Crash(point);
            }
            await scheduler.schedule(Promise.resolve(), point);
          });
          const act = async (what: string, index: number): Promise<unknown> => {
            switch (what) {
              case 'open':
                return alerts$.open(aNewAlert({ title: `open ${index}` }), signal);
              case 'close':
                return alerts$.close('feed-late', 'sales', { title: `close ${index}`, body: '' }, signal);
              default:
                return alerts$.notifyDue(signal);
            }
          };

          await scheduler.waitFor(Promise.allSettled(script.map(act)));
          isCalm = true;
          advance(NOTIFY_LEASE_MS);
          const { failed } = await alerts$.notifyDue(signal);

          const alert = alerts.get(id);
          const last = alert?.closing?.title ?? alert?.title;
          expect(failed).toEqual([]);
          expect(subjects().length - new Set(subjects()).size).toBeLessThanOrEqual(crashed);
          expect(alert?.notifiedOpening).toBe(alert?.openings);
          if (alert !== undefined) {
            expect(subjects()).toContain(`[test] ${last}`);
          }
          advance(NOTIFY_LEASE_MS);
          expect(await alerts$.notifyDue(signal)).toEqual({ sent: [], failed: [] });
        },
      ),
      { numRuns: 500 },
    );
  });
});
