/** What is wrong with how feeds wait for each other. */
import { DATE_UNITS } from '../feeds/dates.ts';
import type { DateUnit } from '../feeds/template.ts';
import type { Feed, FeedSlot } from './configuration.ts';
import type { RunShape } from './run-shape.ts';
import { didYouMean } from './suggestion.ts';

/** All feeds and what tells the runs of each apart, by name. */
export type Workflow = {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly shapes: ReadonlyMap<string, RunShape>;
};

const UNIT_WORDS: Readonly<Record<DateUnit, string>> = {
  yyyy: 'one for each year',
  MM: 'one for each month',
  dd: 'one for each day',
  HH: 'one for each hour',
  mm: 'one for each minute',
};

/** Says how fine the dates of a feed are, and along which feeds that follows. */
const describeDates = ({ dateUnit, dateFrom }: RunShape): string => {
  const way = dateFrom.length > 1 ? ` (${dateFrom.join(' -> ')})` : '';

  return `${dateUnit === undefined ? 'none with a date' : UNIT_WORDS[dateUnit]}${way}`;
};

/** Says which feed has a capture, and along which feeds that follows. */
const describeCapture = (capture: string, { captureFrom }: RunShape): string => {
  const from = captureFrom[capture] ?? [];

  return `{${capture}}${from.length > 1 ? ` (${from.join(' -> ')})` : ''}`;
};

/** Finds the feed in which the values of a capture are best listed, for all that have the capture from it. */
const listerOf = (capture: string, { captureFrom }: RunShape): string => captureFrom[capture]?.at(-1) ?? '';

const dateProblems = (feed: Feed, slot: FeedSlot, own: RunShape, other: RunShape): string[] => {
  if (own.dateUnit !== other.dateUnit) {
    return [
      `the runs of ${slot.feed} are ${describeDates(other)}, those of ${feed.name} ${describeDates(own)}: which of them is waited for cannot be told`,
    ];
  }
  if (slot.offset === undefined) {
    return [];
  }
  if (own.dateUnit === undefined) {
    return [`offset: the runs of ${slot.feed} have no date`];
  }
  return DATE_UNITS.indexOf(slot.offset.unit) > DATE_UNITS.indexOf(own.dateUnit)
    ? [`offset: is finer than the dates: the runs of ${slot.feed} are ${describeDates(other)}`]
    : [];
};

const captureProblems = (feed: Feed, own: RunShape, source: Feed, other: RunShape): string[] => {
  const onlyThere = other.captures.filter((name) => !own.captures.includes(name) && other.values[name] === undefined);
  const onlyHere = own.captures.filter((name) => !other.captures.includes(name) && own.values[name] === undefined);

  return [
    ...onlyThere.map(
      (name) =>
        `${source.name} has a run for each ${describeCapture(name, other)}, which ${feed.name} does not have: list the values of ${name} in feed ${listerOf(name, other)} (values), so that all of them are waited for`,
    ),
    ...onlyHere.map(
      (name) =>
        `${feed.name} has a run for each ${describeCapture(name, own)}, which ${source.name} does not have: list the values of ${name} in feed ${listerOf(name, own)} (values), so that each of them can be told`,
    ),
  ];
};

const allProblems = (feed: Feed, own: RunShape, other: RunShape, all: readonly string[]): string[] =>
  all.flatMap((name) => {
    if (!other.captures.includes(name)) {
      return [`all: {${name}} is no capture there${didYouMean(name, other.captures)}`];
    }
    return own.captures.includes(name)
      ? [`all: ${feed.name} itself has a run for each ${describeCapture(name, own)}`]
      : [];
  });

const slotProblems = (feed: Feed, slot: FeedSlot, all: readonly string[], { feeds, shapes }: Workflow): string[] => {
  const source = feeds.get(slot.feed);
  if (source === undefined) {
    return [`there is no feed ${JSON.stringify(slot.feed)}${didYouMean(slot.feed, Array.from(feeds.keys()))}`];
  }
  const ofShadow =
    source.shadow && !feed.shadow
      ? [`${source.name} is a shadow and submits nothing, so ${feed.name} would wait for ever: make it a shadow, too`]
      : [];
  const [own, other] = [shapes.get(feed.name), shapes.get(source.name)];
  if (own?.isKnown !== true || other?.isKnown !== true) {
    return ofShadow;
  }
  if (other.isByObject) {
    return [
      ...ofShadow,
      `${source.name} has a run for each object, and nothing in their keys tells which of them is waited for`,
    ];
  }
  return [
    ...ofShadow,
    ...dateProblems(feed, slot, own, other),
    ...captureProblems(feed, own, source, other),
    ...allProblems(feed, own, other, all),
  ];
};

/**
 * Lists what is wrong with the feeds that a feed waits for, each with the slot's name.
 *
 * @param all - By slot, the captures of the other feed that this one shall not have.
 */
export const feedSlotProblems = (
  feed: Feed,
  all: ReadonlyMap<string, readonly string[]>,
  workflow: Workflow,
): string[] =>
  feed.slots.flatMap((slot) =>
    slot.kind === 'feed'
      ? slotProblems(feed, slot, all.get(slot.name) ?? [], workflow).map((problem) =>
          /^(?:offset|all): /.test(problem) ? `slot ${slot.name}, ${problem}` : `slot ${slot.name}: ${problem}`,
        )
      : [],
  );
