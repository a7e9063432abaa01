/** What people are told of a run that is late, or was. Pure. */
import type { Closing, NewAlert } from '../../shared/alerts/alert.ts';
import { durationText, instantText } from '../../shared/alerts/message.ts';
import type { Feed, FileSlot, Slot } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { wantedUri } from '../../shared/feeds/wanted-uri.ts';
import { createRedaction, redactedLine } from '../../shared/jobs/redaction.ts';
import type { ListedFile } from '../../shared/runs/listing.ts';
import type { MissingSlot, Observation, Source } from '../../shared/runs/observe-run.ts';
import type { Run } from '../../shared/runs/run.ts';

/** Nobody reads more on a phone. */
const MAX_NAMED = 10;

/** What is known of a late run. */
export type LateRun = {
  readonly feed: Feed;
  readonly key: RunKey;
  readonly dueAt: Date;
  /** The run as the ledger knows it, if it does. */
  readonly run: Run | undefined;
  /** What S3 and the ledger hold for it, or why they could not be asked. */
  readonly observed: Observation | Error;
  readonly now: Date;
};

/** Names a run as people say it: `sales 2026-11-22 shop=tokyo`. */
const nameOf = ({ feed, date, values }: RunKey): string =>
  [feed, date, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)]
    .filter((part) => part !== undefined)
    .join(' ');

/** The first of many, and how many there are besides. */
const firstOf = (lines: readonly string[]): string[] =>
  lines.length > MAX_NAMED
    ? [...lines.slice(0, MAX_NAMED), `  and ${(lines.length - MAX_NAMED).toLocaleString('en')} more`]
    : [...lines];

const NOTHING_CONFIDENTIAL = createRedaction({ values: [], secretNames: [] });

const reasonOf = ({ refusal, job }: Run): string => {
  const { exitCode, reason = refusal } = job ?? {};
  const parts = [exitCode === undefined ? [] : `exit code ${exitCode}`, reason ?? []].flat();
  return parts.length === 0 ? '' : `: ${redactedLine(parts.join(', '), NOTHING_CONFIDENTIAL)}`;
};

/** Says what keeps a slot waiting; nothing of a run that has just succeeded. */
const standingOf = (run: Run | undefined): string | undefined => {
  switch (run?.state) {
    case undefined:
      return 'nothing of it has come';
    case 'waiting':
      return run.shadowAt === undefined ? 'still waits itself' : 'is left to others by its shadow feed';
    case 'claimed':
    case 'submitted':
      return 'has been submitted';
    case 'running':
      return 'is running';
    case 'succeeded':
      return undefined;
    case 'failed':
      return `failed${reasonOf(run)}`;
    case 'refused':
      return `was refused by AWS Batch${reasonOf(run)}`;
  }
};

const sourceLines = (slot: Slot, sources: readonly Source[]): string[] =>
  firstOf(
    sources
      .filter((source) => source.slot.name === slot.name)
      .flatMap(({ key, found }) => {
        const standing = standingOf(found);
        return standing === undefined ? [] : [`  ${runKeyId(key)} ${standing}`];
      }),
  );

const filesLines = (slot: FileSlot, { need, tooSmall = 0 }: MissingSlot, more: string, key: RunKey): string[] => {
  const size = slot.minBytes > 0 ? `, at least ${slot.minBytes.toLocaleString('en')} bytes` : '';
  return [
    `- ${slot.name}${more}: ${need === 1 ? 'a file' : 'files'} like`,
    `  ${wantedUri(slot.template, key)}${size}`,
    ...(tooSmall > 0 ? [`  ${tooSmall} ${tooSmall === 1 ? 'is' : 'are'} there and too small`] : []),
  ];
};

const missingLines = (
  missing: MissingSlot,
  slot: Slot,
  { feed, key }: LateRun,
  sources: readonly Source[],
): string[] => {
  const { at, have, need } = missing;
  const more = need === 1 ? '' : ` (${have} of ${need})`;
  switch (slot.kind) {
    case 'files':
      return filesLines(slot, missing, more, key);
    case 'feed':
      return [`- ${slot.name}${more}: the success of feed ${slot.feed}`, ...sourceLines(slot, sources)];
    case 'time':
      return [`- ${slot.name}: comes${at === undefined ? '' : ` at ${instantText(at, feed.timeZone)}`}`];
  }
};

const ARCHIVES = ['GLACIER', 'DEEP_ARCHIVE'];

const fileLine = ({ slot, bucket, key, sizeBytes, storageClass = '' }: ListedFile): string =>
  `- ${slot}: s3://${bucket}/${key}, ${sizeBytes.toLocaleString('en')} bytes${ARCHIVES.includes(storageClass) ? `, archived (${storageClass}): a job cannot read it before it is restored` : ''}`;

const presentLines = ({ feed }: LateRun, { listing }: Observation): string[] => {
  const others = feed.slots.flatMap(({ kind, name }) => {
    const count = listing.sources.filter(({ slot }) => slot === name).length;
    return kind === 'feed' && count > 0 ? [`- ${name}: ${count} ${count === 1 ? 'run' : 'runs'} succeeded`] : [];
  });
  const lines = [...others, ...firstOf(listing.files.map(fileLine))];
  return lines.length === 0 ? ['Nothing is there yet.'] : ['There already:', ...lines];
};

/** Writes what is missing and what is there; where it could not be asked, that is said instead. */
const observedLines = (late: LateRun): string[] => {
  const { feed, observed } = late;
  if (observed instanceof Error) {
    return [`It could not be found out what is missing: ${redactedLine(observed.message, NOTHING_CONFIDENTIAL)}`];
  }
  const missing = new Map(observed.missing.map((one) => [one.slot, one]));
  const lines = feed.slots.flatMap((slot) => {
    const one = missing.get(slot.name);
    return one === undefined ? [] : missingLines(one, slot, late, observed.sources);
  });
  return [
    ...(lines.length === 0 ? ['Nothing is missing: its job is about to be submitted.'] : ['Missing:', ...lines]),
    '',
    ...presentLines(late, observed),
  ];
};

/** Writes why a complete run does not start. */
const holdLines = ({ run, feed }: LateRun): string[] => [
  ...(run?.heldAt !== undefined && run.isReleased !== true
    ? ['The run is held, since it came in a burst. To run it:', `  breakaway release ${feed.name}`, '']
    : []),
];

/** Reports that a run is late: what it still needs, which run before it failed, and what is there. */
export const feedLate = (late: LateRun): NewAlert => {
  const { feed, key, dueAt, observed } = late;
  const names = observed instanceof Error ? '' : observed.missing.map(({ slot }) => slot).join(', ');
  return {
    kind: 'feed-late',
    subject: runKeyId(key),
    feed: key.feed,
    title: `${nameOf(key)} is late${names === '' ? '' : `: ${names} missing`}`,
    body: [
      `Run ${runKeyId(key)} was due at ${instantText(dueAt, feed.timeZone)}.`,
      '',
      ...holdLines(late),
      ...observedLines(late),
    ].join('\n'),
    remindEveryMs: feed.remindEveryMs,
  };
};

/**
 * Tells that a late run was complete in the end.
 *
 * @param at - when it was, where that is known
 */
export const feedArrived = (
  { key, feed, dueAt }: Pick<LateRun, 'key' | 'feed' | 'dueAt'>,
  at: Date | undefined,
): Closing => {
  const lateMs = at === undefined ? undefined : at.getTime() - dueAt.getTime();
  const how = lateMs === undefined || lateMs < 0 ? 'arrived' : `arrived ${durationText(lateMs)} late`;
  const due = `Run ${runKeyId(key)} was due at ${instantText(dueAt, feed.timeZone)}`;
  return {
    title: `${nameOf(key)} ${how}`,
    body:
      at === undefined
        ? `${due}, and has all that it waits for.`
        : `${due},\nand had all that it waits for at ${instantText(at, feed.timeZone)}.`,
  };
};

/** Tells that nobody waits for a run any longer. */
export const feedNeverCame = ({ key, feed, dueAt }: Pick<LateRun, 'key' | 'feed' | 'dueAt'>): Closing => ({
  title: `${nameOf(key)} never came`,
  body: [
    `Run ${runKeyId(key)} was due at ${instantText(dueAt, feed.timeZone)} and is no longer waited for.`,
    'What still comes of it is taken all the same.',
  ].join('\n'),
});
