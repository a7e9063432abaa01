/** All that there is to say of a run, in lines. Pure. */
import { instantText } from '../../shared/alerts/message.ts';
import { momentOf } from '../../shared/feeds/due.ts';
import type { Feed, Slot } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import { wantedUri } from '../../shared/feeds/wanted-uri.ts';
import { type Attempt, attemptsBegun, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { type LogLocation, logLocationOf } from '../../shared/jobs/log-location.ts';
import { createRedaction, redactedLine } from '../../shared/jobs/redaction.ts';
import type { Source } from '../../shared/runs/read-sources.ts';
import type { Arrival, Run } from '../../shared/runs/run.ts';
import { type MissingSlot, missingOf } from '../../shared/runs/state-machine.ts';

/** What is known of a run. */
export type RunReport = {
  readonly run: Run;
  /** Absent where it is no longer configured. */
  readonly feed?: Feed;
  readonly arrivals: readonly Arrival[];
  readonly tooSmall: readonly Arrival[];
  readonly sources: readonly Source[];
  readonly earlier: readonly Run[];
  /** As AWS Batch tells it now: absent where there is none, or it is forgotten there. */
  readonly job?: Job;
  /** Those that wait for it, and those that wait for them. */
  readonly held: readonly string[];
  readonly now: Date;
  readonly timeZone: string;
};

const MOST_FILES = 10;

/** What a job's environment holds is not in its reasons, but may be in its log's. */
const NOTHING_CONFIDENTIAL = createRedaction({ values: [], secretNames: [] });

const LABEL_WIDTH = 12;

const line = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)}${text}`;

/** Lists what a run that waits still needs. */
export const missingOfReport = ({ feed, run, now }: Pick<RunReport, 'feed' | 'run' | 'now'>): MissingSlot[] =>
  feed === undefined || run.state !== 'waiting' ? [] : missingOf(feed, run, now);

/** The attempt that goes on, or the last one: of a running job, AWS Batch lists only those that have ended. */
const newestAttempt = (job: Job): Attempt | undefined => {
  const isUnlisted = job.status === 'RUNNING' && job.attempts.at(-1)?.stoppedAt !== undefined;
  return isUnlisted ? { startedAt: job.startedAt, containers: job.ends } : lastAttempt(job);
};

/** Finds where the log of a job's newest attempt is. */
export const logLocationsOf = (job: Job): LogLocation[] =>
  (newestAttempt(job)?.containers ?? []).flatMap((end) => logLocationOf(job, end) ?? []);

const fileLines = (files: readonly Arrival[], remark: string): string[] => [
  ...files
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, MOST_FILES)
    .map(({ bucket, key, sizeBytes }) =>
      line('', `s3://${bucket}/${key} (${sizeBytes.toLocaleString('en')} bytes${remark})`),
    ),
  ...(files.length > MOST_FILES ? [line('', `and ${(files.length - MOST_FILES).toLocaleString('en')} more`)] : []),
];

const wanted = (
  slot: Slot,
  missing: MissingSlot | undefined,
  { run, feed, sources, timeZone }: RunReport,
): string[] => {
  switch (slot.kind) {
    case 'files':
      return [line('', `waits for ${wantedUri(slot.template, run.key)}`)];
    case 'feed':
      return sources
        .filter((source) => source.slot.name === slot.name)
        .map(({ key, found }) => line('', `waits for ${runKeyId(key)}, which is ${found?.state ?? 'not there yet'}`));
    case 'time':
      return [
        line(
          '',
          missing?.at === undefined
            ? 'waits for its time'
            : `waits until ${instantText(missing.at, feed?.timeZone ?? timeZone)}`,
        ),
      ];
  }
};

const slotLines = (slot: Slot, story: RunReport, missing: readonly MissingSlot[]): string[] => {
  const own = missing.find((one) => one.slot === slot.name);
  const have =
    slot.kind === 'time'
      ? Number(own === undefined && story.run.state === 'waiting')
      : (story.run.filled.get(slot.name) ?? 0);
  const optional = slot.optional ? ', optional' : '';
  const count = slot.kind === 'time' ? slot.at.text : `${have} of ${slot.min}`;
  const isOf = ({ slot: name }: Arrival): boolean => name === slot.name;
  return [
    line('slot', `${slot.name}: ${count}${optional}${own === undefined ? '' : ' - MISSING'}`),
    ...fileLines(story.arrivals.filter(isOf), ''),
    ...fileLines(story.tooSmall.filter(isOf), ', too small to count'),
    ...(own === undefined ? [] : wanted(slot, own, story)),
  ];
};

const claimLines = ({ run, timeZone, now }: RunReport): string[] => {
  const { claim } = run;
  if (claim === undefined) {
    return [];
  }
  const { owner, claimedAt, leaseUntil, request, problem } = claim;
  const lease =
    run.state === 'claimed'
      ? `, lease ${leaseUntil > now ? 'until' : 'over since'} ${instantText(leaseUntil, timeZone)}`
      : '';
  return [
    line('claim', `at ${instantText(claimedAt, timeZone)} by ${owner}${lease}`),
    ...(problem === undefined ? [] : [line('', problem)]),
    line('job name', request.jobName),
    line('queue', request.jobQueue),
    line('definition', request.jobDefinition),
  ];
};

const endOf = ({ containers, statusReason }: Attempt): string =>
  [
    ...containers.flatMap(({ exitCode, reason }) =>
      [exitCode === undefined ? [] : `exit code ${exitCode}`, reason ?? []].flat(),
    ),
    statusReason ?? [],
  ]
    .flat()
    .map((text) => redactedLine(text, NOTHING_CONFIDENTIAL))
    .join(', ');

const logLines = (job: Job): string[] =>
  logLocationsOf(job).flatMap(({ group, stream, region }) => [
    line('log', `${group} ${stream}`),
    line('', `aws logs get-log-events --region ${region} --log-group-name ${group} --log-stream-name ${stream}`),
  ]);

const batchLines = (job: Job): string[] => {
  const attempt = newestAttempt(job);
  const end = attempt === undefined ? '' : endOf(attempt);
  return [
    line(
      'in Batch',
      `${job.status}${job.statusReason === undefined ? '' : `: ${redactedLine(job.statusReason, NOTHING_CONFIDENTIAL)}`}`,
    ),
    line('attempt', `${attemptsBegun(job)} of ${job.attemptsAllowed}${end === '' ? '' : `: ${end}`}`),
    ...logLines(job),
  ];
};

const jobLines = ({ run, job, timeZone }: RunReport): string[] => {
  const known = run.job;
  if (known === undefined) {
    return [];
  }
  const { id, submittedAt, startedAt, stoppedAt, attempts, exitCode, reason, progress, unknownSince } = known;
  const ended = [exitCode === undefined ? [] : `exit code ${exitCode}`, reason ?? []].flat().join(', ');
  return [
    line('job', `${id}, submitted ${instantText(submittedAt, timeZone)}`),
    ...(startedAt === undefined
      ? []
      : [
          line(
            'started',
            `${instantText(startedAt, timeZone)}${attempts === undefined ? '' : `, attempt ${attempts}`}`,
          ),
        ]),
    ...(progress === undefined
      ? []
      : [line('progress', `${progress.percent} % ${progress.text} (${instantText(progress.at, timeZone)})`)]),
    ...(stoppedAt === undefined ? [] : [line('ended', instantText(stoppedAt, timeZone))]),
    ...(ended === '' ? [] : [line('reason', redactedLine(ended, NOTHING_CONFIDENTIAL))]),
    ...(unknownSince === undefined
      ? []
      : [line('unknown', `to AWS Batch since ${instantText(unknownSince, timeZone)}`)]),
    ...(job === undefined
      ? [line('in Batch', 'not known there (any more): it keeps ended jobs for seven days')]
      : batchLines(job)),
  ];
};

const nextLines = ({ run, feed }: RunReport, missing: readonly MissingSlot[]): string[] =>
  run.state === 'waiting' && run.wouldSubmitAt === undefined && feed !== undefined && missing.length === 0
    ? [line('next', 'it is complete: check-arrivals submits it within minutes, `breakaway replay` at once')]
    : [];

const heldLines = ({ held, run }: RunReport): string[] =>
  held.map((id, index) => line(index === 0 ? (run.state === 'succeeded' ? 'released' : 'held') : '', id));

const earlierLines = ({ earlier, timeZone }: RunReport): string[] =>
  earlier.map(({ generation, state, job, openedAt }) =>
    line(
      'before',
      `generation ${generation}: ${state}, opened ${instantText(openedAt, timeZone)}${job === undefined ? '' : `, job ${job.id}`}`,
    ),
  );

const dueLines = ({ feed, run }: RunReport): string[] =>
  feed?.due === undefined || run.key.date === undefined
    ? []
    : [line('due', instantText(momentOf(feed.due, run.key.date, feed.timeZone), feed.timeZone))];

/** Tells the story of a run. */
export const reportLines = (story: RunReport): string[] => {
  const { run, feed, timeZone } = story;
  const missing = missingOfReport(story);
  return [
    `Run ${runKeyId(run.key)}, generation ${run.generation}: ${run.state}`,
    line('opened', instantText(run.openedAt, timeZone)),
    ...dueLines(story),
    ...(feed === undefined
      ? [line('feed', 'is not configured (any more)')]
      : feed.slots.flatMap((slot) => slotLines(slot, story, missing))),
    ...(run.wouldSubmitAt === undefined
      ? []
      : [line('shadow', `complete at ${instantText(run.wouldSubmitAt, timeZone)}; nothing is submitted`)]),
    ...nextLines(story, missing),
    ...claimLines(story),
    ...(run.refusal === undefined ? [] : [line('refused', run.refusal)]),
    ...jobLines(story),
    ...(run.rerunRequestedAt === undefined
      ? []
      : [line('rerun', `asked for at ${instantText(run.rerunRequestedAt, timeZone)}; comes after this one`)]),
    ...earlierLines(story),
    ...heldLines(story),
  ];
};

/** The same for programs. */
export const reportJson = (story: RunReport) => {
  const { run, feed, arrivals, tooSmall, sources, earlier, job, held } = story;
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
      have: run.filled.get(name) ?? 0,
      need: min,
    })),
    missing: missingOfReport(story).map(({ slot }) => slot),
    files: arrivals.map(({ slot, bucket, key, etag, sizeBytes }) => ({
      slot,
      uri: `s3://${bucket}/${key}`,
      etag,
      sizeBytes,
    })),
    tooSmall: tooSmall.map(({ slot, bucket, key, sizeBytes }) => ({ slot, uri: `s3://${bucket}/${key}`, sizeBytes })),
    sources: sources.map(({ slot, key, found }) => ({
      slot: slot.name,
      run: runKeyId(key),
      state: found?.state ?? null,
    })),
    ...(run.claim === undefined
      ? {}
      : {
          claim: {
            owner: run.claim.owner,
            claimedAt: run.claim.claimedAt,
            leaseUntil: run.claim.leaseUntil,
            jobName: run.claim.request.jobName,
            queue: run.claim.request.jobQueue,
            definition: run.claim.request.jobDefinition,
          },
        }),
    ...(run.job === undefined ? {} : { job: run.job }),
    ...(job === undefined
      ? {}
      : { batch: { id: job.id, status: job.status, attempts: attemptsBegun(job), logs: logLocationsOf(job) } }),
    ...(run.refusal === undefined ? {} : { refusal: run.refusal }),
    earlier: earlier.map(({ generation, state }) => ({ generation, state })),
    held,
  };
};
