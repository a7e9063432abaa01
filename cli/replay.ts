/** `breakaway replay`: submits the runs that are complete and not submitted, or runs them again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { createRunListing } from '../shared/aws/run-listing.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { createPace } from '../shared/pace.ts';
import type { Run } from '../shared/runs/run.ts';
import { type Affected, affectedBy, readStates } from './affected-runs.ts';
import { isConfirmed } from './confirm.ts';
import { startProgress } from './progress.ts';
import { createExecutePlan, isDone, type Result } from './replay/execute-plan.ts';
import { type PlannedRun, planReplay, planText, runsToReplay } from './replay/plan.ts';
import { createSubmitRun } from './replay/submit-run.ts';
import { findFeed, readDateOf, readRange } from './run-names.ts';
import {
  EXIT,
  type OptionsOf,
  perform,
  readConfiguration,
  type Stack,
  type StackOptions,
  selectStack,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

type Options = StackOptions & OptionsOf<typeof replayCommand>;

/** Less than half of what AWS Batch accepts: the functions submit jobs at the same time. */
const DEFAULT_RATE = 5;
const MAX_RATE = 20;

const readRate = (text: string): number => {
  const rate = Number(text);
  if (!(rate > 0 && rate <= MAX_RATE)) {
    throw new InvalidArgumentError(`write a number above 0, at most ${MAX_RATE}`);
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
      progress.show(`${runs.length} runs`);
    }
    return runs;
  } finally {
    progress.end();
  }
};

const printJson = (
  plan: readonly PlannedRun[],
  affected: readonly Affected[],
  results: readonly Result[] | null,
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
    console.log(JSON.stringify({ feed, from, to, force, plan: planned, affected, results }));
  }
};

/** The width of the longest kind of result, `claimed elsewhere`, and a gap. */
const KIND_WIDTH = 19;

const printResults = (results: readonly Result[], count: number): void => {
  for (const { run, kind, said } of results.filter((result) => !isDone(result))) {
    console.log(`${kind.padEnd(KIND_WIDTH)}${run}${said === undefined ? '' : `\n            ${said}`}`);
  }
  console.log(`${results.filter(isDone).length} of ${count} runs are submitted.`);
};

const replay = async (options: Options, signal: AbortSignal): Promise<number> => {
  const stack = selectStack(options);
  const { feeds } = await readConfiguration();
  const feed = findFeed(feeds, options.feed);
  const { from, to } = options;
  readRange({ from: readDateOf(feed, from), to: readDateOf(feed, to) }, 1, new Date(), feed.timeZone);
  const { ledger, settleRun } = createSubmitRun(stack);
  const plan = planReplay(feed, await listRuns(feed, stack, options, signal), options.force, new Date());
  const chosen = runsToReplay(plan);
  const keys = chosen.map(({ run }) => run.key);
  const affected = await affectedBy(feeds, keys, readStates(ledger, signal));
  if (!options.json) {
    console.log(planText(plan, affected));
  }
  if (options.dryRun || chosen.length === 0) {
    printJson(plan, affected, null, options);
    return EXIT.fine;
  }
  const question = `Submit ${chosen.length} ${chosen.length === 1 ? 'run' : 'runs'}?`;
  if (!(await isConfirmed(question, options, signal))) {
    console.error('Nothing was done');
    return EXIT.problem;
  }
  const progress = startProgress();
  const executePlan = createExecutePlan({
    ledger,
    settleRun,
    pace: createPace(options.rate, { now: () => performance.now(), sleep }),
    now: () => new Date(),
    onResult: (done) => progress.show(`${done} of ${chosen.length} runs`),
  });
  const results = await executePlan(feed, chosen, signal);
  progress.end();
  printJson(plan, affected, results, options);
  if (!options.json) {
    printResults(results, chosen.length);
  }
  if (results.length < chosen.length) {
    console.error(`Interrupted: ${chosen.length - results.length} runs were not changed`);
    return EXIT.interrupted;
  }
  return results.every(isDone) ? EXIT.fine : EXIT.problem;
};

const replayCommand = (program: Command) =>
  program
    .command('replay')
    .summary('submit runs that are complete and not submitted, or run them again')
    .description(
      'Submits the runs of a feed that are complete and not submitted, and those whose job AWS Batch refused. Prints the plan and its effects on other feeds, then asks. Ctrl-C ends the command after the current run.',
    )
    .requiredOption('--feed <feed>', 'the feed')
    .requiredOption('--from <date>', 'the first date (for a feed without dates: the day of opening, in UTC)')
    .requiredOption('--to <date>', 'the last date')
    .option('--dry-run', 'print the plan, and change nothing', false)
    .option(
      '--force',
      'also run again what has succeeded or failed, and submit what a shadow feed did not, each in a new generation',
      false,
    )
    .option('--rate <runs>', 'the number of runs per second', readRate, DEFAULT_RATE)
    .option('--yes', 'do not ask', false);

/** Adds the command. */
export const addReplay = (program: Command) =>
  withHelp(withStackOptions(replayCommand(program)), {
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
      ['s3:PutObject', 'manifests/* of the suite bucket, where the feed has {manifest}'],
    ],
    fine: 'the whole plan was executed, there is nothing to do, or --dry-run',
    problem: 'a run could not be submitted, or the answer was no',
  }).action((options) => perform((signal) => replay(options, signal)));
