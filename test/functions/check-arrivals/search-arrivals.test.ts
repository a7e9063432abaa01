import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feed } from '../../../shared/feeds/feed.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';
import { listingWorld } from '../../support/listing-world.ts';
import { START } from '../../support/run-ports.ts';

/** 22 November 2026, noon, in Tokyo. */
const DATE = '20261122';

const sales = (feed: Partial<Feed> = {}): Feed =>
  aFeed({ slots: [aFileSlot({ uri: 's3://landing/sales/{date:yyyyMMdd}/{shop}.tsv' })], captures: ['shop'], ...feed });

const KEY = `sales/${DATE}/tokyo.tsv`;

const wide = (): Feed => {
  const slots = [aFileSlot({ uri: 's3://landing/segments/*' })];
  const { dateUnit: _, ...feed } = aFeed({ name: 'segments', slots, batch: { parameters: {} } });
  return feed;
};

describe('searchArrivals', () => {
  it('submits the job of a run whose event was lost, and tells what it found', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);

    const [searched] = await world.tick();

    expect(world.submitted.map(({ jobName }) => jobName)).toEqual([
      expect.stringMatching(/^breakaway-test-sales-20261122-/),
    ]);
    expect(searched).toMatchObject({
      breadth: 'narrow',
      requests: 5,
      failed: [],
      found: [{ feed: 'sales', run: 'sales@2026-11-22,shop=tokyo', slot: 'orders', bucket: 'landing', key: KEY }],
      outcomes: [{ kind: 'submitted', run: 'sales@2026-11-22,shop=tokyo' }],
    });
    expect(searched).not.toHaveProperty('position');
  });

  it('finds nothing where every event came', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    await world.tell('landing', KEY);
    world.minutes(10);

    expect(await world.tick()).toMatchObject([
      { breadth: 'narrow', found: [], outcomes: [] },
      { breadth: 'wide', found: [], outcomes: [], requests: 0 },
    ]);
    expect(world.submitted).toHaveLength(1);
  });

  it('knows a folder marker by its size: a file whose key ends with a slash is found, too', async () => {
    const feed = aFeed({
      name: 'segments',
      slots: [aFileSlot({ uri: 's3://landing/segments/{date:yyyyMMdd}/*' })],
      batch: { parameters: {} },
    });
    const [file, marker] = [`segments/${DATE}/`, 'segments/20261121/'];
    const world = listingWorld([feed]);
    world.put('landing', file, { sizeBytes: 5 });
    world.put('landing', marker, { sizeBytes: 0 });
    world.minutes(10);

    const [searched] = await world.tick();

    expect(searched?.found.map(({ key }) => key)).toEqual([file]);
  });

  it('leaves alone what is so young that its event may still come', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.pass(10 * 60_000 - 1);

    expect(await world.tick()).toMatchObject([{ found: [] }, {}]);
    expect(world.compared).toEqual([]);
  });

  it('counts nothing as found whose event came between the look and the record', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);
    const { knownEtags } = world.ports;
    Object.assign(world.ports, {
      knownEtags: async (...asked: Parameters<typeof knownEtags>) => {
        const etags = await knownEtags(...asked);
        if (etags.length > 0) await world.tell('landing', KEY);
        return etags;
      },
    });

    const [searched] = await world.tick();

    expect(searched).toMatchObject({ found: [], outcomes: [{ kind: 'settled' }] });
    expect(world.submitted).toHaveLength(1);
  });

  it('applies the policy of the feed to a file whose second event was lost', async () => {
    const world = listingWorld([sales({ onOverwrite: 'alert' })]);
    world.put('landing', KEY);
    await world.tell('landing', KEY);
    world.put('landing', KEY, { etag: 'etag-2' });
    world.minutes(10);

    const [first] = await world.tick();
    world.minutes(5);
    const [second] = await world.tick();

    expect(first?.found.map(({ key }) => key)).toEqual([KEY]);
    expect(second?.found).toEqual([]);
    expect(world.alerts.map(({ kind }) => kind)).toEqual(['file-overwritten']);
    expect(world.submitted).toHaveLength(1);
  });

  it('finds an overwritten file once, though its run changed meanwhile', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    await world.tell('landing', KEY);
    world.put('landing', KEY, { etag: 'etag-2' });
    world.minutes(10);
    const { changeArrival } = world.ledger;
    let tries = 0;
    world.ledger.changeArrival = async (...change) => {
      tries += 1;
      return tries > 1 && changeArrival(...change);
    };

    const [searched] = await world.tick();

    expect(tries).toBe(2);
    expect(searched?.found.map(({ key }) => key)).toEqual([KEY]);
  });

  it('submits nothing of the history that a bucket had before the feed was deployed', async () => {
    const world = listingWorld([sales(), wide()]);
    for (let day = 10; day <= 22; day += 1) {
      world.put('landing', `sales/202611${day}/tokyo.tsv`, { writtenAt: new Date(START.getTime() - 1_000) });
      world.put('landing', `segments/${day}`, { writtenAt: new Date(START.getTime() - 1_000) });
    }
    world.minutes(60);

    for (let minute = 0; minute < 60; minute += 1) {
      await world.tick();
      world.minutes(1);
    }

    expect(world.submitted).toEqual([]);
    expect(world.ledger.entries.size).toBe(0);
    expect(world.compared).toEqual([]);
  });

  it('hands an object on only to the feeds for which it is no history', async () => {
    const old = sales();
    const young = sales({ name: 'copies' });
    const world = listingWorld([old, young]);
    world.put('landing', KEY);
    world.minutes(10);

    await world.tick(
      new Map([
        ['sales', new Date(START.getTime() - 1)],
        ['copies', new Date(START.getTime() + 1)],
      ]),
    );

    expect([...world.ledger.entries.keys()]).toEqual(['sales@2026-11-22,shop=tokyo']);
  });

  it('begins a search every fifth minute', async () => {
    const world = listingWorld([sales()]);
    const counts: number[] = [];
    for (let minute = 0; minute < 12; minute += 1) {
      counts.push((await world.tick()).length);
      world.minutes(1);
    }

    expect(counts).toEqual([2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0]);
  });

  it('does a bounded part of a long search a tick, and goes on where it stopped', async () => {
    const world = listingWorld([sales({ lookback: 0 })], { pageSize: 1 });
    const keys = Array.from({ length: 150 }, (_, index) => `sales/${DATE}/shop-${String(index).padStart(3, '0')}.tsv`);
    for (const key of keys) world.put('landing', key);
    world.minutes(10);

    const requests: number[] = [];
    const found: string[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      for (const searched of await world.tick()) {
        requests.push(...(searched.breadth === 'narrow' ? [searched.requests] : []));
        found.push(...searched.found.map(({ key }) => key));
      }
      world.minutes(1);
    }

    expect(requests).toEqual([60, 60, 31]);
    expect(found).toEqual(keys);
    expect(world.submitted).toHaveLength(150);
    expect(world.listed.map(({ after }) => after).filter((after) => after !== undefined)[0]).toBe(keys[59]);
  });

  it('stops when its time is up, behind what it has handed on, and misses nothing', async () => {
    const world = listingWorld([sales()], { pageSize: 100 });
    const keys = Array.from({ length: 50 }, (_, index) => `sales/${DATE}/${String(index).padStart(2, '0')}.tsv`);
    for (const key of keys) world.put('landing', key);
    world.minutes(10);
    const { submit } = world;
    submit.mockImplementation(async (request) => {
      world.submitted.push(request);
      world.pass(1_000);
      return { kind: 'accepted', jobId: `job-${world.submitted.length}` };
    });

    const [first] = await world.tick();
    expect(first?.found).toHaveLength(16);
    expect(first?.position).toEqual({ bucket: 'landing', prefix: `sales/${DATE}/`, after: keys[15] });
    for (let minute = 0; minute < 4; minute += 1) await world.tick();

    expect(new Set(world.submitted.map(({ jobName }) => jobName)).size).toBe(50);
    expect(world.submitted).toHaveLength(50);
  });

  it('stops when it is told to, and keeps where it was', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);
    const stopped = new AbortController();
    world.faults.list = (_, prefix) => {
      if (!prefix.includes(DATE)) return undefined;
      stopped.abort();
      return new Error('aborted');
    };

    const [searched] = await world.tick(undefined, stopped.signal);

    const position = { bucket: 'landing', prefix: `sales/${DATE}/` };
    expect(searched).toMatchObject({ failed: [], position });
    expect(world.cursors.get('narrow')).toEqual({ startedAt: new Date(START.getTime() + 600_000), position });
    world.faults.list = () => undefined;
    world.minutes(1);
    expect(await world.tick()).toMatchObject([{ found: [{ key: KEY }] }]);
  });

  it('goes on with what comes next when the place of its cursor is no longer looked for', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);
    const position = { bucket: 'landing', prefix: 'sales/20261121/x', after: 'sales/20261121/xy' };
    world.cursors.set('narrow', { startedAt: START, position });

    await world.tick();

    const narrow = world.listed.filter(({ prefix }) => prefix.startsWith('sales/'));
    expect(narrow.map(({ prefix, after }) => [prefix, after])).toEqual([
      ['sales/20261122/', undefined],
      ['sales/20261123/', undefined],
    ]);
  });

  it('lets a long history keep no open date waiting', async () => {
    const world = listingWorld([sales(), wide()], { pageSize: 1 });
    for (let index = 0; index < 500; index += 1) {
      world.put('landing', `segments/${String(index).padStart(3, '0')}`, { writtenAt: new Date(0) });
    }
    await world.tick();
    world.put('landing', KEY);
    world.put('landing', 'segments/last');
    const found: [number, string][] = [];
    for (let minute = 1; minute < 40; minute += 1) {
      world.minutes(1);
      for (const { found: ofTick } of await world.tick()) {
        found.push(...ofTick.map(({ key }): [number, string] => [minute, key]));
      }
    }

    expect(found).toEqual([
      [10, KEY],
      [25, 'segments/last'],
    ]);
  });

  describe('with a bucket that cannot be listed', () => {
    const other = sales({
      name: 'other',
      slots: [aFileSlot({ uri: 's3://elsewhere/sales/{date:yyyyMMdd}/{shop}.tsv' })],
    });

    it('tells which, once a tick, and looks through the others', async () => {
      const world = listingWorld([sales(), other]);
      world.put('landing', KEY);
      world.put('elsewhere', KEY);
      world.minutes(10);
      const error = new Error('S3 answered 403 AccessDenied');
      world.faults.list = (bucket) => (bucket === 'elsewhere' ? error : undefined);

      const [first] = await world.tick();

      expect(first?.failed).toEqual([{ place: { bucket: 'elsewhere', prefix: 'sales/20261119/' }, error }]);
      expect(first?.found.map(({ bucket }) => bucket)).toEqual(['landing']);
      expect(first).not.toHaveProperty('position');

      world.faults.list = () => undefined;
      world.minutes(5);
      const [second] = await world.tick();

      expect(second).toMatchObject({ failed: [], found: [{ bucket: 'elsewhere' }] });
    });

    it('counts failed requests too', async () => {
      const feeds = Array.from({ length: 70 }, (_, index) =>
        sales({ name: `f${index}`, slots: [aFileSlot({ uri: `s3://bucket-${index}/{date:yyyyMMdd}/x` })] }),
      );
      const world = listingWorld(feeds);
      world.faults.list = () => new Error('down');

      const [searched] = await world.tick();

      expect(searched?.requests).toBe(60);
      expect(searched?.position).toEqual({
        bucket: feeds.map((_, index) => `bucket-${index}`).toSorted()[60],
        prefix: '20261119/x',
      });
    });
  });

  it('says of a place that the ledger cannot be asked about that it was not searched', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);
    Object.assign(world.ports, { knownEtags: () => Promise.reject(new Error('no table')) });

    const [searched] = await world.tick();

    expect(searched?.failed).toMatchObject([{ place: { bucket: 'landing' }, error: { message: 'no table' } }]);
  });

  it('rejects when it cannot know where to go on', async () => {
    const world = listingWorld([sales()]);
    Object.assign(world.ports, { readCursor: () => Promise.reject(new Error('no table')) });

    await expect(world.tick()).rejects.toThrow('no table');
  });

  it('finds again, the next time, what could not be recorded', async () => {
    const world = listingWorld([sales()]);
    world.put('landing', KEY);
    world.minutes(10);
    const { recordArrival } = world.ledger;
    world.ledger.recordArrival = () => Promise.reject(new Error('throttled'));
    const [first] = await world.tick();
    world.ledger.recordArrival = recordArrival;
    world.minutes(5);
    const [second] = await world.tick();

    expect(first).toMatchObject({ found: [], outcomes: [{ kind: 'failed' }] });
    expect(second).toMatchObject({ found: [{ key: KEY }], outcomes: [{ kind: 'submitted' }] });
  });

  it('lets every run be submitted exactly once, whichever events are lost, come twice or late', async () => {
    const slots = [
      aFileSlot({ name: 'orders', uri: 's3://landing/sales/{date:yyyyMMdd}/orders_*.tsv', min: 2 }),
      aFileSlot({ name: 'done', uri: 's3://landing/sales/{date:yyyyMMdd}/_SUCCESS' }),
    ];
    const feeds = [sales({ name: 'by-shop' }), aFeed({ name: 'whole', slots }), wide()];
    const deliveries = fc.array(
      fc.record({
        key: fc.constantFrom(
          ...['20', '21', '22'].flatMap((day) =>
            ['tokyo.tsv', 'osaka.tsv', 'orders_1.tsv', 'orders_2.tsv', '_SUCCESS'].map(
              (name) => `sales/202611${day}/${name}`,
            ),
          ),
          'segments/a b+c%2F',
          'segments/é',
        ),
        events: fc.constantFrom(0, 0, 1, 2),
        waitMinutes: fc.nat({ max: 7 }),
      }),
      { maxLength: 25 },
    );

    await fc.assert(
      fc.asyncProperty(deliveries, fc.integer({ min: 1, max: 4 }), async (some, pageSize) => {
        const world = listingWorld(feeds, { pageSize });
        const keys = new Set<string>();
        for (const { key, events, waitMinutes } of some) {
          if (!keys.has(key)) world.put('landing', key);
          keys.add(key);
          for (let event = 0; event < events; event += 1) await world.tell('landing', key);
          for (let minute = 0; minute < waitMinutes; minute += 1) {
            await world.tick();
            world.minutes(1);
          }
        }
        for (let minute = 0; minute < 16; minute += 1) {
          await world.tick();
          world.minutes(1);
        }

        const has = (day: string, ...names: string[]) => names.every((name) => keys.has(`sales/202611${day}/${name}`));
        const days = ['20', '21', '22'];
        const shops = [...keys].filter((key) => /^sales.*\.tsv$/.test(key)).length;
        const whole = days.filter((day) => has(day, 'orders_1.tsv', 'orders_2.tsv', '_SUCCESS')).length;
        const segments = [...keys].filter((key) => key.startsWith('segments/')).length;
        const names = world.submitted.map(({ jobName }) => jobName);
        expect(names).toHaveLength(shops + whole + segments);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
