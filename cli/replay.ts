/** `breakaway replay`: submits what is complete and was not submitted, or everything again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../configuration/load.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { createPace } from '../shared/pace.ts';
import type { Run } from '../shared/runs/run.ts';
import { type Affected, affectedBy, readStates } from './affected-runs.ts';
import { ask, isTerminal } from './confirm.ts';
import { startProgress } from './progress.ts';
import { createCarryOut, isDone, type Result } from './replay/carry-out.ts';
import { actedOn, type Planned, planReplay, planText } from './replay/plan.ts';
import { createSubmitRun } from './replay/submit-run.ts';
import { findFeed, readDateOf, readRange } from './run-names.ts';
import {
  EXIT,
  enterStack,
  perform,
  type Stack,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

type Options = StackOptions & {
  readonly feed: string;
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly yes: boolean;
  readonly rate: number;
};

/** Below half of what AWS Batch takes of an account: the functions go on submitting. */
const DEFAULT_RATE = 5;
const MOST_RATE = 20;

const readRate = (text: string): number => {
  const rate = Number(text);
  if (!(rate > 0 && rate <= MOST_RATE)) {
    throw new InvalidArgumentError(`write a number above 0, at most ${MOST_RATE}`);
  }
  return rate;
};

const listRuns = async (
  feed: Feed,
  { ledgerTable }: Stack,
  { from, to }: Options,
  signal: AbortSignal,
): Promise<Run[]> => {
  const runs: Run[] = [];
  const progress = startProgress();
  try {
    for await (const run of createRunListing({ tableName: ledgerTable })(feed.name, from, to, signal)) {
      runs.push(run);
      progress.say(`${runs.length} runs`);
    }
    return runs;
  } finally {
    progress.end();
  }
};

const printPlan = (plan: readonly Planned[], affected: readonly Affected[], { json }: Options): void => {
  if (!json) {
    console.log(planText(plan, affected));
  }
};

const printAll = (
  plan: readonly Planned[],
  affected: readonly Affected[],
  results: readonly Result[] | undefined,
  { json, feed, from, to, force }: Options,
): void => {
  if (json) {
    const planned = plan.map(({ run, act, why }) => ({
      run: runKeyId(run.key),
      ...run.key,
      generation: run.generation,
      act,
      why,
    }));
    console.log(JSON.stringify({ feed, from, to, force, plan: planned, affected, results: results ?? null }));
  }
};

/** Whether the plan may be carried out: somebody says so. */
const isWanted = async ({ yes, json }: Options, count: number, signal: AbortSignal): Promise<boolean> => {
  if (yes) {
    return true;
  }
  if (json || !isTerminal()) {
    throw new UsageError('Nobody is there to be asked: look at the plan with --dry-run, then say --yes');
  }
  return ask(`Submit ${count} ${count === 1 ? 'run' : 'runs'}?`, signal);
};

const replay = async (options: Options, signal: AbortSignal): Promise<number> => {
  const stack = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const feed = findFeed(configuration.feeds, options.feed);
  const { from, to } = options;
  readRange({ from: readDateOf(feed, from), to: readDateOf(feed, to) }, 1, new Date(), feed.timeZone);
  const { ledger, settleRun } = createSubmitRun(stack);
  const plan = planReplay(feed, await listRuns(feed, stack, options, signal), options.force, new Date());
  const acted = actedOn(plan);
  const affected = await affectedBy(
    configuration.feeds,
    acted.map(({ run }) => run.key),
    readStates(ledger, signal),
  );
  printPlan(plan, affected, options);
  if (options.dryRun || acted.length === 0) {
    printAll(plan, affected, undefined, options);
    return EXIT.fine;
  }
  if (!(await isWanted(options, acted.length, signal))) {
    console.error('Nothing was done');
    return EXIT.problem;
  }
  const progress = startProgress();
  const carryOut = createCarryOut({
    ledger,
    settleRun,
    pace: createPace(options.rate, { now: () => performance.now(), sleep }),
    now: () => new Date(),
    onResult: (_, done) => progress.say(`${done} of ${acted.length} runs`),
  });
  const results = await carryOut(feed, acted, signal);
  progress.end();
  printAll(plan, affected, results, options);
  return report(results, acted, options);
};

/** The longest is `claimed elsewhere`. */
const KIND_WIDTH = 19;

const report = (results: readonly Result[], acted: readonly Planned[], { json }: Options): number => {
  const undone = results.filter((result) => !isDone(result));
  if (!json) {
    for (const { run, kind, said } of undone) {
      console.log(`${kind.padEnd(KIND_WIDTH)}${run}${said === undefined ? '' : `\n            ${said}`}`);
    }
    console.log(`${results.length - undone.length} of ${acted.length} runs are submitted.`);
  }
  if (results.length < acted.length) {
    console.error(`Interrupted: ${acted.length - results.length} runs are as they were`);
    return EXIT.interrupted;
  }
  return undone.length > 0 ? EXIT.problem : EXIT.fine;
};

/** Adds the command. */
export const addReplay = (program: Command): void => {
  const command = program
    .command('replay')
    .summary('submit what is complete and was not submitted, or again')
    .description(
      'Submits the runs of a feed that are complete and were not submitted, and those whose job AWS Batch refused. It shows its plan, and what would follow for other feeds, and asks. Ctrl-C ends it after the run that it is at.',
    )
    .requiredOption('--feed <feed>', 'the feed')
    .requiredOption('--from <date>', 'the first date (of a feed without dates: when its runs were opened, in UTC)')
    .requiredOption('--to <date>', 'the last date')
    .option('--dry-run', 'show the plan, and do nothing', false)
    .option(
      '--force',
      'also run again what has succeeded or failed, or was left to others by a shadow feed, each in a new generation',
      false,
    )
    .option('--rate <runs>', 'how many runs a second', readRate, DEFAULT_RATE)
    .option('--yes', 'do not ask', false)
    .action((options: Options) => perform((signal) => replay(options, signal)));
  withHelp(withStackOptions(command), {
    examples: [
      'replay --feed northwind-sales --from 2026-11-20 --to 2026-11-22 --dry-run',
      'replay --feed northwind-sales --from 2026-11-22 --to 2026-11-22 --force --yes',
    ],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['dynamodb:PutItem', 'the ledger table'],
      ['dynamodb:UpdateItem', 'the ledger table'],
      ['batch:SubmitJob', 'the queue and the definition of the feed'],
      ['batch:TagResource', 'the job, where the feed has tags'],
      ['batch:ListJobs', '*: where an answer of AWS Batch was lost'],
      ['lambda:GetFunctionConfiguration', 'submit-batch-job, where the feed has {manifest}'],
      ['s3:PutObject', 'manifests/* of the suite bucket, where it has {manifest}'],
    ],
    fine: 'all of the plan was done, or there is nothing to do, or --dry-run',
    problem: 'a run could not be submitted, or the answer was no',
  });
};
