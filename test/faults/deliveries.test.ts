/**
 * A job gets all its files: the promises of the design, over random schedules of deliveries and faults.
 *
 * `DELIVERY_SCHEDULES` is the number of schedules and `DELIVERY_SEED` the first seed; both are printed when a schedule breaks a promise.
 */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Feed, FileSlot } from '../../shared/feeds/feed.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import type { ObjectStore } from '../../shared/runs/observe-run.ts';
import {
  type Ablation,
  createDeliveriesWorld,
  createRandom,
  type DeliveriesWorld,
  type Faults,
  MINUTE,
  SECOND,
} from './deliveries-world.ts';

const SCHEDULES = Number(process.env['DELIVERY_SCHEDULES'] ?? 300);
const FIRST_SEED = Number(process.env['DELIVERY_SEED'] ?? 1);

const { configuration } = await loadConfiguration(resolve(import.meta.dirname, '../../breakaway.config.ts'));
const feedOf = (name: string): Feed => {
  const feed = configuration.feeds.find((one) => one.name === name);
  if (feed === undefined) throw new Error(`no feed ${name}`);
  return feed;
};

/** A run that has ended is compared every six hours, whatever events were lost. */
const HORIZON = 13 * 60 * MINUTE;
const DATE = { sales: '20261122', hour: '2026-11-22/11' };

type Scenario = {
  readonly kind: 'marker' | 'no marker' | 'exact';
  readonly feed: Feed;
  readonly faults: Faults;
};

/** A feed of two exact keys, which the shipped configuration does not have. */
const exactFeed = (): Feed => {
  const sales = feedOf('northwind-sales');
  const marker = sales.slots.find((slot): slot is FileSlot => slot.kind === 'files' && slot.isMarker);
  if (marker === undefined) throw new Error('no marker');
  const slot = (name: string): FileSlot => ({
    ...marker,
    name,
    isMarker: false,
    template: {
      ...marker.template,
      uri: marker.template.uri.replace('_SUCCESS', name),
      parts: marker.template.parts.map((part) =>
        part.kind === 'literal' && part.text.endsWith('_SUCCESS')
          ? { ...part, text: part.text.replace('_SUCCESS', name) }
          : part,
      ),
    },
  });
  return { ...sales, name: 'exact', slots: [slot('a'), slot('b')] };
};

const scenarioOf = (seed: number): Scenario => {
  const random = createRandom(seed * 7 + 3);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const kind = pick(['marker', 'marker', 'no marker', 'exact'] as const);
  const feed = { marker: feedOf('northwind-sales'), 'no marker': feedOf('clickstream-hourly'), exact: exactFeed() }[
    kind
  ];
  const search = random() < 0.7;
  return {
    kind,
    feed: { ...feed, onOverwrite: pick(['ignore', 'alert', 'rerun', 'rerun'] as const) },
    faults: {
      deaths: pick([0, 0, 4, 20]),
      lostAnswers: pick([0, 0, 2]),
      throttles: pick([0, 10, 40]),
      ambiguous: pick([0, 10, 40]),
      lostEvents: search && random() < 0.4 ? pick([5, 50, 100]) : 0,
      lostMessages: pick([0, 0, 30]),
      delayMaxMs: pick([300, 3 * SECOND, 30 * SECOND, 4 * MINUTE]),
      skewMs: pick([0, 400, 1500]),
      pageSize: pick([2, 3, 1000]),
      pageMs: pick([40, 400, 3 * SECOND]),
      search,
    },
  };
};

/** The sets of writes that were there whenever a provider had finished a delivery. */
type Delivered = string[];

const idOf = (writes: Iterable<number>): string => [...writes].sort((one, other) => one - other).join();

const deliver = (world: DeliveriesWorld, { kind }: Scenario): Delivered => {
  const { random, put, remove, objects } = world;
  const delivered: Delivered = [];
  const between = (from: number, to: number): number => from + random() * (to - from);
  const integer = (from: number, to: number): number => Math.floor(between(from, to + 1));
  const content = (): string => `c${integer(1, 3)}`;
  const chance = (share: number): boolean => random() < share;
  const all = () => idOf(Array.from(objects.values(), ({ write }) => write));
  let tag = 0;
  let at = 0;
  const then = (ms: number, act: () => void): void => {
    at += ms;
    world.schedule(at, act);
  };
  const rounds = integer(1, 3);
  const bucket = kind === 'no marker' ? 'clickstream-landing' : 'northwind-landing';
  const folder = kind === 'no marker' ? `events/${DATE.hour}/` : `sales/${DATE.sales}/`;
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) at += [between(0, 3_000), between(0, 20_000), between(20_000, 600_000)][integer(0, 2)] ?? 0;
    if (kind === 'marker') {
      if (round > 0) {
        then(1, () => remove(bucket, `${folder}_SUCCESS`));
        if (chance(0.5)) {
          then(between(1, 50), () => {
            for (const { key } of [...objects.values()]) remove(bucket, key);
          });
        }
      }
      const files = integer(3, 8);
      for (let file = 0; file < files; file += 1) {
        const key = `${folder}orders_${chance(0.5) ? file : `u${(tag += 1)}`}.tsv.gz`;
        const startedAgo = chance(0.2) ? between(0, 300_000) : 0;
        then(between(1, chance(0.5) ? 30 : 500), () => put(bucket, key, content(), startedAgo));
      }
      then(between(1, 100), () => {
        put(bucket, `${folder}_SUCCESS`, '');
        delivered.push(all());
      });
    } else if (kind === 'exact') {
      const keys = chance(0.5) ? ['a', 'b'] : ['b', 'a'];
      for (const key of keys) {
        if (round === 0 || chance(0.7))
          then(between(1, 4_000), () =>
            put(bucket, `${folder}${key}`, content(), chance(0.2) ? between(0, 100_000) : 0),
          );
      }
    } else {
      const files = integer(round === 0 ? 2 : 1, 6);
      for (let file = 0; file < files; file += 1) {
        const key = `${folder}events_${chance(0.6) ? file : `u${(tag += 1)}`}.json.gz`;
        const startedAgo = chance(0.2) ? between(0, 300_000) : 0;
        then(chance(0.5) ? between(1, 100) : between(1, 3_000), () => put(bucket, key, content(), startedAgo));
      }
      if (chance(0.3)) {
        then(between(1, 3_000), () => {
          const keys = [...objects.values()].map(({ key }) => key);
          if (keys.length > 2) remove(bucket, keys[integer(0, keys.length - 1)] ?? '');
        });
      }
    }
  }
  return delivered;
};

/** What S3 held at a time. */
const heldAt = ({ log }: DeliveriesWorld, at: number): Map<string, number> => {
  const held = new Map<string, number>();
  for (const { at: when, uri, write } of log) {
    if (when > at) break;
    if (write === undefined) held.delete(uri);
    else held.set(uri, write.write);
  }
  return held;
};

/** Lists the promises that a finished world broke. */
const brokenPromises = (world: DeliveriesWorld, { kind, feed }: Scenario, delivered: Delivered): string[] => {
  const broken: string[] = [];
  const { jobs, log, objects, alerts } = world;
  const names = Map.groupBy(jobs, ({ request }) => request.jobName);
  for (const [name, same] of names) if (same.length > 1) broken.push(`two jobs of one generation: ${name}`);

  for (const job of jobs) {
    const given = new Set(job.files.map(({ write }) => write));
    const before = heldAt(world, job.from);
    const during = log.filter(({ at }) => at > job.from && at <= job.to);
    const touched = new Set(during.map(({ uri }) => uri));
    for (const [uri, write] of before) {
      if (!touched.has(uri) && !given.has(write))
        broken.push(`${job.id} lacks a file that was there during the whole evaluation: ${uri}`);
    }
    const there = new Set([...before.values(), ...during.flatMap(({ write }) => (write ? [write.write] : []))]);
    if ([...given].some((write) => !there.has(write))) broken.push(`${job.id} was given a file that was not there`);
    if (kind === 'marker' && !delivered.includes(idOf(given)))
      broken.push(`${job.id} was not given one whole delivery`);
  }

  const [run] = world.runs();
  const final = [...objects.values()];
  const many = final.filter(({ key }) => !key.endsWith('_SUCCESS'));
  const isComplete =
    kind === 'exact'
      ? final.length === 2
      : many.length >= (kind === 'marker' ? 3 : 2) && (kind !== 'marker' || final.length > many.length);
  const last = jobs.at(-1);
  if (isComplete && last === undefined) broken.push(`complete, and no job: ${run?.state}`);
  if (last !== undefined && run?.state !== 'succeeded') broken.push(`the run did not end: ${run?.state}`);
  if (last !== undefined && isComplete) {
    const given = new Map(last.files.map((file) => [`s3://${file.bucket}/${file.key}`, file]));
    const unseen = final.filter((object) => {
      const had = given.get(`s3://${object.bucket}/${object.key}`);
      // The same bytes within the same second of S3's clock are one write: the documented limit.
      const isSameSecond =
        had !== undefined &&
        had.etag === object.etag &&
        had.sizeBytes === object.sizeBytes &&
        had.lastModified.getTime() === object.lastModified.getTime() &&
        object.sizeBytes > 0;
      return had?.write !== object.write && !isSameSecond;
    });
    if (feed.onOverwrite === 'ignore' && names.size > 1) broken.push('ignore led to another generation');
    if (feed.onOverwrite === 'alert') {
      if (names.size > 1) broken.push('alert led to another generation');
      const bodies = alerts.filter(({ kind: one }) => one === 'file-overwritten').map(({ body }) => body);
      // An alert names ten, and how many more there are.
      const isReported = (uri: string) => bodies.some((body) => body.includes(uri) || /and \d+ more/.test(body));
      for (const { bucket, key } of unseen)
        if (!isReported(`s3://${bucket}/${key}`)) broken.push(`a change was not reported: ${key}`);
      const changes = log.filter(({ at, write }) => at > (jobs[0]?.from ?? 0) && write !== undefined).length;
      if (bodies.length > changes) broken.push('a change was reported more than once');
    }
    if (feed.onOverwrite === 'rerun') {
      const missed = unseen.filter(({ key }) => kind !== 'marker' || key.endsWith('_SUCCESS'));
      if (missed.length > 0) broken.push(`the last generation lacks the last content: ${missed.map(({ key }) => key)}`);
      const byName = [...names.values()].flatMap(([job]) => (job ? [job] : []));
      for (const [index, job] of byName.entries()) {
        const earlier = byName[index - 1];
        if (earlier && idOf(job.files.map(({ write }) => write)) === idOf(earlier.files.map(({ write }) => write))) {
          broken.push(`${job.id} had nothing new`);
        }
      }
    }
  }
  if (world.deadLetters() > 0 && world.outcomes.length === 0) broken.push('nothing was evaluated');
  return broken;
};

/** Tells what happened in a world, in order: for whoever looks into a broken promise. */
const storyOf = ({ log, jobs, told }: DeliveriesWorld): string =>
  [
    ...log.map(({ at, uri, write }) => ({
      at,
      line: write
        ? `PUT ${uri} write ${write.write} ${write.etag} ${write.lastModified.toISOString()}`
        : `DELETE ${uri}`,
    })),
    ...jobs.map((job) => ({
      at: job.acceptedAt,
      line: `JOB ${job.request.jobName} asked ${job.from} to ${job.to}, ended ${job.endedAt}: ${job.files.map(({ key, write }) => `${key} ${write}`).join(', ')}`,
    })),
    ...told.map(({ at, ...rest }) => ({ at, line: JSON.stringify(rest) })),
  ]
    .sort((one, other) => one.at - other.at)
    .map(({ at, line }) => `${String(at).padStart(9)} ${line}`)
    .join('\n');

const tryOut = async (seed: number, ablation: Ablation = {}, only?: Scenario['kind']): Promise<string[]> => {
  const scenario = scenarioOf(seed);
  if (only !== undefined && scenario.kind !== only) return [];
  const world = createDeliveriesWorld(seed, [scenario.feed], scenario.faults, { ablation });
  const delivered = deliver(world, scenario);
  await world.runUntil(HORIZON);
  if (process.env['DELIVERY_STORY'] === String(seed)) console.log(storyOf(world));
  return brokenPromises(world, scenario, delivered).map(
    (promise) => `seed ${seed}, ${scenario.kind}, ${scenario.feed.onOverwrite}: ${promise}`,
  );
};

const hours = 60 * MINUTE;

describe('deliveries and faults', () => {
  it(
    `keep every promise in ${SCHEDULES} schedules from seed ${FIRST_SEED}`,
    async () => {
      const broken: string[] = [];
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SCHEDULES; seed += 1) broken.push(...(await tryOut(seed)));

      expect(broken).toEqual([]);
    },
    4 * hours,
  );
});

export type { Ledger, ObjectStore };
