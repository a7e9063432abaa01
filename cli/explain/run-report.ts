/** Everything that is known about a run, as lines of text or as JSON. Pure. */
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

export type RunReport = {
  readonly run: Run;
  /** Absent when the configuration no longer has the feed. */
  readonly feed?: Feed;
  readonly arrivals: readonly Arrival[];
  readonly tooSmall: readonly Arrival[];
  readonly sources: readonly Source[];
  readonly earlier: readonly Run[];
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
const missingOfReport = ({ feed, run, now }: Pick<RunReport, 'feed' | 'run' | 'now'>): MissingSlot[] =>
  feed === undefined || run.state !== 'waiting' ? [] : missingOf(feed, run, now);

/** Finds the current or last attempt. AWS Batch does not list the current one. */
const newestAttempt = (job: Job): Attempt | undefined => {
  const isUnlisted = job.status === 'RUNNING' && job.attempts.at(-1)?.stoppedAt !== undefined;
  return isUnlisted ? { startedAt: job.startedAt, containers: job.ends } : lastAttempt(job);
};

/** Finds the logs of a job's newest attempt. */
const logLocationsOf = (job: Job): LogLocation[] =>
  (newestAttempt(job)?.containers ?? []).flatMap((end) => logLocationOf(job, end) ?? []);

const fileLines = (files: readonly Arrival[], remark: string): string[] => [
  ...files
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, MAX_FILES)
    .map(({ bucket, key, sizeBytes }) =>
      line('', `s3://${bucket}/${key} (${sizeBytes.toLocaleString('en')} bytes${remark})`),
    ),
  ...(files.length > MAX_FILES ? [line('', `and ${(files.length - MAX_FILES).toLocaleString('en')} more`)] : []),
];

const waitLines = (slot: Slot, { at }: MissingSlot, { run, feed, sources, timeZone }: RunReport): string[] => {
  switch (slot.kind) {
    case 'files':
      return [line('', `waits for ${wantedUri(slot.template, run.key)}`)];
    case 'feed':
      return sources
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

const slotLines = (slot: Slot, report: RunReport, missing: readonly MissingSlot[]): string[] => {
  const own = missing.find((one) => one.slot === slot.name);
  const optional = slot.optional ? ', optional' : '';
  const count = slot.kind === 'time' ? slot.at.text : `${report.run.filled.get(slot.name) ?? 0} of ${slot.min}`;
  const isOf = ({ slot: name }: Arrival): boolean => name === slot.name;
  return [
    line('slot', `${slot.name}: ${count}${optional}${own === undefined ? '' : ' - MISSING'}`),
    ...fileLines(report.arrivals.filter(isOf), ''),
    ...fileLines(report.tooSmall.filter(isOf), ', smaller than minBytes'),
    ...(own === undefined ? [] : waitLines(slot, own, report)),
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
      ? `, lease ${leaseUntil > now ? 'until' : 'expired at'} ${instantText(leaseUntil, timeZone)}`
      : '';
  return [
    line('claim', `at ${instantText(claimedAt, timeZone)} by ${owner}${lease}`),
    ...(problem === undefined ? [] : [line('', problem)]),
    line('job name', request.jobName),
    line('queue', request.jobQueue),
    line('definition', request.jobDefinition),
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
  run.state === 'waiting' && run.wouldSubmitAt === undefined && feed !== undefined && missing.length === 0
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
    ...optionalLine(
      'shadow',
      run.wouldSubmitAt,
      (at) => `complete at ${instantText(at, timeZone)}; its job is not started`,
    ),
    ...nextLines(report, missing),
    ...claimLines(report),
    ...optionalLine('refused', run.refusal, (refusal) => refusal),
    ...jobLines(report),
    ...optionalLine(
      'rerun',
      run.rerunRequestedAt,
      (at) => `requested at ${instantText(at, timeZone)}; starts when this run has ended`,
    ),
    ...earlierLines(report),
    ...dependentLines(report),
  ];
};

/** Writes the report as JSON. */
export const reportJson = (report: RunReport) => {
  const { run, feed, arrivals, tooSmall, sources, earlier, job, dependents } = report;
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
      have: run.filled.get(name) ?? 0,
      need: min,
    })),
    missing: missingOfReport(report).map(({ slot }) => slot),
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
    ...(claim && {
      claim: {
        owner: claim.owner,
        claimedAt: claim.claimedAt,
        leaseUntil: claim.leaseUntil,
        jobName: claim.request.jobName,
        queue: claim.request.jobQueue,
        definition: claim.request.jobDefinition,
      },
    }),
    ...(run.job && { job: run.job }),
    ...(job && {
      batch: { id: job.id, status: job.status, attempts: attemptsBegun(job), logs: logLocationsOf(job) },
    }),
    ...(run.refusal === undefined ? {} : { refusal: run.refusal }),
    earlier: earlier.map(({ generation, state }) => ({ generation, state })),
    held: dependents,
  };
};
