/** The alerts of runs: a run needs a person, or its feed asks for a notification. Pure: `shared/alerts` sends them. */
import type { NewAlert } from '../alerts/alert.ts';
import { durationText } from '../alerts/message.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { failureSubject } from '../jobs/failure-subject.ts';
import type { Job } from '../jobs/job.ts';
import type { Arrival, Claim, JobRequest, Run, RunJob, Success } from './run.ts';

const titleOf = ({ feed, date }: RunKey): string => (date === undefined ? feed : `${feed} ${date}`);

const subjectOf = (run: Run): string => `${runKeyId(run.key)}#${run.generation}`;

const described = (run: Run): string => `Run ${runKeyId(run.key)}, generation ${run.generation}`;

/** Tells that Batch will not take the job of a run. */
export const submitRefused = (run: Run, request: JobRequest, reason: string): NewAlert => ({
  kind: 'submit-refused',
  subject: subjectOf(run),
  feed: run.key.feed,
  queue: request.jobQueue,
  title: `${titleOf(run.key)}: the job was refused`,
  body: [
    `${described(run)} is complete, but its job cannot be submitted.`,
    '',
    `Queue: ${request.jobQueue}`,
    `Job definition: ${request.jobDefinition}`,
    `Reason: ${reason}`,
    '',
    'Nothing is tried again by itself. Mend the queue, the definition, the permission or the configuration, then replay the run.',
  ].join('\n'),
});

/**
 * The alert of a run whose job may have been submitted once, or not, which cannot be found out any more.
 *
 * The jobs are part of the subject, since what is open already is not told again: not that Batch refuses a look-up, nor that there are two.
 *
 * @param jobIds - the jobs that are known: none when Batch has forgotten, two when there is one too many
 */
export const claimLost = (run: Run, { request, claimedAt }: Claim, jobIds: readonly string[]): NewAlert => ({
  kind: 'claim-lost',
  subject: [subjectOf(run), ...jobIds.toSorted()].join('#'),
  feed: run.key.feed,
  queue: request.jobQueue,
  title: `${titleOf(run.key)}: ${jobIds.length > 1 ? 'two jobs run' : 'it is not known whether the job ran'}`,
  body: [
    jobIds.length > 1
      ? `${described(run)} has more than one job: ${jobIds.join(', ')}. Terminate the later one, unless it may run twice.`
      : `${described(run)} was claimed at ${claimedAt.toISOString()}, and neither the ledger nor Batch knows of its job.`,
    '',
    `Job name: ${request.jobName}`,
    `Queue: ${request.jobQueue}`,
    ...(jobIds.length > 1 ? [] : ['', "Look whether the job's output is there. If it is not, replay the run."]),
  ].join('\n'),
});

/** Tells that Batch does not let anybody look for the job of a run that may have been submitted. */
export const lookUpRefused = (run: Run, { request }: Claim, reason: string): NewAlert => ({
  kind: 'claim-lost',
  subject: `${subjectOf(run)}#look-up`,
  feed: run.key.feed,
  queue: request.jobQueue,
  title: `${titleOf(run.key)}: it is not known whether the job was submitted`,
  body: [
    `${described(run)} was claimed, and Batch refuses to say whether its job is there.`,
    '',
    `Job name: ${request.jobName}`,
    `Queue: ${request.jobQueue}`,
    `Reason: ${reason}`,
    '',
    'It is asked again by itself. Mend the queue or the permission; then the job is found, or submitted.',
  ].join('\n'),
});

/** Tells that Batch has a job of a run that has none, as far as the ledger knows. */
export const jobUnexpected = (run: Run, jobId: string): NewAlert => ({
  kind: 'claim-lost',
  subject: `${subjectOf(run)}#${jobId}`,
  ...routing(run),
  title: `${titleOf(run.key)}: a job runs that was not submitted`,
  body: [
    `${described(run)} is ${run.state}, but AWS Batch has a job of its name: ${jobId}.`,
    '',
    'Terminate it if it was not meant to run, or do not replay the run if it was.',
  ].join('\n'),
});

/**
 * Tells that a file changed, or came, after its run had been claimed.
 *
 * Each writing is an alert of its own, also one that brings an earlier content back.
 */
export const fileOverwritten = (
  run: Run,
  { slot, bucket, key, etag, sizeBytes, writtenAt }: Arrival & { readonly writtenAt?: Date },
): NewAlert => ({
  kind: 'file-overwritten',
  subject: [subjectOf(run), `s3://${bucket}/${key}`, etag, ...(writtenAt ? [writtenAt.toISOString()] : [])].join('#'),
  feed: run.key.feed,
  title: `${titleOf(run.key)}: a file came after the run was submitted`,
  body: [
    `${described(run)} was ${run.state} when this file came or was written again:`,
    '',
    `s3://${bucket}/${key}`,
    `Slot: ${slot}`,
    `Size: ${sizeBytes} bytes`,
    '',
    'The job may have read the old content. Replay the run if the new one matters.',
  ].join('\n'),
});

/** Tells that a run, which fills a slot of another, succeeded again or late: after the other had been claimed. */
export const sourceRanAgain = (run: Run, { slot, source, generation }: Success): NewAlert => ({
  kind: 'file-overwritten',
  subject: `${subjectOf(run)}#${runKeyId(source)}#${generation}`,
  feed: run.key.feed,
  title: `${titleOf(run.key)}: ${source.feed} ran again after the run was submitted`,
  body: [
    `${described(run)} was ${run.state} when this run, which it waits for, succeeded:`,
    '',
    `${runKeyId(source)}, generation ${generation}`,
    `Slot: ${slot}`,
    '',
    'The job may have read the old results. Replay the run if the new ones matter.',
  ].join('\n'),
});

/** Names a run's job, its queue and its definition, as far as they are known. */
const jobLines = ({ claim, job }: Run): string[] => [
  ...(claim === undefined
    ? []
    : [
        `Job: ${claim.request.jobName}`,
        `Queue: ${claim.request.jobQueue}`,
        `Job definition: ${claim.request.jobDefinition}`,
      ]),
  ...(job === undefined ? [] : [`Job id: ${job.id}`]),
];

const routing = ({ key, claim }: Run): Pick<NewAlert, 'feed' | 'queue'> => ({
  feed: key.feed,
  ...(claim === undefined ? {} : { queue: claim.request.jobQueue }),
});

/** Tells that the job of a run has begun to run, where a feed asks for it. */
export const jobStarted = (run: Run): NewAlert => ({
  kind: 'job-started',
  subject: subjectOf(run),
  ...routing(run),
  title: `${titleOf(run.key)}: the job has started`,
  body: [`${described(run)} is running.`, '', ...jobLines(run)].join('\n'),
});

const ranFor = ({ startedAt, stoppedAt }: Partial<RunJob>): string =>
  startedAt === undefined || stoppedAt === undefined
    ? ''
    : `, after ${durationText(stoppedAt.getTime() - startedAt.getTime())}`;

/** Tells that the job of a run has ended well, where a feed asks for it. */
export const jobSucceeded = (run: Run): NewAlert => ({
  kind: 'job-succeeded',
  subject: subjectOf(run),
  ...routing(run),
  title: `${titleOf(run.key)}: the job has succeeded${ranFor(run.job ?? {})}`,
  body: [`${described(run)} is done.`, '', ...jobLines(run)].join('\n'),
});

/**
 * The alert of a job that failed some time ago, and whose event was lost.
 *
 * The subject is that of the message with the reason and the log, so that a late event does not tell it twice.
 *
 * @param reason - as Batch says it, without what is confidential
 */
export const jobFailedUnheard = (
  run: Run,
  job: Pick<Job, 'id' | 'attempts' | 'status'>,
  reason: string | undefined,
): NewAlert => ({
  kind: 'job-failed',
  subject: failureSubject(job),
  ...routing(run),
  title: `${titleOf(run.key)}: the job failed`,
  body: [
    `${described(run)} has failed. Its event was lost; AWS Batch was asked.`,
    '',
    ...jobLines(run),
    ...(reason === undefined ? [] : [`Status reason: ${reason}`]),
    '',
    "The end of its log is on the job's page in the console.",
  ].join('\n'),
});

/** The alert of a job that AWS Batch does not know any more, so that its end is unknown. */
export const jobGone = (run: Run, { id }: Pick<RunJob, 'id'>): NewAlert => ({
  kind: 'job-failed',
  subject: `${id}#gone`,
  ...routing(run),
  title: `${titleOf(run.key)}: the job is gone`,
  body: [
    `AWS Batch does not know the job of ${described(run).replace('Run', 'run')} any more, and no event told how it ended. The run counts as failed.`,
    '',
    ...jobLines(run),
    '',
    "Look whether the job's output is there. If it is not, replay the run.",
  ].join('\n'),
});
