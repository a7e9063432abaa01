/** The notifications of a late run, and of its end. Pure. */
import type { Closing, NewAlert } from '../../shared/alerts/alert.ts';
import { durationText, instantText } from '../../shared/alerts/message.ts';
import type { Feed, Slot } from '../../shared/feeds/feed.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { wantedUri } from '../../shared/feeds/wanted-uri.ts';
import { createRedaction, redactedLine } from '../../shared/jobs/redaction.ts';
import type { RunRead } from '../../shared/runs/ledger.ts';
import type { Source } from '../../shared/runs/read-sources.ts';
import type { Arrival, Run } from '../../shared/runs/run.ts';
import { type MissingSlot, missingOf } from '../../shared/runs/state-machine.ts';

/** More do not fit on a phone. */
const MAX_NAMED = 10;

/** A late run, and why it is late. */
export type LateRun = {
  readonly feed: Feed;
  readonly key: RunKey;
  readonly dueAt: Date;
  readonly read: RunRead;
  /** The runs that its open slots wait for. */
  readonly sources: readonly Source[];
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
      return run.wouldSubmitAt === undefined ? 'still waits itself' : 'is left to others by its shadow feed';
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

const missingLines = ({ at, have, need }: MissingSlot, slot: Slot, { feed, key, sources }: LateRun): string[] => {
  const more = need === 1 ? '' : ` (${have} of ${need})`;
  switch (slot.kind) {
    case 'files': {
      const size = slot.minBytes > 0 ? `, at least ${slot.minBytes.toLocaleString('en')} bytes` : '';
      return [
        `- ${slot.name}${more}: ${need === 1 ? 'a file' : 'files'} like`,
        `  ${wantedUri(slot.template, key)}${size}`,
      ];
    }
    case 'feed':
      return [`- ${slot.name}${more}: the success of feed ${slot.feed}`, ...sourceLines(slot, sources)];
    case 'time':
      return [`- ${slot.name}: comes${at === undefined ? '' : ` at ${instantText(at, feed.timeZone)}`}`];
  }
};

const arrivalLine = ({ slot, bucket, key, sizeBytes }: Arrival): string =>
  `- ${slot}: s3://${bucket}/${key}, ${sizeBytes.toLocaleString('en')} bytes`;

const cameLines = ({ feed, read }: LateRun): string[] => {
  const { run, arrivals = [], tooSmall = [] } = read;
  const others = feed.slots.flatMap(({ kind, name }) => {
    const count = run.filled.get(name) ?? 0;
    return kind === 'feed' && count > 0 ? [`- ${name}: ${count} ${count === 1 ? 'run' : 'runs'} succeeded`] : [];
  });
  const lines = [
    ...others,
    ...firstOf(arrivals.map(arrivalLine)),
    ...firstOf(tooSmall.map((arrival) => `${arrivalLine(arrival)}, which is too small`)),
  ];
  return lines.length === 0 ? ['Nothing has come.'] : ['What has come:', ...lines];
};

const linesBySlot = (late: LateRun, missing: readonly MissingSlot[]): string[] => {
  const bySlot = new Map(missing.map((one) => [one.slot, one]));
  return late.feed.slots.flatMap((slot) => {
    const one = bySlot.get(slot.name);
    return one === undefined ? [] : missingLines(one, slot, late);
  });
};

/** Tells that a run is late: what it still needs, which run before it failed, and what has come. */
export const feedLate = (late: LateRun): NewAlert => {
  const { feed, key, dueAt, now } = late;
  const missing = missingOf(feed, late.read.run, now);
  const names = missing.map(({ slot }) => slot).join(', ');
  return {
    kind: 'feed-late',
    subject: runKeyId(key),
    feed: key.feed,
    title: `${nameOf(key)} is late${names === '' ? '' : `: ${names} missing`}`,
    body: [
      `Run ${runKeyId(key)} was due at ${instantText(dueAt, feed.timeZone)}.`,
      '',
      ...(missing.length === 0 ? ['Nothing is missing: its job is about to be submitted.'] : ['Missing:']),
      ...linesBySlot(late, missing),
      '',
      ...cameLines(late),
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

/** The closing of an alert whose run is not awaited any longer. */
export const feedNeverCame = ({ key, feed, dueAt }: Pick<LateRun, 'key' | 'feed' | 'dueAt'>): Closing => ({
  title: `${nameOf(key)} never came`,
  body: [
    `Run ${runKeyId(key)} was due at ${instantText(dueAt, feed.timeZone)} and is no longer waited for.`,
    'What still comes of it is taken all the same.',
  ].join('\n'),
});
