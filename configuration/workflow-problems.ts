/** Problems between feeds, each of which is right alone. */

import type { Feed, FeedSlot, FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { readValue } from '../shared/feeds/render.ts';
import { type KeyPattern, sharedExample } from './key-pattern.ts';
import { readOutput } from './outputs.ts';
import { createPatternIndex } from './pattern-index.ts';

/** Lists feeds with the same name, or with names that are equal in the name of a job. */
export const nameProblems = (feeds: readonly Feed[]): string[] => {
  const legalName = ({ name }: Feed): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');

  return Array.from(Map.groupBy(feeds, legalName).values()).flatMap((alike) => {
    const byName = Array.from(Map.groupBy(alike, ({ name }) => name));
    const names = byName.map(([name]) => name);
    return [
      ...byName.flatMap(([name, same]) =>
        same.length > 1 ? [`feed ${name}: ${same.length} feeds have this name`] : [],
      ),
      ...(names.length > 1 ? [`feeds ${names.join(' and ')}: their jobs would have the same names`] : []),
    ];
  });
};

/** Keeps the first of all items that have the same key. */
const firstOfEach = <Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] =>
  Array.from(Map.groupBy(items, keyOf).values()).flatMap((same) => same.slice(0, 1));

/** Describes the first items, and says how many more there are. */
const describeFew = <Item>(
  items: readonly Item[],
  most: number,
  describe: (item: Item) => string,
  describeMore: (count: string, next: Item) => string,
): string[] => {
  const next = items[most];
  const described = items.slice(0, most).map(describe);

  return next === undefined
    ? described
    : [...described, describeMore((items.length - most).toLocaleString('en'), next)];
};

/** A slot of one feed that an output or a success of another feed, or of the same feed, fills. */
type Edge = { readonly from: Feed; readonly to: Feed } & (
  | {
      readonly kind: 'output';
      readonly output: string;
      readonly slot: FileSlot;
      /**
       * An object that the job can write and that fills the slot; `undefined` where this is only
       * possible.
       */
      readonly example: string | undefined;
    }
  | { readonly kind: 'success'; readonly slot: FeedSlot }
);

/** A slot of files, and its feed. */
type Taker = { readonly feed: Feed; readonly slot: FileSlot };

const takersOf = (feed: Feed): Taker[] => fileSlotsOf(feed).map((slot) => ({ feed, slot }));

type TakersFor = (pattern: KeyPattern) => readonly Taker[];

const edgesOfOutput = (output: string, from: Feed, takersFor: TakersFor): Edge[] => {
  const read = readOutput(output, from);
  const edges = (read.kind === 'patterns' ? read.patterns : []).flatMap((pattern) =>
    takersFor(pattern).map(({ feed: to, slot }) => ({
      kind: 'output' as const,
      from,
      to,
      output,
      slot,
      example: sharedExample(pattern, slot.template),
    })),
  );
  // The output can mean a file and a folder, and both can fill a slot.
  const exampleFirst = edges.sort((one, other) => Number(!one.example) - Number(!other.example));

  return firstOfEach(exampleFirst, ({ to, slot }) => JSON.stringify([to.name, slot.name]));
};

/** Lists the edges between feeds, by the feed from which they lead. */
const edgesBetween = (feeds: readonly Feed[]): ReadonlyMap<Feed, readonly Edge[]> => {
  const takersFor = createPatternIndex(feeds.flatMap(takersOf), ({ slot }) => slot.template);
  const waiting = feeds.flatMap((to) =>
    to.slots.flatMap((slot) => (slot.kind === 'feed' ? [{ kind: 'success' as const, to, slot }] : [])),
  );
  const waitingFor = Map.groupBy(waiting, ({ slot }) => slot.feed);

  const edges = feeds.flatMap((from) => [
    ...from.outputs.flatMap((output) => edgesOfOutput(output, from, takersFor)),
    ...(waitingFor.get(from.name) ?? []).map((edge) => ({ ...edge, from })),
  ]);

  return Map.groupBy(edges, ({ from }) => from);
};

/** Removes feeds to which no edge leads, again and again: no loop goes through them. */
const withoutStarts = (feeds: readonly Feed[], edges: ReadonlyMap<Feed, readonly Edge[]>): Feed[] => {
  const incoming = new Map<Feed, number>();
  const add = (feed: Feed, count: number): number => {
    const sum = (incoming.get(feed) ?? 0) + count;
    incoming.set(feed, sum);
    return sum;
  };
  for (const { to } of Array.from(edges.values()).flat()) {
    add(to, 1);
  }
  const starts = feeds.filter((feed) => !incoming.has(feed));
  // The list grows during the loop.
  for (const start of starts) {
    for (const { to } of edges.get(start) ?? []) {
      if (add(to, -1) === 0) {
        starts.push(to);
      }
    }
  }
  const removed = new Set(starts);

  return feeds.filter((feed) => !removed.has(feed));
};

/** Lists the steps from the start to a feed. */
const wayTo = (end: Feed, lastSteps: ReadonlyMap<Feed, Edge>): Edge[] => {
  const way: Edge[] = [];
  for (let step = lastSteps.get(end); step !== undefined; step = lastSteps.get(step.from)) {
    way.unshift(step);
  }
  return way;
};

/**
 * Finds, for each edge that leads back to a feed, the shortest loop from the feed through this
 * edge.
 */
const loopsFrom = (start: Feed, edges: ReadonlyMap<Feed, readonly Edge[]>): Edge[][] => {
  const loops: Edge[][] = [];
  const lastSteps = new Map<Feed, Edge>();
  const reached = [start];
  // The list grows during the loop.
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

const isCertain = (edge: Edge): boolean => edge.kind === 'success' || edge.example !== undefined;

const describeEdge = (edge: Edge): string => {
  const slot = `slot ${edge.slot.name} of ${edge.to.name}`;
  if (edge.kind === 'success') {
    return `${slot} waits for ${edge.from.name}`;
  }
  return edge.example === undefined
    ? `${slot} may take the output ${edge.output} of ${edge.from.name}`
    : `${slot} takes the output ${edge.output} of ${edge.from.name}, for example ${edge.example}`;
};

/** Says what a loop causes: jobs that start each other, or, with successes alone, no job at all. */
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
  const perhaps = loop.every(isCertain) ? '' : 'perhaps ';

  return `feeds ${path}: ${perhaps}${consequenceOf(loop)}, since ${loop.map(describeEdge).join(', and ')}`;
};

/** The list of loops ends after this number. */
export const MAX_LOOPS = 20;

/** Lists the shortest loop through every edge that is part of a loop, each loop once. */
const loopsIn = (feeds: readonly Feed[], edges: ReadonlyMap<Feed, readonly Edge[]>): Edge[][] =>
  firstOfEach(
    withoutStarts(feeds, edges).flatMap((feed) => loopsFrom(feed, edges)),
    // The same loop is found from each of its feeds.
    (loop) => JSON.stringify(loop.map(describeEdge).sort()),
  );

const describeLoops = (loops: readonly Edge[][]): string[] =>
  describeFew(loops, MAX_LOOPS, describeLoop, (count) => `feeds: ${count} more loops like these`);

/**
 * Lists the loops in which the output of a job starts the job again, or a job waits for itself.
 *
 * A loop is a problem where every step is certain: the job waits for the feed, or an example of an
 * output fills the slot. It is a warning where an output and a template only begin and end alike.
 *
 * An offset does not help: the first run would wait for an earlier one, which does not exist.
 */
export const loopProblems = (
  feeds: readonly Feed[],
): { readonly problems: readonly string[]; readonly warnings: readonly string[] } => {
  const edges = edgesBetween(feeds);
  const certain = new Map(Array.from(edges, ([from, list]) => [from, list.filter(isCertain)]));

  return {
    problems: describeLoops(loopsIn(feeds, certain)),
    warnings: describeLoops(loopsIn(feeds, edges).filter((loop) => !loop.every(isCertain))),
  };
};

/**
 * Describes the job for the file of a slot, so that equal work on the same file has the same
 * description.
 */
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

/** The list of pairs with the same work ends after this number: a hundred feeds are 4,950 pairs. */
export const MAX_DOUBLES = 10;

/** Says whether one object fills two slots: `, for example ...` where that is certain. */
const evidence = (one: FileSlot, other: FileSlot): { readonly perhaps: string; readonly example: string } => {
  const example = sharedExample(one.template, other.template) ?? sharedExample(other.template, one.template);

  return example === undefined
    ? { perhaps: 'perhaps ', example: '' }
    : { perhaps: '', example: `, for example ${example}` };
};

/** Lists pairs of feeds with equal work for slots that the same object can fill. */
const doublesOf = (takers: readonly Taker[]): string[] => {
  const numbered = takers.map((taker, index) => ({ ...taker, index }));
  const takersFor = createPatternIndex(numbered, ({ slot }) => slot.template);

  const doubles = numbered.flatMap((one) =>
    takersFor(one.slot.template)
      .filter((other) => other.index > one.index && other.feed !== one.feed)
      .map((other) => ({
        names: `${one.feed.name} and ${other.feed.name}`,
        what: `would submit ${one.feed.job.batch.definition} to ${one.feed.job.batch.queue} for one object`,
        ...evidence(one.slot, other.slot),
      })),
  );

  return describeFew(
    firstOfEach(doubles, ({ names }) => names),
    MAX_DOUBLES,
    ({ names, what, perhaps, example }) => `feeds ${names}: ${perhaps}both ${what}${example}`,
    (count, { what }) => `feeds: ${count} more pairs ${what}`,
  );
};

/**
 * Lists pairs of feeds that would submit the same job for one object, which is probably a mistake.
 */
export const doubleJobWarnings = (feeds: readonly Feed[]): string[] => {
  const ofSameWork = Map.groupBy(feeds.flatMap(takersOf), ({ feed, slot }) => describeWork(feed, slot));

  return Array.from(new Set(Array.from(ofSameWork.values()).flatMap(doublesOf)));
};

/** Lists pairs of slots of one feed that the same object can fill. */
export const doubleSlotWarnings = (feeds: readonly Feed[]): string[] =>
  feeds.flatMap((feed) => {
    const slots = fileSlotsOf(feed);
    const slotsFor = createPatternIndex(slots, ({ template }) => template);

    return slots.flatMap((one, index) =>
      slotsFor(one.template)
        .filter((other) => slots.indexOf(other) > index)
        .map((other) => {
          const { perhaps, example } = evidence(one, other);
          return `feed ${feed.name}: ${perhaps}one object would fill both slot ${one.name} and slot ${other.name}${example}`;
        }),
    );
  });
