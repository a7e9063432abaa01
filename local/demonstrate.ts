/** Shows the service at work: puts sample files, shows their runs and jobs, and checks the jobs. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Configuration } from '../configuration/configuration.ts';
import { deploy } from './deploy.ts';
import { type ExpectedJob, expectedJobs, jobProblems, type PutFile } from './expected-jobs.ts';
import { clientSettings, type LocalAws } from './local-aws.ts';
import { announce, environmentScript } from './process/running-instance.ts';
import { isFailureQueue, queueDepths } from './queues.ts';
import { sampleFiles } from './samples.ts';
import { landingBuckets, seed } from './seed.ts';
import { createSnapshotReader, type Snapshot } from './snapshot.ts';
import { changeLines, missingFiles, summaryLines } from './snapshot-text.ts';
import { bold, green, red, say, sayError, visible } from './terminal.ts';

const POLL_MS = 1_000;

/** Long enough for one redelivery after the visibility timeout of a queue. */
const SAMPLES_TIMEOUT_MS = 300_000;

/**
 * After this number of polls in a row without news and without messages, all files count as
 * processed.
 */
const QUIET_POLLS = 4;

/** The same number while an expected job is missing. */
const QUIET_POLLS_WITH_MISSING_JOB = 20;

const EMPTY: Snapshot = { runs: [], jobs: [] };

const clockOf = ({ timeZone }: Configuration): ((at: Date) => string) => {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' });
  return (at) => (Number.isNaN(at.getTime()) ? '--:--:--' : format.format(at));
};

/** Puts the sample files whose bucket exists, one after the other. */
const putSamples = async ({ endpoint }: LocalAws, configuration: Configuration): Promise<PutFile[]> => {
  const buckets = landingBuckets(configuration);
  const s3 = new S3Client(clientSettings(endpoint));
  const files: PutFile[] = [];
  for (const { bucket, key, body } of sampleFiles()) {
    if (buckets.includes(bucket)) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      files.push({ bucket, key, sizeBytes: body.length });
    }
  }
  s3.destroy();
  return files;
};

/** Shows the changes since the last poll. */
const createWatch = (aws: LocalAws, configuration: Configuration) => {
  const read = createSnapshotReader(aws);
  const timeOf = clockOf(configuration);
  let snapshot = EMPTY;
  return {
    snapshot: () => snapshot,
    /** @returns Whether anything has changed. */
    poll: async (): Promise<boolean> => {
      const next = await read();
      const lines = changeLines(snapshot, next, configuration, timeOf, new Date());
      snapshot = next;
      for (const line of lines) {
        say(line);
      }
      return lines.length > 0;
    },
  };
};

type Watch = ReturnType<typeof createWatch>;

/**
 * Polls until every expected job exists and no message is in a queue, or until nothing changes for
 * too long.
 */
const watchUntilProcessed = async (aws: LocalAws, watch: Watch, expected: readonly ExpectedJob[]): Promise<void> => {
  const deadline = Date.now() + SAMPLES_TIMEOUT_MS;
  for (let quiet = 0; Date.now() < deadline; ) {
    await sleep(POLL_MS);
    const isNew = await watch.poll();
    const names = new Set(watch.snapshot().jobs.map(({ name }) => name));
    const depths = await queueDepths(aws.endpoint);
    // Messages in a failure queue stay there.
    const isUnderWay = depths.some((queue) => queue.messages > 0 && !isFailureQueue(queue));
    quiet = isNew || isUnderWay ? 0 : quiet + 1;
    if (quiet >= (expected.every(({ name }) => names.has(name)) ? QUIET_POLLS : QUIET_POLLS_WITH_MISSING_JOB)) {
      return;
    }
  }
};

const failures = async ({ endpoint }: LocalAws): Promise<string[]> =>
  (await queueDepths(endpoint))
    .filter((queue) => queue.messages > 0 && isFailureQueue(queue))
    .map(({ name, messages }) => `not processed: ${messages} messages in ${name}`);

const FUNCTION_ERRORS = 5;

/** Reads the last errors of functions from the log of MiniStack. */
const functionErrors = ({ folder }: LocalAws): string[] => {
  const lines = readFileSync(folder.log('ministack'), 'utf8').match(/^.* (?:ERROR|WARNING) \[lambda\] .*$/gm) ?? [];
  return [...new Set(lines.map((line) => line.replace(/^.*\[lambda\] /, '')))].slice(-FUNCTION_ERRORS);
};

const reportProblems = (problems: readonly string[], aws: LocalAws): void => {
  for (const problem of problems) {
    say(red(`  ${visible(problem)}`));
  }
  const errors = functionErrors(aws);
  if (errors.length > 0) {
    say('Functions failed:');
    for (const error of errors) {
      say(`  ${error}`);
    }
  }
  say(`Logs: ${aws.folder.path}`);
};

/** Checks that exactly the expected jobs exist, and that no message is in a failure queue. */
const check = async (aws: LocalAws, { jobs, runs }: Snapshot, expected: readonly ExpectedJob[]): Promise<boolean> => {
  const refusals = new Map(runs.flatMap(({ id, run: { refusal } }) => (refusal === undefined ? [] : [[id, refusal]])));
  const problems = [...jobProblems(expected, jobs, refusals), ...(await failures(aws))];
  say('');
  if (problems.length === 0) {
    say(green(`Exactly the ${expected.length} expected jobs exist.`));
  } else {
    say(red(`${expected.length} jobs are expected, and Batch has ${jobs.length}:`));
    reportProblems(problems, aws);
  }
  return problems.length === 0;
};

const explain = (configuration: Configuration, snapshot: Snapshot): void => {
  const [missing = 's3://BUCKET/KEY'] = missingFiles(snapshot, configuration);
  say('');
  say(bold('Now put your own file, in another terminal in this folder:'));
  say(`  npm run put -- FILE ${missing}`);
  say('or, with the AWS CLI (2.13 or newer):');
  say(`  source ${environmentScript}`);
  say(`  aws s3 cp FILE ${missing}`);
  say('Show the state of every feed, and why a file or a run has no job:');
  say(`  source ${environmentScript}`);
  say('  npx breakaway status');
  say('  npx breakaway explain FILE-OR-RUN');
  say('Run a function with an event of events/:');
  say(`  source ${environmentScript}`);
  say('  npx serverless invoke local -f submitBatchJob -p events/FILE.json');
  say('');
  say('The runs and jobs of new files appear here. Ctrl-C ends everything.');
  say('');
};

const follow = async (watch: Watch): Promise<never> => {
  for (;;) {
    await sleep(POLL_MS);
    try {
      await watch.poll();
    } catch (error) {
      // For example after sleep: the next poll may succeed. `LocalAws.broken` reports a server that
      // has ended.
      sayError(`Could not read the ledger or Batch: ${error instanceof Error ? error.message : error}`);
    }
  }
};

export type Demonstration = {
  /** Whether exactly the expected jobs exist. */
  readonly isRight: boolean;
  /** Shows the runs and jobs of later files. */
  follow(): Promise<never>;
};

/**
 * Deploys the service, puts the sample files and shows their runs and jobs. Without `once`, also
 * shows what to try next.
 */
export const demonstrate = async (
  aws: LocalAws,
  configuration: Configuration,
  once: boolean,
): Promise<Demonstration> => {
  await deploy(aws, say);
  say('Making landing buckets, job queues and job definitions ...');
  await seed(aws, configuration);
  if (!once) {
    announce({
      ...aws.environment,
      ...(process.env['BREAKAWAY_CONFIG'] === undefined ? {} : { BREAKAWAY_CONFIG: process.env['BREAKAWAY_CONFIG'] }),
    });
  }

  say(`Putting the sample files of two data providers; times are in ${configuration.timeZone} ...`);
  say('');
  const watch = createWatch(aws, configuration);
  const files = await putSamples(aws, configuration);
  const expected = expectedJobs(configuration, files);
  await watchUntilProcessed(aws, watch, expected);

  say('');
  for (const line of summaryLines(watch.snapshot(), configuration)) {
    say(line);
  }
  if (files.length === 0) {
    say('No sample file was put: they need the buckets of the shipped configuration.');
  }
  const isRight = await check(aws, watch.snapshot(), expected);
  if (!once) {
    explain(configuration, watch.snapshot());
  }
  return { isRight, follow: () => follow(watch) };
};
