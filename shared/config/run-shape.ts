/** What tells the runs of a feed apart: how fine their date is, and which captures they have. */
import { DATE_UNITS } from '../feeds/dates.ts';
import { fileSlotsOf } from '../feeds/file-slots.ts';
import { hasRunForEachObject } from '../feeds/match-feeds.ts';
import type { DateUnit } from '../feeds/template.ts';
import type { Feed, FeedSlot, FileSlot, Slot } from './configuration.ts';
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

export type RunShape = {
  /** Sorted. */
  readonly captures: readonly string[];
  readonly dateUnit: DateUnit | undefined;
  /** From the feed to the one whose templates or times say how fine the date is. */
  readonly dateFrom: readonly string[];
  /** For each capture, from the feed to the one whose templates have it. */
  readonly captureFrom: Readonly<Record<string, readonly string[]>>;
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
  captureFrom: {},
  values: {},
  isByObject: false,
  isKnown: false,
};

const finest = (units: readonly (DateUnit | undefined)[]): DateUnit | undefined =>
  DATE_UNITS.findLast((unit) => units.includes(unit));

const shapeOfFiles = ({ name, slots, values, isTorn }: Draft, files: readonly FileSlot[]): RunShape => {
  const parts = files.flatMap(({ template }) => template.parts);
  const captures = parts.flatMap((part) => (part.kind === 'capture' ? [part.name] : []));

  return {
    captures: Array.from(new Set(captures)).sort(),
    dateUnit: finest(parts.map((part) => (part.kind === 'date' ? part.unit : undefined))),
    dateFrom: [name],
    captureFrom: Object.fromEntries(captures.map((capture) => [capture, [name]])),
    values,
    isByObject: hasRunForEachObject({ slots }),
    isKnown: !isTorn,
  };
};

const shapeOfTimes = ({ name, slots, values, isTorn }: Draft): RunShape => ({
  ...NOTHING,
  dateUnit: finest(slots.map((slot) => (slot.kind === 'time' ? unitOfSchedule(slot.at) : undefined))),
  dateFrom: [name],
  values,
  isKnown: !isTorn,
});

const shapeOfFeeds = (draft: Draft, sources: readonly { slot: FeedSlot; shape: RunShape }[]): RunShape => {
  const dated = sources.find(({ shape }) => shape.dateUnit !== undefined) ?? sources[0];
  const inherited = sources.flatMap(({ slot, shape }) =>
    shape.captures
      .filter((capture) => draft.all.get(slot.name)?.includes(capture) !== true)
      .map((capture) => ({ capture, from: shape.captureFrom[capture] ?? [], values: shape.values[capture] })),
  );
  // The first feed that has a capture stands for the others.
  const first = Map.groupBy(inherited, ({ capture }) => capture);
  const captures = Array.from(first, ([capture, [one]]) => ({
    ...one,
    capture,
    from: [draft.name, ...(one?.from ?? [])],
  }));

  return {
    captures: captures.map(({ capture }) => capture).sort(),
    dateUnit: dated?.shape.dateUnit,
    dateFrom: [draft.name, ...(dated?.shape.dateFrom ?? [])],
    captureFrom: Object.fromEntries(captures.map(({ capture, from }) => [capture, from])),
    values: {
      ...Object.fromEntries(
        captures.flatMap(({ capture, values }) => (values === undefined ? [] : [[capture, values]])),
      ),
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
  const feeds = draft.slots.filter((slot) => slot.kind === 'feed');

  return feeds.length > 0
    ? shapeOfFeeds(
        draft,
        feeds.map((slot) => ({ slot, shape: shapeOf(slot.feed) })),
      )
    : shapeOfTimes(draft);
};

/** Lists by name what has one; of those with the same, the first. */
export const firstByName = <Named extends { readonly name: string }>(
  all: readonly Named[],
): ReadonlyMap<string, Named> => new Map(all.toReversed().map((one) => [one.name, one]));

/**
 * Finds out what tells the runs of each feed apart: its templates, or else those of the feeds that it waits for, or else its times.
 *
 * What waits for itself, or for a feed that there is not, stays unknown; why that is so is told elsewhere.
 */
export const runShapes = (drafts: readonly Draft[]): ReadonlyMap<string, RunShape> => {
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

  return new Map(drafts.map(({ name }) => [name, shapeOf(name)]));
};

/** Counts the runs of another feed that fill a slot: one for each listed value of the captures that this feed does not have. */
export const countSources = (own: RunShape | undefined, other: RunShape | undefined): number =>
  (other?.captures ?? [])
    .filter((name) => own?.captures.includes(name) !== true)
    .reduce((count, name) => count * (other?.values[name]?.length ?? 1), 1);
