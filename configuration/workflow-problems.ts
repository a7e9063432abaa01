/** What is wrong between feeds, each of which is right by itself. */

import type { Feed, FeedSlot, FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { readValue } from '../shared/feeds/render.ts';
import { commonKey, type KeyPattern } from './common-key.ts';
import { readOutput } from './outputs.ts';
import { createPatternIndex } from './pattern-index.ts';

/** Lists feeds that share a name, or have names that would be the same in a job's name. */
export const nameProblems = (feeds: readonly Feed[]): string[] => {
  const legalName = ({ name }: Feed): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');

  return Array.from(Map.groupBy(feeds, legalName).values()).flatMap((alike) => {
    const byName = Array.from(Map.groupBy(alike, ({ name }) => name));
    const names = byName.map(([name]) => name);
    return [
      ...byName.flatMap(([name, same]) =>
        same.length > 1 ? [`feed ${name}: ${same.length} feeds have this name`] : [],
      ),
      ...(names.length > 1 ? [`feeds ${names.join(' and ')}: the names of their jobs could not be told apart`] : []),
    ];
  });
};

/** Keeps of items that have the same key the first. */
const firstOfEach = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] => {
  const seen = new Set<string>();

  return items.filter((item) => {
    const { size } = seen;
    return seen.add(keyOf(item)).size > size;
  });
};

/** Describes no more than can be read, and says how many are left out, of which it gives the first. */
const describeFew = <Item>(
  items: readonly Item[],
  most: number,
  describe: (item: Item) => string,
  describeMore: (count: string, next: Item) => string,
): string[] => {
  const next = items[most];
  const told = items.slice(0, most).map(describe);

  return next === undefined ? told : [...told, describeMore((items.length - most).toLocaleString('en'), next)];
};

/** What another feed, or a feed itself, takes of a feed: an output, or its success. */
type Edge = { readonly from: Feed; readonly to: Feed } & (
  | { readonly kind: 'output'; readonly output: string; readonly slot: FileSlot; readonly example: string }
  | { readonly kind: 'success'; readonly slot: FeedSlot }
);

const patternsOf = (feed: Feed): { readonly output: string; readonly pattern: KeyPattern }[] =>
  feed.outputs.flatMap((output) => {
    const read = readOutput(output, feed);
    return read.kind === 'patterns' ? read.patterns.map((pattern) => ({ output, pattern })) : [];
  });

/** A slot of files, and whose it is. */
type Taker = { readonly feed: Feed; readonly slot: FileSlot };

const takersOf = (feed: Feed): Taker[] => fileSlotsOf(feed).map((slot) => ({ feed, slot }));

const outputEdges = (from: Feed, takersThatMeet: (pattern: KeyPattern) => readonly Taker[]): Edge[] =>
  patternsOf(from).flatMap(({ output, pattern }) =>
    takersThatMeet(pattern).flatMap(({ feed: to, slot }) => {
      const key = commonKey(pattern, slot.template);
      const example = `s3://${pattern.bucket}/${key}`;
      return key === undefined ? [] : [{ kind: 'output' as const, from, to, output, slot, example }];
    }),
  );

/** Lists what feeds take of each other, by the feed of which it is taken. */
const edgesBetween = (feeds: readonly Feed[]): ReadonlyMap<Feed, readonly Edge[]> => {
  const takersThatMeet = createPatternIndex(feeds.flatMap(takersOf), ({ slot }) => slot.template);
  const waiting = feeds.flatMap((to) =>
    to.slots.flatMap((slot) => (slot.kind === 'feed' ? [{ kind: 'success' as const, to, slot }] : [])),
  );
  const waitingFor = Map.groupBy(waiting, ({ slot }) => slot.feed);

  const edges = feeds.flatMap((from) => [
    ...outputEdges(from, takersThatMeet),
    ...(waitingFor.get(from.name) ?? []).map((edge) => ({ ...edge, from })),
  ]);

  return Map.groupBy(edges, ({ from }) => from);
};

/** Leaves out feeds that take nothing of another, and what then takes nothing of those that are left: no loop goes through them. */
const withoutStarts = (feeds: readonly Feed[], edges: ReadonlyMap<Feed, readonly Edge[]>): Feed[] => {
  const taking = new Map<Feed, number>();
  const count = (feed: Feed, by: number): number => {
    const counted = (taking.get(feed) ?? 0) + by;
    taking.set(feed, counted);
    return counted;
  };
  for (const { to } of Array.from(edges.values()).flat()) {
    count(to, 1);
  }
  const starts = feeds.filter((feed) => !taking.has(feed));
  // The list grows while it is gone through: without these, others start.
  for (const start of starts) {
    for (const { to } of edges.get(start) ?? []) {
      if (count(to, -1) === 0) {
        starts.push(to);
      }
    }
  }
  const leftOut = new Set(starts);

  return feeds.filter((feed) => !leftOut.has(feed));
};

/** Goes back to the start, from where no step leads further: all steps of the way to a feed. */
const wayTo = (end: Feed, lastSteps: ReadonlyMap<Feed, Edge>): Edge[] => {
  const way: Edge[] = [];
  for (let step = lastSteps.get(end); step !== undefined; step = lastSteps.get(step.from)) {
    way.unshift(step);
  }
  return way;
};

/** Finds for each edge that leads from a feed back to the feed, by whatever way, the shortest loop through it. */
const loopsFrom = (start: Feed, edges: ReadonlyMap<Feed, readonly Edge[]>): Edge[][] => {
  const loops: Edge[][] = [];
  const lastSteps = new Map<Feed, Edge>();
  const reached = [start];
  // The list grows while it is gone through.
  for (const feed of reached) {
    for (const edge of edges.get(feed) ?? []) {
      if (edge.to === start) {
        loops.push([...wayTo(feed, lastSteps), edge]);
      } else if (!lastSteps.has(edge.to)) {
        lastSteps.set(edge.to, edge);
        reached.push(edge.to);
      }
    }
  }
  return loops;
};

const describeEdge = (edge: Edge): string =>
  edge.kind === 'output'
    ? `slot ${edge.slot.name} of ${edge.to.name} takes the output ${edge.output} of ${edge.from.name}, for example ${edge.example}`
    : `slot ${edge.slot.name} of ${edge.to.name} waits for ${edge.from.name}`;

/** Says what comes of a loop: jobs that start each other, or, where it goes by successes alone, none at all. */
const consequenceOf = (loop: readonly Edge[]): string => {
  if (loop.every(({ kind }) => kind === 'output')) {
    return 'the job would start itself again and again';
  }
  return loop.every(({ kind }) => kind === 'success')
    ? 'the job would wait for itself for ever'
    : 'the job would wait for itself for ever, or start itself again and again';
};

const describeLoop = (loop: readonly Edge[]): string => {
  const path = [...loop.map(({ from }) => from.name), loop[0]?.from.name].join(' -> ');

  return `feeds ${path}: ${consequenceOf(loop)}, since ${loop.map(describeEdge).join(', and ')}`;
};

/** So many are told of; who mends these will see the others. */
export const MAX_LOOPS = 20;

/**
 * Lists the loops in which a job's output starts the job again, or a job waits for itself: of all that is part of one, the shortest.
 *
 * An offset does not help: the first run would wait for one before it, which there never was.
 */
export const loopProblems = (feeds: readonly Feed[]): string[] => {
  const edges = edgesBetween(feeds);
  const loops = withoutStarts(feeds, edges).flatMap((feed) => loopsFrom(feed, edges));
  // The same loop is found from several of its feeds.
  const different = firstOfEach(loops, (loop) => JSON.stringify(loop.map(describeEdge).sort()));

  return describeFew(different, MAX_LOOPS, describeLoop, (count) => `feeds: ${count} more loops like these`);
};

/** Writes what a job does with the file of one slot, so that two jobs that do the same with the same file are written alike. */
const describeWork = ({ name, job: { batch } }: Feed, slot: FileSlot): string => {
  const describe = (text: string): string =>
    readValue(text)
      .parts.map((part) => {
        switch (part.kind) {
          case 'literal':
            return part.text;
          case 'feed':
            return name;
          case 'file':
            return `{${part.slot === slot.name ? '' : part.slot}.${part.property}}`;
          case 'date':
            return `{date:${part.unit}}`;
          case 'capture':
            return `{${part.name}}`;
          default:
            return `{${part.kind}}`;
        }
      })
      .join('');
  const entries = (record: Readonly<Record<string, string>>): string[][] =>
    Object.entries(record)
      .map(([key, value]) => [key, describe(value)])
      .sort();

  return JSON.stringify([
    batch.queue,
    batch.definition,
    entries(batch.parameters),
    batch.command?.map(describe),
    entries(batch.environment),
    batch.arraySize,
  ]);
};

/** So many pairs are told of that do the same: a hundred feeds are 4,950 pairs. */
export const MAX_DOUBLES = 10;

/** Lists the pairs of feeds of which a slot of each would take the same object, of slots for which the same is done. */
const doublesOf = (takers: readonly Taker[]): string[] => {
  const numbered = takers.map((taker, index) => ({ ...taker, index }));
  const takersThatMeet = createPatternIndex(numbered, ({ slot }) => slot.template);

  const doubles = numbered.flatMap((one) =>
    takersThatMeet(one.slot.template).flatMap((other) => {
      const isPair = other.index > one.index && other.feed !== one.feed;
      const key = isPair ? commonKey(one.slot.template, other.slot.template) : undefined;
      const { queue, definition } = one.feed.job.batch;
      const names = `${one.feed.name} and ${other.feed.name}`;
      const what = `would submit ${definition} to ${queue} for one object`;
      const example = `s3://${one.slot.template.bucket}/${key}`;
      return key === undefined ? [] : [{ names, what, example }];
    }),
  );

  return describeFew(
    firstOfEach(doubles, ({ names }) => names),
    MAX_DOUBLES,
    ({ names, what, example }) => `feeds ${names}: both ${what}, for example ${example}`,
    (count, { what }) => `feeds: ${count} more pairs ${what}`,
  );
};

/** Lists pairs of feeds that would submit the same job for one object, which is most likely a mistake. */
export const doubleJobWarnings = (feeds: readonly Feed[]): string[] => {
  const ofSameWork = Map.groupBy(feeds.flatMap(takersOf), ({ feed, slot }) => describeWork(feed, slot));

  return Array.from(new Set(Array.from(ofSameWork.values()).flatMap(doublesOf)));
};

/** Lists pairs of slots of one feed that the same object would fill. */
export const doubleSlotWarnings = (feeds: readonly Feed[]): string[] =>
  feeds.flatMap((feed) =>
    fileSlotsOf(feed).flatMap((one, index, slots) =>
      slots.slice(index + 1).flatMap((other) => {
        const key = commonKey(one.template, other.template);
        return key === undefined
          ? []
          : [
              `feed ${feed.name}: one object would fill both slot ${one.name} and slot ${other.name}, for example s3://${one.template.bucket}/${key}`,
            ];
      }),
    ),
  );
