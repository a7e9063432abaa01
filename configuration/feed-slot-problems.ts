/** Validates the slots in which a feed waits for another feed. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FeedSlot } from '../shared/feeds/feed.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import { type Capture, hasCapture, type RunShape } from './run-shape.ts';
import { didYouMean } from './suggestion.ts';

/** All feeds, and the shapes of their runs, by name. */
export type Workflow = {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly shapeOf: (feed: string) => RunShape;
};

const UNIT_WORDS: Readonly<Record<DateUnit, string>> = {
  yyyy: 'one run for each year',
  MM: 'one run for each month',
  dd: 'one run for each day',
  HH: 'one run for each hour',
  mm: 'one run for each minute',
};

/** Names the unit of a feed's dates, and the feeds from which it takes them. */
const describeDates = ({ dateUnit, dateFrom }: RunShape): string => {
  const way = dateFrom.length > 1 ? ` (${dateFrom.join(' -> ')})` : '';

  return `${dateUnit === undefined ? 'runs without a date' : UNIT_WORDS[dateUnit]}${way}`;
};

/** Names a capture, and the feeds from which it comes. */
const describeCapture = ({ name, from }: Capture): string =>
  `{${name}}${from.length > 1 ? ` (${from.join(' -> ')})` : ''}`;

const dateProblems = (feed: Feed, slot: FeedSlot, own: RunShape, other: RunShape): string[] => {
  if (own.isKnown && own.dateUnit !== other.dateUnit) {
    return [
      `${slot.feed} has ${describeDates(other)}, and ${feed.name} has ${describeDates(own)}, so the run to wait for is unknown`,
    ];
  }
  if (slot.offset === undefined) {
    return [];
  }
  if (other.dateUnit === undefined) {
    return [`offset: the runs of ${slot.feed} have no date`];
  }
  return DATE_UNITS.indexOf(slot.offset.unit) > DATE_UNITS.indexOf(other.dateUnit)
    ? [`offset: is finer than the dates: ${slot.feed} has ${describeDates(other)}`]
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
        `${source.name} has a run for each ${describeCapture(capture)}, which ${feed.name} does not have: list the values of ${capture.name} in feed ${capture.origin} (values), so that the slot can wait for all of them`,
    ),
    ...onlyHere.map(
      (capture) =>
        `${feed.name} has a run for each ${describeCapture(capture)}, which ${source.name} does not have: list the values of ${capture.name} in feed ${capture.origin} (values), so that the run of each value is known`,
    ),
  ];
};

const allProblems = (feed: Feed, own: RunShape, source: Feed, other: RunShape, all: readonly string[]): string[] =>
  all.flatMap((name) => {
    if (!hasCapture(other, name)) {
      const there = other.captures.map((capture) => capture.name);
      return [`all: ${source.name} has no capture {${name}}${didYouMean(name, there)}`];
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
      ? [`${source.name} is a shadow and submits no job, so ${feed.name} would wait for ever: make it a shadow, too`]
      : [];
  const [own, other] = [shapeOf(feed.name), shapeOf(source.name)];
  if (!other.isKnown) {
    return ofShadow;
  }
  if (other.isByObject) {
    return [
      ...ofShadow,
      `${source.name} has a run for each object, and no date or capture in a key says which run to wait for`,
    ];
  }
  return [
    ...ofShadow,
    ...dateProblems(feed, slot, own, other),
    ...captureProblems(feed, own, source, other),
    ...allProblems(feed, own, source, other, all),
  ];
};

/**
 * Lists the problems of the slots in which a feed waits for another feed.
 *
 * @param all - By slot, the captures of the other feed that this feed does not have.
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
