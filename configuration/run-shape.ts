/** The shape of a feed's runs: the unit of their dates, and their captures. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FeedSlot, FileSlot, Slot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { hasRunForEachObject } from '../shared/feeds/match-feeds.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import { unitOfSchedule } from './schedules.ts';

/** A feed before the shape of its runs is known. */
export type Draft = {
  readonly name: string;
  readonly slots: readonly Slot[];
  /** By slot, the captures of the other feed that this feed does not have. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  /** The values of captures that this feed lists. */
  readonly values: Feed['values'];
  /** Whether a slot could not be read, so nothing follows from its absence. */
  readonly isIncomplete: boolean;
};

/** A capture of a feed's runs. */
export type Capture = {
  readonly name: string;
  /** The feeds from this one to the feed whose templates have the capture. */
  readonly from: readonly string[];
  /** The feed whose templates have the capture. */
  readonly origin: string;
};

export type RunShape = {
  /** Sorted by name. */
  readonly captures: readonly Capture[];
  readonly dateUnit: DateUnit | undefined;
  /** The feeds from this one to the feed whose templates or times have the date. */
  readonly dateFrom: readonly string[];
  /** The values of captures that this feed lists, or the feed from which the capture comes. */
  readonly values: Feed['values'];
  /** Whether every object has its own run. */
  readonly isByObject: boolean;
  /** Whether no slot and no feed is missing from which the shape follows. */
  readonly isKnown: boolean;
};

const NOTHING: RunShape = {
  captures: [],
  dateUnit: undefined,
  dateFrom: [],
  values: {},
  isByObject: false,
  isKnown: false,
};

const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
  one.name < other.name ? -1 : 1;

const finest = (units: readonly (DateUnit | undefined)[]): DateUnit | undefined =>
  DATE_UNITS.findLast((unit) => units.includes(unit));

const shapeOfFiles = ({ name, slots, values, isIncomplete }: Draft, files: readonly FileSlot[]): RunShape => {
  const parts = files.flatMap(({ template }) => template.parts);
  const captures = parts.flatMap((part) => (part.kind === 'capture' ? [part.name] : []));

  return {
    captures: Array.from(new Set(captures), (capture) => ({ name: capture, from: [name], origin: name })).sort(byName),
    dateUnit: finest(parts.map((part) => (part.kind === 'date' ? part.unit : undefined))),
    dateFrom: [name],
    values,
    isByObject: hasRunForEachObject({ slots }),
    isKnown: !isIncomplete,
  };
};

const shapeOfTimes = ({ name, slots, values, isIncomplete }: Draft): RunShape => ({
  ...NOTHING,
  dateUnit: finest(slots.filter((slot) => slot.kind === 'time').map(({ at }) => unitOfSchedule(at))),
  dateFrom: [name],
  values,
  isKnown: !isIncomplete,
});

/** A feed that another waits for. */
type Source = { readonly slot: FeedSlot; readonly shape: RunShape };

const shapeOfFeeds = (draft: Draft, sources: readonly [Source, ...Source[]]): RunShape => {
  const dated = sources.find(({ shape }) => shape.dateUnit !== undefined) ?? sources[0];
  const inherited = sources.flatMap(({ slot, shape }) =>
    shape.captures
      .filter(({ name }) => draft.all.get(slot.name)?.includes(name) !== true)
      .map((capture) => ({ ...capture, from: [draft.name, ...capture.from], values: shape.values[capture.name] })),
  );
  // Of several feeds with the same capture, the first one counts.
  const captures = Array.from(firstByName(inherited).values()).sort(byName);

  return {
    captures: captures.map(({ name, from, origin }) => ({ name, from, origin })),
    dateUnit: dated.shape.dateUnit,
    dateFrom: [draft.name, ...dated.shape.dateFrom],
    values: {
      ...Object.fromEntries(captures.flatMap(({ name, values }) => (values === undefined ? [] : [[name, values]]))),
      ...draft.values,
    },
    isByObject: false,
    isKnown: !draft.isIncomplete && sources.every(({ shape }) => shape.isKnown),
  };
};

const shapeOfSlots = (draft: Draft, shapeOf: (name: string) => RunShape): RunShape => {
  const files = fileSlotsOf(draft);
  if (files.length > 0) {
    return shapeOfFiles(draft, files);
  }
  const [first, ...others] = draft.slots
    .filter((slot) => slot.kind === 'feed')
    .map((slot) => ({ slot, shape: shapeOf(slot.feed) }));

  return first === undefined ? shapeOfTimes(draft) : shapeOfFeeds(draft, [first, ...others]);
};

/** Indexes items by name. Of several items with the same name, the first one counts. */
export const firstByName = <Named extends { readonly name: string }>(
  all: readonly Named[],
): ReadonlyMap<string, Named> => new Map(all.toReversed().map((one) => [one.name, one]));

/**
 * Finds the shape of each feed's runs: from its templates, else from the feeds that it waits for,
 * else from its times.
 *
 * The shape stays unknown for a feed that waits for itself or for a feed that does not exist. Other
 * rules report why.
 *
 * @returns A function that gives the shape for the name of a feed.
 */
export const runShapes = (drafts: readonly Draft[]): ((feed: string) => RunShape) => {
  const shapes = new Map<string, RunShape>();
  const draftOf = firstByName(drafts);
  const shapeOf = (name: string): RunShape => {
    const known = shapes.get(name);
    const draft = draftOf.get(name);
    if (known !== undefined || draft === undefined) {
      return known ?? NOTHING;
    }
    // Ends the recursion for a feed that waits for itself.
    shapes.set(name, NOTHING);
    const shape = shapeOfSlots(draft, shapeOf);
    shapes.set(name, shape);
    return shape;
  };

  // Where feeds wait for each other, the result depends on the order, so it is the order of the
  // configuration.
  for (const { name } of drafts) {
    shapeOf(name);
  }
  return shapeOf;
};

/** Whether the runs of a feed have a capture. */
export const hasCapture = ({ captures }: RunShape, capture: string): boolean =>
  captures.some(({ name }) => name === capture);

/**
 * Counts the runs of another feed that fill a slot: one for each combination of listed values of
 * the captures that this feed does not have.
 */
export const countSources = (own: RunShape, other: RunShape): number =>
  other.captures
    .filter(({ name }) => !hasCapture(own, name))
    .reduce((count, { name }) => count * (other.values[name]?.length ?? 1), 1);
