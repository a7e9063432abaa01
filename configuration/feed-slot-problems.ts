/** What is wrong with how feeds wait for each other. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FeedSlot } from '../shared/feeds/feed.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import { type Capture, hasCapture, type RunShape } from './run-shape.ts';
import { didYouMean } from './suggestion.ts';

/** All feeds and what tells the runs of each apart, by name. */
export type Workflow = {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly shapeOf: (feed: string) => RunShape;
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
const describeCapture = ({ name, from }: Capture): string =>
  `{${name}}${from.length > 1 ? ` (${from.join(' -> ')})` : ''}`;

const dateProblems = (feed: Feed, slot: FeedSlot, own: RunShape, other: RunShape): string[] => {
  if (own.isKnown && own.dateUnit !== other.dateUnit) {
    return [
      `the runs of ${slot.feed} are ${describeDates(other)}, those of ${feed.name} ${describeDates(own)}: which of them is waited for cannot be told`,
    ];
  }
  if (slot.offset === undefined) {
    return [];
  }
  if (other.dateUnit === undefined) {
    return [`offset: the runs of ${slot.feed} have no date`];
  }
  return DATE_UNITS.indexOf(slot.offset.unit) > DATE_UNITS.indexOf(other.dateUnit)
    ? [`offset: is finer than the dates: the runs of ${slot.feed} are ${describeDates(other)}`]
    : [];
};

const captureProblems = (feed: Feed, own: RunShape, source: Feed, other: RunShape): string[] => {
  if (!own.isKnown) {
    return [];
  }
  const onlyThere = other.captures.filter(({ name }) => !hasCapture(own, name) && other.values[name] === undefined);
  const onlyHere = own.captures.filter(({ name }) => !hasCapture(other, name) && own.values[name] === undefined);

  return [
    ...onlyThere.map(
      (capture) =>
        `${source.name} has a run for each ${describeCapture(capture)}, which ${feed.name} does not have: list the values of ${capture.name} in feed ${capture.origin} (values), so that all of them are waited for`,
    ),
    ...onlyHere.map(
      (capture) =>
        `${feed.name} has a run for each ${describeCapture(capture)}, which ${source.name} does not have: list the values of ${capture.name} in feed ${capture.origin} (values), so that each of them can be told`,
    ),
  ];
};

const allProblems = (feed: Feed, own: RunShape, other: RunShape, all: readonly string[]): string[] =>
  all.flatMap((name) => {
    if (!hasCapture(other, name)) {
      const there = other.captures.map((capture) => capture.name);
      return [`all: {${name}} is no capture there${didYouMean(name, there)}`];
    }
    return own.captures
      .filter((capture) => own.isKnown && capture.name === name)
      .map((capture) => `all: ${feed.name} itself has a run for each ${describeCapture(capture)}`);
  });

const slotProblems = (feed: Feed, slot: FeedSlot, all: readonly string[], { feeds, shapeOf }: Workflow): string[] => {
  const source = feeds.get(slot.feed);
  if (source === undefined) {
    const others = Array.from(feeds.keys()).filter((name) => name !== feed.name);
    return [`there is no feed ${JSON.stringify(slot.feed)}${didYouMean(slot.feed, others)}`];
  }
  const ofShadow =
    source.shadow && !feed.shadow
      ? [`${source.name} is a shadow and submits nothing, so ${feed.name} would wait for ever: make it a shadow, too`]
      : [];
  const [own, other] = [shapeOf(feed.name), shapeOf(source.name)];
  if (!other.isKnown) {
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
