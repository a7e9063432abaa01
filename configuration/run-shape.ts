/** What tells the runs of a feed apart: how fine their date is, and which captures they have. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FeedSlot, FileSlot, Slot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { hasRunForEachObject } from '../shared/feeds/match-feeds.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import { unitOfSchedule } from './schedules.ts';

/** A feed of which it is not known yet what tells its runs apart. */
export type Draft = {
  readonly name: string;
  readonly slots: readonly Slot[];
  /** By slot, the captures of the other feed that this one shall not have. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  /** The values of captures, where this feed lists them. */
  readonly values: Feed['values'];
  /** Whether a slot is missing, so that nothing can be concluded from its absence. */
  readonly isTorn: boolean;
};

/** Something besides the date that tells the runs of a feed apart. */
export type Capture = {
  readonly name: string;
  /** From the feed to the one whose templates have it. */
  readonly from: readonly string[];
  /** The feed whose templates have it. */
  readonly origin: string;
};

export type RunShape = {
  /** Sorted by name. */
  readonly captures: readonly Capture[];
  readonly dateUnit: DateUnit | undefined;
  /** From the feed to the one whose templates or times say how fine the date is. */
  readonly dateFrom: readonly string[];
  /** The values of captures, where they are listed: by the feed, or by the one that it has the capture from. */
  readonly values: Feed['values'];
  /** Whether every object is a run of its own. */
  readonly isByObject: boolean;
  /** Whether nothing that it follows from is missing. */
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

const shapeOfFiles = ({ name, slots, values, isTorn }: Draft, files: readonly FileSlot[]): RunShape => {
  const parts = files.flatMap(({ template }) => template.parts);
  const captures = parts.flatMap((part) => (part.kind === 'capture' ? [part.name] : []));

  return {
    captures: Array.from(new Set(captures), (capture) => ({ name: capture, from: [name], origin: name })).sort(byName),
    dateUnit: finest(parts.map((part) => (part.kind === 'date' ? part.unit : undefined))),
    dateFrom: [name],
    values,
    isByObject: hasRunForEachObject({ slots }),
    isKnown: !isTorn,
  };
};

const shapeOfTimes = ({ name, slots, values, isTorn }: Draft): RunShape => ({
  ...NOTHING,
  dateUnit: finest(slots.filter((slot) => slot.kind === 'time').map(({ at }) => unitOfSchedule(at))),
  dateFrom: [name],
  values,
  isKnown: !isTorn,
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
  // The first feed that has a capture stands for the others.
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
    isKnown: !draft.isTorn && sources.every(({ shape }) => shape.isKnown),
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

/** Lists by name what has one; of those with the same, the first. */
export const firstByName = <Named extends { readonly name: string }>(
  all: readonly Named[],
): ReadonlyMap<string, Named> => new Map(all.toReversed().map((one) => [one.name, one]));

/**
 * Finds out what tells the runs of each feed apart: its templates, or else those of the feeds that it waits for, or else its times.
 *
 * What waits for itself, or for a feed that there is not, stays unknown; why that is so is told elsewhere.
 *
 * @returns a function that tells it of the feed with a name
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
    // Stands for as long as the feeds are looked at that this one waits for, among which it may be itself.
    shapes.set(name, NOTHING);
    const shape = shapeOfSlots(draft, shapeOf);
    shapes.set(name, shape);
    return shape;
  };

  // In the order in which they are written, since that counts where feeds wait for each other.
  for (const { name } of drafts) {
    shapeOf(name);
  }
  return shapeOf;
};

/** Whether the runs of a feed have a capture. */
export const hasCapture = ({ captures }: RunShape, capture: string): boolean =>
  captures.some(({ name }) => name === capture);

/** Counts the runs of another feed that fill a slot: one for each listed value of the captures that this feed does not have. */
export const countSources = (own: RunShape, other: RunShape): number =>
  other.captures
    .filter(({ name }) => !hasCapture(own, name))
    .reduce((count, { name }) => count * (other.values[name]?.length ?? 1), 1);
