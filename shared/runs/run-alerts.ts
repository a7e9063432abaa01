/** What people are told when a run needs them, or when they asked to be. Pure: `shared/alerts` tells it. */
import { createHash } from 'node:crypto';
import type { NewAlert } from '../alerts/alert.ts';
import { durationText } from '../alerts/message.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import { failureSubject } from '../jobs/failure-subject.ts';
import type { Job } from '../jobs/job.ts';
import type { Changes } from './listing.ts';
import type { Claim, Run, RunJob } from './run.ts';

const titleOf = ({ feed, date }: RunKey): string => (date === undefined ? feed : `${feed} ${date}`);

const subjectOf = (run: Run): string => `${runKeyId(run.key)}#${run.generation}`;

const described = (run: Run): string => `Run ${runKeyId(run.key)}, generation ${run.generation}`;

/**
 * Reports that Batch does not accept the job of a run.
 *
 * All runs that are refused for one reason are one alert: a disabled queue stops a thousand of them at once.
 */
export const submitRefused = (run: Run, { queue, definition }: Claim, reason: string): NewAlert => ({
  kind: 'submit-refused',
  subject: [queue, definition, createHash('sha256').update(reason).digest('hex').slice(0, 12)].join('#'),
  feed: run.key.feed,
  queue,
  title: `${titleOf(run.key)}: the job was refused`,
  body: [
    `${described(run)} is complete, but its job cannot be submitted. Other runs may be refused for the same reason.`,
    '',
    `Queue: ${queue}`,
    `Job definition: ${definition}`,
    `Reason: ${reason}`,
    '',
    'The suite does not try again by itself. Correct the queue, the definition, the permission or the configuration. Then replay the runs:',
    `  breakaway replay --feed ${run.key.feed}`,
  ].join('\n'),
});

/**
 * Tells that nobody can say any more whether the job of a run was submitted once.
 *
 * The jobs are part of the subject, since what is open already is not told again: not that Batch refuses a look-up, nor that there are two.
 *
 * @param jobIds - the jobs that are known: none when Batch has forgotten, two when there is one too many
 */
export const claimLost = (run: Run, { jobName, queue, claimedAt }: Claim, jobIds: readonly string[]): NewAlert => ({
  kind: 'claim-lost',
  subject: [subjectOf(run), ...jobIds.toSorted()].join('#'),
  feed: run.key.feed,
  queue,
  title: `${titleOf(run.key)}: ${jobIds.length > 1 ? 'two jobs run' : 'it is not known whether the job ran'}`,
  body: [
    jobIds.length > 1
      ? `${described(run)} has more than one job: ${jobIds.join(', ')}. Terminate the later one, unless it may run twice.`
      : `${described(run)} was claimed at ${claimedAt.toISOString()}, and neither the ledger nor Batch knows of its job.`,
    '',
    `Job name: ${jobName}`,
    `Queue: ${queue}`,
    ...(jobIds.length > 1 ? [] : ['', "Look whether the job's output is there. If it is not, replay the run."]),
  ].join('\n'),
});

/** Tells that Batch does not let anybody look for the job of a run that may have been submitted. */
export const lookUpRefused = (run: Run, { jobName, queue }: Claim, reason: string): NewAlert => ({
  kind: 'claim-lost',
  subject: `${subjectOf(run)}#look-up`,
  feed: run.key.feed,
  queue,
  title: `${titleOf(run.key)}: it is not known whether the job was submitted`,
  body: [
    `${described(run)} was claimed, and Batch refuses to say whether its job is there.`,
    '',
    `Job name: ${jobName}`,
    `Queue: ${queue}`,
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

const MOST_NAMED = 10;

const firstOf = (lines: readonly string[]): string[] =>
  lines.length > MOST_NAMED
    ? [...lines.slice(0, MOST_NAMED), `and ${(lines.length - MOST_NAMED).toLocaleString('en')} more`]
    : [...lines];

/** Names what changed: the URIs of files, and runs with their generation. */
export const changedNames = ({ files, sources }: Changes): string[] => [
  ...files.map(({ bucket, key }) => `s3://${bucket}/${key}`),
  ...sources.map(({ run, generation }) => `${runKeyId(run)}, generation ${generation}`),
];

/**
 * Reports that files came or were written again, or that a source ran again, after the run had been claimed.
 *
 * @param digest - of the changes: each set of changes is an alert of its own
 */
export const filesChanged = (run: Run, changes: Changes, digest: string): NewAlert => ({
  kind: 'file-overwritten',
  subject: `${subjectOf(run)}#${digest}`,
  feed: run.key.feed,
  title: `${titleOf(run.key)}: ${changes.files.length > 0 ? 'files' : 'its sources'} changed after the run was submitted`,
  body: [
    `${described(run)} was ${run.state} when this was found to be new or different:`,
    '',
    ...firstOf(changedNames(changes)),
    '',
    'The job did not read it. If it matters, run the job again:',
    `  breakaway replay --run '${runKeyId(run.key)}'`,
  ].join('\n'),
});

/** Reports that S3 does not let the suite ask what is in a bucket, so that runs wait although their files may be there. */
export const bucketRefused = (run: Run, bucket: string, reason: string): NewAlert => ({
  kind: 'bucket-refused',
  subject: `${run.key.feed}#${bucket}`,
  feed: run.key.feed,
  title: `${run.key.feed}: bucket ${bucket} cannot be read`,
  body: [
    `${described(run)} waits, since S3 does not say what is in bucket ${bucket}. Its files may be there.`,
    '',
    `Reason: ${reason}`,
    '',
    'It is asked again by itself.',
  ].join('\n'),
});

/** Reports that a run has more objects below one prefix than an evaluation reads. */
export const prefixTooWide = (run: Run, bucket: string, prefix: string, objects: number): NewAlert => ({
  kind: 'bucket-refused',
  subject: `${run.key.feed}#s3://${bucket}/${prefix}`,
  feed: run.key.feed,
  title: `${titleOf(run.key)}: too many objects to evaluate`,
  body: [
    `${described(run)} waits: there are at least ${objects.toLocaleString('en')} objects below s3://${bucket}/${prefix}, more than one evaluation reads.`,
    '',
    'Write the captures of the template before its first `*`, or have the provider write fewer objects. It is tried again every hour.',
  ].join('\n'),
});

/** Reports that so many old dates, or reruns, of one feed came at once that they wait for a person. */
export const burstHeld = (run: Run, isRerun: boolean): NewAlert => ({
  kind: 'runs-held',
  subject: run.key.feed,
  feed: run.key.feed,
  title: `${run.key.feed}: ${isRerun ? 'reruns' : 'old dates'} are held`,
  body: [
    isRerun
      ? `More than three dates of ${run.key.feed} changed within an hour, ${runKeyId(run.key)} among them. A copy of the bucket onto itself looks like this.`
      : `More than three dates of ${run.key.feed} that are older than its lookback came within an hour, ${runKeyId(run.key)} among them. A copy of old files, or a backfill, looks like this.`,
    'Their jobs are not started until a person decides. To run them, or to take what is there as dealt with:',
    `  breakaway release ${run.key.feed}`,
    `  breakaway drop ${run.key.feed}`,
  ].join('\n'),
});

/** Reports that files came for dates that the feed does not process. */
export const outOfRange = (run: Run, line: string, why: string): NewAlert => ({
  kind: 'dates-out-of-range',
  subject: `${run.key.feed}#${why}`,
  feed: run.key.feed,
  title: `${run.key.feed}: files came for dates out of range`,
  body: [
    `Files came for ${runKeyId(run.key)}, which is ${why}, so its job is not started. To have it run, add this to the feed and deploy:`,
    `  ${line}`,
  ].join('\n'),
});

/** Reports that runs wait for a feed that is not configured any more. */
export const feedGone = (feed: string): NewAlert => ({
  kind: 'feed-gone',
  subject: feed,
  feed,
  title: `${feed}: runs wait for a feed that is not configured`,
  body: [
    `The ledger has runs of feed ${feed} that still wait, and the deployed configuration has no such feed.`,
    'If it was renamed, touch them under the new name with a replay of its dates; if it was removed, forget them:',
    `  breakaway forget --feed ${feed}`,
  ].join('\n'),
});

/** Names a run's job, its queue and its definition, as far as they are known. */
const jobLines = ({ claim, job }: Run): string[] => [
  ...(claim === undefined
    ? []
    : [`Job: ${claim.jobName}`, `Queue: ${claim.queue}`, `Job definition: ${claim.definition}`]),
  ...(job === undefined ? [] : [`Job id: ${job.id}`]),
];

const routing = ({ key, claim }: Run): Pick<NewAlert, 'feed' | 'queue'> => ({
  feed: key.feed,
  ...(claim === undefined ? {} : { queue: claim.queue }),
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
 * Tells that the job of a run failed some time ago, and no event told of it.
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

/** Tells that AWS Batch does not know the job of a run any more, so that nobody can tell how it ended. */
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
