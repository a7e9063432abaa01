/**
 * Describes a snapshot of the ledger and of Batch in lines of at most 80 columns, except for long
 * names.
 */

import type { Configuration } from '../configuration/configuration.ts';
import type { Feed, Slot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import type { RunKey } from '../shared/feeds/run-key.ts';
import { wantedUri } from '../shared/feeds/wanted-uri.ts';
import { missingSlots } from '../shared/runs/state-machine.ts';
import { COLUMNS, columnsOf, wrapText } from '../shared/wrap-text.ts';
import type { SeenArrival, SeenJob, SeenRun, Snapshot } from './snapshot.ts';
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

/** The column at which continuation lines begin. */
const MARGIN = 16;

/** The least column at which a name with its own line begins. */
const SMALLEST_MARGIN = 2;

/**
 * Breaks a text into lines, but never within the name of a file or a run, so that a user can copy
 * it. A name that does not fit gets its own line, which can be wider than 80 columns. A terminal
 * wraps such a line, but copies it as one.
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

const slotsText = (feed: Feed, { run }: SeenRun): string =>
  feed.slots.map((slot) => slotText(slot, run.filled.get(slot.name) ?? 0)).join(', ');

const missingLines = (feed: Feed, { run }: SeenRun): string[] =>
  missingSlots(feed.slots, run.filled).flatMap(({ slot: name, have, need }) => {
    const slot = feed.slots.find((other) => other.name === name);
    const uri = slot?.kind === 'files' ? wantedUri(slot.template, run.key) : '';
    const more = need - have === 1 ? name : `${name}, ${need - have} more`;
    return linesAround(`             still missing (${more}): `, uri);
  });

/** Lists the files with full names that a waiting run still needs. */
export const missingFiles = ({ runs }: Snapshot, { feeds }: Configuration): string[] =>
  runs
    .filter(({ run }) => run.state === 'waiting')
    .flatMap(({ run }) => {
      const slots = feeds.find(({ name }) => name === run.key.feed)?.slots ?? [];
      const missing = new Set(missingSlots(slots, run.filled).map(({ slot }) => slot));
      return fileSlotsOf({ slots })
        .filter(({ name }) => missing.has(name))
        .map(({ template }) => wantedUri(template, run.key));
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
    ...(job === undefined && run.job !== undefined ? [`             job ${run.job.id}, which is not in Batch`] : []),
  ];
};

const countLines = (jobs: readonly SeenJob[]): string[] =>
  [...Map.groupBy(jobs, ({ queue }) => queue)].map(
    ([queue, { length }]) => `  ${String(length).padStart(5)} ${length === 1 ? 'job' : 'jobs'} in ${queue}`,
  );

/** Describes a snapshot: the runs of each feed, their missing files, and their jobs. */
export const summaryLines = ({ runs, jobs }: Snapshot, { feeds }: Configuration): string[] => {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const ofFeeds = feeds.flatMap((feed) => {
    const ofFeed = runs.filter(({ run }) => run.key.feed === feed.name);
    return ofFeed.length === 0 ? [] : ['', feed.name, ...ofFeed.flatMap((seen) => runLines(feed, seen, byId))];
  });
  const submitted = new Set(runs.map(({ run }) => run.job?.id));
  const others = jobs.filter(({ id }) => !submitted.has(id));
  return [
    'Runs in the ledger, with their jobs in AWS Batch',
    ...(ofFeeds.length === 0 ? ['', '(none)'] : ofFeeds),
    ...(others.length === 0
      ? []
      : ['', 'Jobs in Batch that belong to no run in the ledger', ...others.flatMap(jobLines)]),
    '',
    'Jobs in Batch',
    ...(jobs.length === 0 ? ['      none'] : countLines(jobs)),
  ];
};

type Event = {
  readonly at: Date;
  readonly kind: 'file' | 'run' | 'job';
  readonly name: string;
  /** Text after the name. */
  readonly text?: string;
  /** Text on a line of its own. */
  readonly more?: string;
  /** Text that is left out where it does not fit. */
  readonly aside?: string;
};

const newArrivals = (before: SeenRun | undefined, { arrivals }: SeenRun): SeenArrival[] => {
  const nameOf = ({ bucket, key, etag, slot }: SeenArrival): string => `${slot} ${etag} ${bucket}/${key}`;
  const known = new Set(before?.arrivals.map(nameOf));
  return arrivals.filter((arrival) => !known.has(nameOf(arrival)));
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

/** A run that was claimed and then submitted has become complete once. */
const hasMoved = (before: SeenRun | undefined, after: SeenRun): boolean =>
  after.run.state !== (before?.run.state ?? 'waiting') && !(isComplete(before) && isComplete(after));

const waitingText = (feed: Feed, { run }: SeenRun): string =>
  missingSlots(feed.slots, run.filled)
    .map(({ slot, have, need }) => `${slot} (${have} of ${need})`)
    .join(', ');

const runEvents = (before: SeenRun | undefined, after: SeenRun, feed: Feed | undefined, now: Date): Event[] => {
  const arrived = newArrivals(before, after);
  const { id, run } = after;
  const waits = arrived.length > 0 && run.state === 'waiting' && feed !== undefined;
  return [
    ...arrived.map(
      ({ bucket, key, sizeBytes, arrivedAt }): Event => ({
        at: arrivedAt,
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

/** Describes the changes between two snapshots, in the order of their times. */
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
