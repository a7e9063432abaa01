/** Writes what a person has to know of a line, apart from its feeds. */
import { guardNotes } from './guard-notes.ts';
import { type Level, markSteps } from './kept-command.ts';
import type { LineTrace } from './line-trace.ts';
import { flattened, type Remark, type TraceEvent } from './trace-events.ts';

export const remarksIn = (events: readonly TraceEvent[]): Remark[] =>
  flattened(events).flatMap((event) => (event.kind === 'remark' ? [{ weight: event.weight, text: event.text }] : []));

const clockRemarks = (events: readonly TraceEvent[]): Remark[] => {
  const scripts = new Set(flattened(events).flatMap((event) => (event.kind === 'clock' ? [event.script] : [])));

  return [...scripts].map((script) => ({
    weight: 'note',
    text: `${script} takes a date from the clock: hand it the run's date, or a late run works on the wrong day`,
  }));
};

/** Sleeping before the work puts it off. */
const sleepRemarks = (events: readonly TraceEvent[], isDirect: boolean): Remark[] => {
  const first = flattened(events).findIndex((event) => event.kind === 'act' && event.weight === 'work');
  return flattened(events).flatMap((event, at): Remark[] =>
    event.kind === 'sleep' && isDirect && (first === -1 || at < first)
      ? [{ weight: 'unread', text: `\`${event.text}\` puts the work off: the feed starts earlier, does that matter?` }]
      : [],
  );
};

const serviceRemarks = (events: readonly TraceEvent[]): Remark[] =>
  flattened(events).flatMap((event): Remark[] =>
    event.kind === 'service'
      ? [{ weight: 'unread', text: `\`${event.text}\` has no end: it is a service, and a feed starts jobs that end` }]
      : [],
  );

/** Commands of a parent script beside the scripts that it calls. */
const besideStages = (level: Level, marks: ReadonlySet<string>): Remark[] => {
  const set = markSteps(level.events, marks);
  const acts = level.events.filter(
    (event) =>
      event.kind === 'act' && (event.weight === 'minor' || event.weight === 'upkeep' || event.weight === 'answer'),
  );
  const texts = acts
    .filter((event) => event.kind === 'act' && !set.includes(event.step))
    .map((event) => (event.kind === 'act' ? `\`${event.text.split('\n')[0]}\`` : ''));
  return texts.length === 0
    ? []
    : [{ weight: 'unread', text: `beside its stages it runs ${[...new Set(texts)].join(', ')}: which job does that?` }];
};

export const ownRemarks = (level: Level, isChain: boolean, line: LineTrace): Remark[] => {
  const own = isChain ? level.events.filter(({ kind }) => kind !== 'call') : line.events;
  const outer = isChain && level.events !== line.events ? line.events.filter(({ kind }) => kind !== 'call') : [];
  return [
    ...remarksIn(outer),
    ...remarksIn(own),
    ...clockRemarks(line.events),
    ...sleepRemarks(line.events, true),
    ...serviceRemarks(line.events),
    ...guardNotes(line.events),
    ...(isChain ? besideStages(level, line.marks) : []),
  ];
};

export const distinctRemarks = (remarks: readonly Remark[]): Remark[] => [
  ...new Map(remarks.map((remark) => [remark.text, remark])).values(),
];

export const CHAIN_REMARK: Remark = {
  weight: 'note',
  text: 'a feed follows only when the one before has succeeded; shell goes on after a failure unless it is told not to',
};
