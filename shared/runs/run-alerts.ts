/** What people are told when a run needs them. Pure: `shared/alerts` tells it. */
import type { NewAlert } from '../alerts/alert.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';
import type { Arrival, Claim, JobRequest, Run } from './run.ts';

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
 * Tells that nobody can say any more whether the job of a run was submitted once.
 *
 * @param jobIds - the jobs that are known: none when Batch has forgotten, two when there is one too many
 */
export const claimLost = (run: Run, { request, claimedAt }: Claim, jobIds: readonly string[]): NewAlert => ({
  kind: 'claim-lost',
  subject: subjectOf(run),
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

/** Tells that a file changed, or came, after its run had been claimed. */
export const fileOverwritten = (run: Run, { slot, bucket, key, etag, sizeBytes }: Arrival): NewAlert => ({
  kind: 'file-overwritten',
  subject: `${subjectOf(run)}#s3://${bucket}/${key}#${etag}`,
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
