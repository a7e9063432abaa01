/** Everything that is known about a run, as lines of text or as JSON. Pure. */
import { instantText } from '../../shared/alerts/message.ts';
import type { CommandNote } from '../../shared/aws/run-commands.ts';
import { momentOf } from '../../shared/feeds/due.ts';
import type { Feed, Slot } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { wantedUri } from '../../shared/feeds/wanted-uri.ts';
import { type Attempt, attemptsBegun, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { type LogLocation, logLocationOf } from '../../shared/jobs/log-location.ts';
import { createRedaction, redactedLine } from '../../shared/jobs/redaction.ts';
import { changesSince, type ListedFile, type Listing } from '../../shared/runs/listing.ts';
import type { MissingSlot, Source } from '../../shared/runs/observe-run.ts';
import type { Run } from '../../shared/runs/run.ts';
import { changedNames } from '../../shared/runs/run-alerts.ts';
import type { Observed } from '../observations.ts';

export type RunReport = {
  readonly run: Run;
  /** Absent when the configuration no longer has the feed. */
  readonly feed?: Feed;
  /** What S3 and the ledger hold for the run now, or why they could not be asked. */
  readonly observed?: Observed;
  /** The files that the job of each generation was given, by the generation; absent where that is not known. */
  readonly manifests: ReadonlyMap<number, Listing>;
  readonly earlier: readonly Run[];
  /** What people did to the run. */
  readonly notes: readonly CommandNote[];
  /** The job in AWS Batch; absent before submission and when AWS Batch has forgotten it. */
  readonly job?: Job;
  /** The runs that wait for this one, directly or through another run. */
  readonly dependents: readonly string[];
  readonly now: Date;
  readonly timeZone: string;
};

const MAX_FILES = 10;

/** The reason of a job does not contain values of its environment, so none of them is redacted. */
const REDACTION = createRedaction({ values: [], secretNames: [] });

const LABEL_WIDTH = 12;

const line = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)}${text}`;

const optionalLine = <Value>(label: string, value: Value | undefined, textOf: (value: Value) => string): string[] =>
  value === undefined ? [] : [line(label, textOf(value))];

/** Lists the slots that a waiting run still needs. */
const missingOfReport = ({ observed, run }: Pick<RunReport, 'observed' | 'run'>): readonly MissingSlot[] =>
  observed === undefined || observed instanceof Error || run.state !== 'waiting' ? [] : observed.missing;

const filesOf = ({ observed }: RunReport): readonly ListedFile[] =>
  observed === undefined || observed instanceof Error ? [] : observed.listing.files;

const usedSources = ({ observed }: RunReport) =>
  observed === undefined || observed instanceof Error ? [] : observed.listing.sources;

const sourcesOf = ({ observed }: RunReport): readonly Source[] =>
  observed === undefined || observed instanceof Error ? [] : observed.sources;

/** Finds the current or last attempt. AWS Batch does not list the current one. */
const newestAttempt = (job: Job): Attempt | undefined => {
  const isUnlisted = job.status === 'RUNNING' && job.attempts.at(-1)?.stoppedAt !== undefined;
  return isUnlisted ? { startedAt: job.startedAt, containers: job.ends } : lastAttempt(job);
};

/** Finds the logs of a job's newest attempt. */
const logLocationsOf = (job: Job): LogLocation[] =>
  (newestAttempt(job)?.containers ?? []).flatMap((end) => logLocationOf(job, end) ?? []);

const ARCHIVES: readonly (string | undefined)[] = ['GLACIER', 'DEEP_ARCHIVE'];

const archivedText = ({ storageClass }: ListedFile): string =>
  ARCHIVES.includes(storageClass) ? `, archived in ${storageClass}: restore it before a job reads it` : '';

const fileLines = (files: readonly ListedFile[]): string[] => [
  ...files
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, MAX_FILES)
    .map((file) =>
      line('', `s3://${file.bucket}/${file.key} (${file.sizeBytes.toLocaleString('en')} bytes${archivedText(file)})`),
    ),
  ...(files.length > MAX_FILES ? [line('', `and ${(files.length - MAX_FILES).toLocaleString('en')} more`)] : []),
];

const waitLines = (slot: Slot, { at }: MissingSlot, report: RunReport): string[] => {
  const { run, feed, timeZone } = report;
  switch (slot.kind) {
    case 'files':
      return [line('', `waits for ${wantedUri(slot.template, run.key)}`)];
    case 'feed':
      return sourcesOf(report)
        .filter((source) => source.slot.name === slot.name)
        .map(({ key, found }) => line('', `waits for ${runKeyId(key)}, which ${sourceText(found)}`));
    case 'time':
      return [
        line(
          '',
          at === undefined ? 'waits for its time' : `waits until ${instantText(at, feed?.timeZone ?? timeZone)}`,
        ),
      ];
  }
};

const sourceText = (found: Run | undefined): string =>
  found === undefined ? 'does not exist yet' : `is ${found.state}`;

/** Counts the files, or the succeeded runs, that fill a slot now. */
const haveOf = ({ name }: Slot, { observed }: RunReport): number => {
  if (observed === undefined || observed instanceof Error) {
    return 0;
  }
  const { files, sources } = observed.listing;
  return [...files, ...sources].filter(({ slot }) => slot === name).length;
};

const slotLines = (slot: Slot, report: RunReport, missing: readonly MissingSlot[]): string[] => {
  const own = missing.find((one) => one.slot === slot.name);
  const optional = slot.optional ? ', optional' : '';
  const files = filesOf(report).filter((file) => file.slot === slot.name);
  const count = slot.kind === 'time' ? slot.at.text : `${haveOf(slot, report)} of ${slot.min}`;
  return [
    line('slot', `${slot.name}: ${count}${optional}${own === undefined ? '' : ' - MISSING'}`),
    ...fileLines(files),
    ...(own?.tooSmall === undefined ? [] : [line('', `and ${own.tooSmall} smaller than minBytes`)]),
    ...(own === undefined ? [] : waitLines(slot, own, report)),
  ];
};

const claimLines = ({ run, timeZone, now }: RunReport): string[] => {
  const { claim } = run;
  if (claim === undefined) {
    return [];
  }
  const { owner, claimedAt, leaseUntil, jobName, queue, definition } = claim;
  const lease =
    run.state === 'claimed'
      ? `, lease ${leaseUntil > now ? 'until' : 'expired at'} ${instantText(leaseUntil, timeZone)}`
      : '';
  return [
    line('claim', `at ${instantText(claimedAt, timeZone)} by ${owner}${lease}`),
    line('job name', jobName),
    line('queue', queue),
    line('definition', definition),
  ];
};

const exitCodeText = (exitCode: number): string => `exit code ${exitCode}`;

const endOf = ({ containers, statusReason }: Attempt): string =>
  [
    ...containers.flatMap(({ exitCode, reason }) => [
      exitCode === undefined ? undefined : exitCodeText(exitCode),
      reason,
    ]),
    statusReason,
  ]
    .filter((text) => text !== undefined)
    .map((text) => redactedLine(text, REDACTION))
    .join(', ');

const logLines = (job: Job): string[] =>
  logLocationsOf(job).flatMap(({ group, stream, region }) => [
    line('log', `${group} ${stream}`),
    line('', `aws logs get-log-events --region ${region} --log-group-name ${group} --log-stream-name ${stream}`),
  ]);

const batchLines = (job: Job | undefined): string[] => {
  if (job === undefined) {
    return [line('in Batch', 'not found: AWS Batch keeps ended jobs for seven days')];
  }
  const attempt = newestAttempt(job);
  const end = attempt === undefined ? '' : endOf(attempt);
  const reason = job.statusReason === undefined ? '' : `: ${redactedLine(job.statusReason, REDACTION)}`;
  return [
    line('in Batch', `${job.status}${reason}`),
    line('attempt', `${attemptsBegun(job)} of ${job.attemptsAllowed}${end === '' ? '' : `: ${end}`}`),
    ...logLines(job),
  ];
};

const jobLines = ({ run, job, timeZone }: RunReport): string[] => {
  if (run.job === undefined) {
    return [];
  }
  const { id, submittedAt, startedAt, stoppedAt, attempts, exitCode, reason, progress, unknownSince } = run.job;
  const timeText = (at: Date): string => instantText(at, timeZone);
  const ended = [exitCode === undefined ? [] : exitCodeText(exitCode), reason ?? []].flat().join(', ');
  return [
    line('job', `${id}, submitted ${timeText(submittedAt)}`),
    ...optionalLine(
      'started',
      startedAt,
      (at) => `${timeText(at)}${attempts === undefined ? '' : `, attempt ${attempts}`}`,
    ),
    ...optionalLine('progress', progress, ({ percent, text, at }) => `${percent} % ${text} (${timeText(at)})`),
    ...optionalLine('ended', stoppedAt, timeText),
    ...(ended === '' ? [] : [line('reason', redactedLine(ended, REDACTION))]),
    ...optionalLine('unknown', unknownSince, (at) => `to AWS Batch since ${timeText(at)}`),
    ...batchLines(job),
  ];
};

const nextLines = ({ run, feed }: RunReport, missing: readonly MissingSlot[]): string[] =>
  run.state === 'waiting' && run.shadowAt === undefined && feed !== undefined && missing.length === 0
    ? [line('next', 'complete: check-arrivals submits it within minutes, `breakaway replay` immediately')]
    : [];

const dependentLines = ({ dependents }: RunReport): string[] =>
  dependents.map((id, index) => line(index === 0 ? 'needed by' : '', id));

const earlierLines = ({ earlier, timeZone }: RunReport): string[] =>
  earlier.map(({ generation, state, job, openedAt }) =>
    line(
      'earlier',
      `generation ${generation}: ${state}, opened ${instantText(openedAt, timeZone)}${job === undefined ? '' : `, job ${job.id}`}`,
    ),
  );

const dueLines = ({ feed, run }: RunReport): string[] =>
  feed?.due === undefined || run.key.date === undefined
    ? []
    : [line('due', instantText(momentOf(feed.due, run.key.date, feed.timeZone), feed.timeZone))];

/** What the newest job was given, and what changed since. */
const givenLines = ({ run, manifests, observed }: RunReport): string[] => {
  const manifest = manifests.get(run.generation);
  if (run.fileCount === undefined) {
    return [];
  }
  if (manifest === undefined) {
    return [line('given', `${run.fileCount} files; the list of them is not there any more`)];
  }
  const changes =
    observed === undefined || observed instanceof Error ? [] : changedNames(changesSince(manifest, observed.listing));
  return [
    line('given', `${run.fileCount} ${run.fileCount === 1 ? 'file' : 'files'}`),
    ...(changes.length === 0
      ? []
      : [
          line('since then', `${changes.length} new or changed`),
          ...changes.slice(0, MAX_FILES).map((name) => line('', name)),
        ]),
  ];
};

const noteLines = ({ notes, timeZone }: RunReport): string[] =>
  notes.map(({ at, who, command, why }) =>
    line('command', `${instantText(at, timeZone)} ${command} by ${who}${why === '' ? '' : `: ${why}`}`),
  );

const unaskedLines = ({ observed }: RunReport): string[] =>
  observed instanceof Error ? [line('could not', `look into S3: ${observed.message}`)] : [];

/** Writes the report as lines. */
export const reportLines = (report: RunReport): string[] => {
  const { run, feed, timeZone } = report;
  const missing = missingOfReport(report);
  return [
    `Run ${runKeyId(run.key)}, generation ${run.generation}: ${run.state}`,
    line('opened', instantText(run.openedAt, timeZone)),
    ...dueLines(report),
    ...(feed === undefined
      ? [line('feed', 'no longer in the configuration')]
      : feed.slots.flatMap((slot) => slotLines(slot, report, missing))),
    ...unaskedLines(report),
    ...optionalLine('shadow', run.shadowAt, (at) => `complete at ${instantText(at, timeZone)}; its job is not started`),
    ...nextLines(report, missing),
    ...claimLines(report),
    ...optionalLine('refused', run.refusal, (refusal) => refusal),
    ...jobLines(report),
    ...givenLines(report),
    ...noteLines(report),
    ...earlierLines(report),
    ...dependentLines(report),
  ];
};

/** Writes the report as JSON. */
export const reportJson = (report: RunReport) => {
  const { run, feed, earlier, job, dependents, manifests, notes } = report;
  const { claim } = run;
  return {
    run: runKeyId(run.key),
    ...run.key,
    state: run.state,
    generation: run.generation,
    openedAt: run.openedAt,
    isConfigured: feed !== undefined,
    slots: (feed?.slots ?? []).map(({ name, kind, optional, min }) => ({
      name,
      kind,
      optional,
      have: [...filesOf(report), ...usedSources(report)].filter(({ slot }) => slot === name).length,
      need: min,
    })),
    missing: missingOfReport(report).map(({ slot }) => slot),
    files: filesOf(report).map(({ slot, bucket, key, etag, sizeBytes }) => ({
      slot,
      uri: `s3://${bucket}/${key}`,
      etag,
      sizeBytes,
    })),
    given: manifests.get(run.generation)?.files.map(({ bucket, key }) => `s3://${bucket}/${key}`) ?? null,
    notes,
    sources: sourcesOf(report).map(({ slot, key, found }) => ({
      slot: slot.name,
      run: runKeyId(key),
      state: found?.state ?? null,
    })),
    ...(claim && {
      claim: {
        owner: claim.owner,
        claimedAt: claim.claimedAt,
        leaseUntil: claim.leaseUntil,
        jobName: claim.jobName,
        queue: claim.queue,
        definition: claim.definition,
      },
    }),
    ...(run.job && { job: run.job }),
    ...(job && {
      batch: { id: job.id, status: job.status, attempts: attemptsBegun(job), logs: logLocationsOf(job) },
    }),
    ...(run.refusal === undefined ? {} : { refusal: run.refusal }),
    earlier: earlier.map(({ generation, state, fileCount }) => ({ generation, state, files: fileCount ?? null })),
    held: dependents,
  };
};
