/** Shows the service at work: puts sample files, tells what comes of them, and checks that it is what should. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Configuration } from '../configuration/configuration.ts';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
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

/** Enough for one redelivery, after the visibility timeout of a function's queue. */
const SAMPLES_TIMEOUT_MS = 300_000;

/** So many looks in a row nothing may be on its way, and nothing new may come, before all counts as handled. */
const QUIET_LOOKS = 4;

/** The same while a job is missing that should be there. */
const HOPELESS_LOOKS = 20;

const EMPTY: Snapshot = { runs: [], jobs: [] };

const clockOf = ({ timeZone }: Configuration): ((at: Date) => string) => {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' });
  return (at) => (Number.isNaN(at.getTime()) ? '--:--:--' : format.format(at));
};

/** Puts the sample files that have a bucket, one after the other. */
const putSamples = async ({ endpoint }: LocalAws, configuration: Configuration): Promise<PutFile[]> => {
  const buckets = landingBuckets(configuration);
  const s3 = new S3Client(clientSettings(endpoint));
  const files: PutFile[] = [];
  for (const { bucket, key, body } of sampleFiles(localDateOf(new Date(), configuration.timeZone, 'dd'))) {
    if (buckets.includes(bucket)) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      files.push({ bucket, key, sizeBytes: body.length });
    }
  }
  s3.destroy();
  return files;
};

/** Shows what is new, look by look. */
const createWatch = (aws: LocalAws, configuration: Configuration) => {
  const read = createSnapshotReader(aws, configuration);
  const timeOf = clockOf(configuration);
  let picture = EMPTY;
  return {
    picture: () => picture,
    /** @returns whether anything was new */
    look: async (): Promise<boolean> => {
      const next = await read();
      const lines = changeLines(picture, next, configuration, timeOf, new Date());
      picture = next;
      for (const line of lines) {
        say(line);
      }
      return lines.length > 0;
    },
  };
};

type Watch = ReturnType<typeof createWatch>;

/** Looks until every expected job is there and nothing is on its way any more, or until nothing has come for too long. */
const watchUntilHandled = async (aws: LocalAws, watch: Watch, expected: readonly ExpectedJob[]): Promise<void> => {
  const deadline = Date.now() + SAMPLES_TIMEOUT_MS;
  for (let quiet = 0; Date.now() < deadline; ) {
    await sleep(POLL_MS);
    const isNew = await watch.look();
    const names = new Set(watch.picture().jobs.map(({ name }) => name));
    const depths = await queueDepths(aws.endpoint);
    // What has failed for good lies in its failure queue, and stays there.
    const isUnderWay = depths.some((queue) => queue.messages > 0 && !isFailureQueue(queue));
    quiet = isNew || isUnderWay ? 0 : quiet + 1;
    if (quiet >= (expected.every(({ name }) => names.has(name)) ? QUIET_LOOKS : HOPELESS_LOOKS)) {
      return;
    }
  }
};

const failures = async ({ endpoint }: LocalAws): Promise<string[]> =>
  (await queueDepths(endpoint))
    .filter((queue) => queue.messages > 0 && isFailureQueue(queue))
    .map(({ name, messages }) => `not handled: ${messages} messages in ${name}`);

const FUNCTION_ERRORS = 5;

/** What MiniStack said last of functions that failed. */
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

/** Tells whether there are exactly the jobs that should be, and nothing was left undone. */
const check = async (aws: LocalAws, { jobs, runs }: Snapshot, expected: readonly ExpectedJob[]): Promise<boolean> => {
  const refusals = new Map(runs.flatMap(({ id, run: { refusal } }) => (refusal === undefined ? [] : [[id, refusal]])));
  const problems = [...jobProblems(expected, jobs, refusals), ...(await failures(aws))];
  say('');
  if (problems.length === 0) {
    say(green(`Exactly the ${expected.length} jobs that should exist do.`));
  } else {
    say(red(`${expected.length} jobs should exist; Batch has ${jobs.length}:`));
    reportProblems(problems, aws);
  }
  return problems.length === 0;
};

const explain = (configuration: Configuration, picture: Snapshot): void => {
  const [missing = 's3://BUCKET/KEY'] = missingFiles(picture, configuration);
  say('');
  say(bold('Now put a file of your own, from another terminal in this folder:'));
  say(`  npm run put -- FILE ${missing}`);
  say('or, with the AWS CLI (2.13 or newer):');
  say(`  source ${environmentScript}`);
  say(`  aws s3 cp FILE ${missing}`);
  say('Ask what every feed is doing, and why a file or a run came to nothing:');
  say(`  source ${environmentScript}`);
  say('  npx breakaway status');
  say('  npx breakaway explain FILE-OR-RUN');
  say('Run a function with an event of events/:');
  say(`  source ${environmentScript}`);
  say('  npx serverless invoke local -f submitBatchJob -p events/FILE.json');
  say('');
  say('What comes of it is shown here. Ctrl-C ends everything.');
  say('');
};

const follow = async (watch: Watch): Promise<never> => {
  for (;;) {
    await sleep(POLL_MS);
    try {
      await watch.look();
    } catch (error) {
      // A machine that slept, say: the next look may do. If a server has ended, that is noticed elsewhere.
      sayError(`Could not read the ledger or Batch: ${error instanceof Error ? error.message : error}`);
    }
  }
};

export type Demonstration = {
  /** Whether exactly the jobs that should exist do. */
  readonly isRight: boolean;
  /** Goes on to show what comes of other files. */
  follow(): Promise<never>;
};

/** Deploys the service, puts the sample files and shows what comes of them; unless `once`, tells a person what to try then. */
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
  await watchUntilHandled(aws, watch, expected);

  say('');
  for (const line of summaryLines(watch.picture(), configuration)) {
    say(line);
  }
  if (files.length === 0) {
    say('The sample files are for the buckets of the shipped configuration; none was put.');
  }
  const isRight = await check(aws, watch.picture(), expected);
  if (!once) {
    explain(configuration, watch.picture());
  }
  return { isRight, follow: () => follow(watch) };
};
