/** Puts a picture of the ledger and of Batch into words, in lines that a screen of 80 columns shows whole, but for long names of files. */

import type { Configuration } from '../configuration/configuration.ts';
import type { Feed, Slot } from '../shared/feeds/feed.ts';
import type { RunKey } from '../shared/feeds/run-key.ts';
import { wantedUri } from '../shared/feeds/wanted-uri.ts';
import { COLUMNS, columnsOf, wrapText } from '../shared/wrap-text.ts';
import type { SeenFile, SeenJob, SeenRun, Snapshot } from './snapshot.ts';
import { visible } from './terminal.ts';

const wrap = (text: string, indent: number): string[] => wrapText(visible(text), indent);

const UNITS: readonly (readonly [limit: number, unit: string])[] = [
  [1_000_000, 'MB'],
  [1_000, 'kB'],
];

const sizeText = (bytes: number): string => {
  const [limit, unit] = UNITS.find(([smallest]) => bytes >= smallest) ?? [1, 'bytes'];
  return `${limit === 1 ? bytes : (bytes / limit).toFixed(1)} ${unit}`;
};

/** Where the second line of something begins. */
const MARGIN = 16;

/** As far to the left as a name may begin that has a line of its own. */
const SMALLEST_MARGIN = 2;

/**
 * Breaks a text into lines and never within the name of a file or a run, so that it can be copied: where it does not fit it has a line of its
 * own, which is wider than 80 columns if the name is. A screen breaks it then, but gives it back whole.
 */
const linesAround = (before: string, name: string, after = ''): string[] => {
  const start = `${before}${visible(name)}`;
  const [mark = ''] = /^\S*/.exec(after) ?? [];
  if (columnsOf(`${start}${mark}`) <= COLUMNS) {
    return wrap(`${start}${after}`, MARGIN);
  }
  const indent = Math.max(SMALLEST_MARGIN, Math.min(MARGIN, COLUMNS - columnsOf(visible(name))));
  return [
    before.trimEnd(),
    `${' '.repeat(indent)}${visible(name)}`,
    ...(after === '' ? [] : wrap(`${' '.repeat(MARGIN)}${after.replace(/^[: ]+/, '')}`, MARGIN)),
  ];
};

/** Names a run within its feed: `2026-11-20 shop=osaka`. */
const labelOf = ({ date, values }: RunKey): string =>
  [date, ...Object.entries(values).map(([name, value]) => (name === 'object' ? value : `${name}=${value}`))]
    .filter((part) => part !== undefined)
    .join(' ');

const slotText = ({ name, optional, min }: Slot, have: number): string => {
  if (optional) {
    return `${name} ${have} (optional)`;
  }
  return min === 1 ? `${name} ${have}` : `${name} ${have} of at least ${min}`;
};

type Missing = { readonly slot: Slot; readonly have: number };

/** Lists the required slots that something else than a time fills, and that are not filled yet. */
const missingSlots = (slots: readonly Slot[], { filled }: SeenRun): Missing[] =>
  slots
    .filter((slot) => !slot.optional && slot.kind !== 'time')
    .map((slot) => ({ slot, have: filled.get(slot.name) ?? 0 }))
    .filter(({ slot, have }) => have < slot.min);

const slotsText = (feed: Feed, { filled }: SeenRun): string =>
  feed.slots.map((slot) => slotText(slot, filled.get(slot.name) ?? 0)).join(', ');

const missingLines = (feed: Feed, seen: SeenRun): string[] =>
  missingSlots(feed.slots, seen).flatMap(({ slot, have }) => {
    const uri = slot.kind === 'files' ? wantedUri(slot.template, seen.run.key) : '';
    const left = slot.min - have;
    const more = left === 1 ? slot.name : `${slot.name}, ${left} more`;
    return linesAround(`             still missing (${more}): `, uri);
  });

/** Lists the files by their full names that would complete, or help to complete, a run that waits. */
export const missingFiles = ({ runs }: Snapshot, { feeds }: Configuration): string[] =>
  runs
    .filter(({ run }) => run.state === 'waiting')
    .flatMap((seen) => {
      const slots = feeds.find(({ name }) => name === seen.run.key.feed)?.slots ?? [];
      return missingSlots(slots, seen).flatMap(({ slot }) =>
        slot.kind === 'files' ? [wantedUri(slot.template, seen.run.key)] : [],
      );
    })
    .filter((uri) => !uri.includes('*'));

const jobLines = ({ id, name, queue, status }: SeenJob): string[] => [
  ...wrap(`             job ${id} ${status}`, MARGIN),
  ...wrap(`                 ${name}`, MARGIN + 1),
  ...wrap(`                 in ${queue}`, MARGIN + 1),
];

const runLines = (feed: Feed, seen: SeenRun, jobs: ReadonlyMap<string, SeenJob>): string[] => {
  const { run } = seen;
  const again = run.generation === 1 ? '' : ` (generation ${run.generation})`;
  const job = run.job === undefined ? undefined : jobs.get(run.job.id);
  return [
    ...linesAround(`  ${run.state.padEnd(10)} `, `${labelOf(run.key)}${again}`, `: ${slotsText(feed, seen)}`),
    ...(run.state === 'waiting' ? missingLines(feed, seen) : []),
    ...(run.refusal === undefined ? [] : wrap(`             refused: ${run.refusal}`, MARGIN)),
    ...(job === undefined ? [] : jobLines(job)),
    ...(job === undefined && run.job !== undefined
      ? [`             job ${run.job.id}, which Batch does not have`]
      : []),
  ];
};

const countLines = (jobs: readonly SeenJob[]): string[] =>
  [...Map.groupBy(jobs, ({ queue }) => queue)].map(
    ([queue, { length }]) => `  ${String(length).padStart(5)} ${length === 1 ? 'job' : 'jobs'} in ${queue}`,
  );

/** Tells everything that the picture shows: the runs of each feed, what they still miss, and their jobs. */
export const summaryLines = ({ runs, jobs }: Snapshot, { feeds }: Configuration): string[] => {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const ofFeeds = feeds.flatMap((feed) => {
    const ofFeed = runs.filter(({ run }) => run.key.feed === feed.name);
    return ofFeed.length === 0 ? [] : ['', feed.name, ...ofFeed.flatMap((seen) => runLines(feed, seen, byId))];
  });
  const submitted = new Set(runs.map(({ run }) => run.job?.id));
  const others = jobs.filter(({ id }) => !submitted.has(id));
  return [
    'Runs of the ledger, with their jobs as AWS Batch has them',
    ...(ofFeeds.length === 0 ? ['', '(none)'] : ofFeeds),
    ...(others.length === 0 ? [] : ['', 'Jobs that Batch has and no run of the ledger', ...others.flatMap(jobLines)]),
    '',
    'Jobs in Batch',
    ...(jobs.length === 0 ? ['      none'] : countLines(jobs)),
  ];
};

type Event = {
  readonly at: Date;
  readonly kind: 'file' | 'run' | 'job';
  readonly name: string;
  /** What is said of it. */
  readonly text?: string;
  /** On a line of its own. */
  readonly more?: string;
  /** Left out where it does not fit. */
  readonly aside?: string;
};

const newFiles = (before: SeenRun | undefined, { files }: SeenRun): SeenFile[] => {
  const nameOf = ({ bucket, key, etag, slot }: SeenFile): string => `${slot} ${etag} ${bucket}/${key}`;
  const known = new Set(before?.files.map(nameOf));
  return files.filter((file) => !known.has(nameOf(file)));
};

const stateText = ({ run: { state, refusal } }: SeenRun): string => {
  switch (state) {
    case 'claimed':
    case 'submitted':
      return 'is complete';
    case 'refused':
      return `was refused: ${refusal}`;
    default:
      return `is ${state}`;
  }
};

const isComplete = (seen: SeenRun | undefined): boolean =>
  seen?.run.state === 'claimed' || seen?.run.state === 'submitted';

/** A run that was seen as claimed and then as submitted has completed once. */
const hasMoved = (before: SeenRun | undefined, after: SeenRun): boolean =>
  after.run.state !== (before?.run.state ?? 'waiting') && !(isComplete(before) && isComplete(after));

const waitingText = (feed: Feed, seen: SeenRun): string =>
  missingSlots(feed.slots, seen)
    .map(({ slot, have }) => `${slot.name} (${have} of ${slot.min})`)
    .join(', ');

const runEvents = (before: SeenRun | undefined, after: SeenRun, feed: Feed | undefined, now: Date): Event[] => {
  const arrived = newFiles(before, after);
  const { id, run } = after;
  const waits = arrived.length > 0 && run.state === 'waiting' && feed !== undefined && waitingText(feed, after) !== '';
  return [
    ...arrived.map(
      ({ bucket, key, sizeBytes, writtenAt }): Event => ({
        at: writtenAt,
        kind: 'file',
        name: `s3://${bucket}/${key}`,
        aside: sizeText(sizeBytes),
      }),
    ),
    ...(hasMoved(before, after)
      ? [{ at: run.claim?.claimedAt ?? now, kind: 'run' as const, name: id, text: stateText(after) }]
      : []),
    ...(waits ? [{ at: now, kind: 'run' as const, name: id, text: `waits for ${waitingText(feed, after)}` }] : []),
  ];
};

const eventsBetween = (before: Snapshot, after: Snapshot, feeds: readonly Feed[], now: Date): Event[] => {
  const nameOf = ({ id, run }: SeenRun): string => `${id} ${run.generation}`;
  const known = new Map(before.runs.map((seen) => [nameOf(seen), seen]));
  const knownJobs = new Set(before.jobs.map(({ id }) => id));
  const ofRuns = after.runs.flatMap((seen) => {
    const feed = feeds.find(({ name }) => name === seen.run.key.feed);
    return runEvents(known.get(nameOf(seen)), seen, feed, now);
  });
  const ofJobs = after.jobs
    .filter(({ id }) => !knownJobs.has(id))
    .map(
      ({ id, name, queue, createdAt }): Event => ({
        at: createdAt,
        kind: 'job',
        name,
        more: `${id} in ${queue}`,
      }),
    );
  return [...ofRuns, ...ofJobs].sort((one, other) => one.at.getTime() - other.at.getTime());
};

/** Tells what is new in a picture since another one, in the order in which it happened. */
export const changeLines = (
  before: Snapshot,
  after: Snapshot,
  { feeds }: Configuration,
  timeOf: (at: Date) => string,
  now: Date,
): string[] =>
  eventsBetween(before, after, feeds, now).flatMap(({ at, kind, name, text, more, aside }) => {
    const start = `${timeOf(at)}  ${kind.padEnd(4)}  `;
    const said = text === undefined ? '' : ` ${text}`;
    const noted = aside === undefined ? said : `${said}  ${aside}`;
    return [
      ...linesAround(start, name, columnsOf(`${start}${visible(`${name}${noted}`)}`) <= COLUMNS ? noted : said),
      ...(more === undefined ? [] : wrap(`${' '.repeat(MARGIN)}${more}`, MARGIN)),
    ];
  });
