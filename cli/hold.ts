/** `breakaway release`, `drop`, `pause` and `resume`: decide about runs that are held, and hold feeds. */
import type { Command } from '@commander-js/extra-typings';
import { createAlertRegister } from '../shared/alerts/register.ts';
import { createAlertTable } from '../shared/aws/alert-table.ts';
import { createRunCommands } from '../shared/aws/run-commands.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { DAY_MS } from '../shared/durations.ts';
import type { Feed } from '../shared/feeds/feed.ts';
import type { Run } from '../shared/runs/run.ts';
import { isConfirmed } from './confirm.ts';
import { startProgress } from './progress.ts';
import { findFeed } from './run-names.ts';
import { createRequests, isDone, operator, type Result } from './run-requests.ts';
import {
  EXIT,
  perform,
  readConfiguration,
  type Stack,
  type StackOptions,
  selectStack,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

const FIRST = '0000';
const LAST = '9999';

const heldRuns = async (feed: Feed, { ledgerTable: tableName }: Stack, signal: AbortSignal): Promise<Run[]> => {
  const held: Run[] = [];
  for await (const run of createRunListing({ tableName })(feed.name, FIRST, LAST, signal)) {
    if (run.heldAt !== undefined && run.isReleased !== true) {
      held.push(run);
    }
  }
  return held;
};

const printResults = (results: readonly Result[], json: boolean): void => {
  if (json) {
    console.log(JSON.stringify({ results }));
    return;
  }
  for (const { run, kind, said } of results) {
    console.log(`${kind.padEnd(10)}${run}${said === undefined ? '' : `\n          ${said}`}`);
  }
};

type DecideOptions = StackOptions & { readonly why: string; readonly yes: boolean };

const decide = async (name: string, command: 'release' | 'drop', options: DecideOptions, signal: AbortSignal) => {
  const stack = selectStack(options);
  const feed = findFeed((await readConfiguration()).feeds, name);
  const runs = await heldRuns(feed, stack, signal);
  if (runs.length === 0) {
    console.error(`No run of ${feed.name} is held`);
    return EXIT.problem;
  }
  const question =
    command === 'release'
      ? `Start the jobs of ${runs.length} held runs of ${feed.name}?`
      : `Take what is there for ${runs.length} held runs of ${feed.name} as dealt with, without a job?`;
  if (!(await isConfirmed(question, options, signal))) {
    console.error('Nothing was done');
    return EXIT.problem;
  }
  const progress = startProgress();
  const { give } = createRequests(stack);
  const commands = runs.map((run) => ({ run, command }));
  const results = await give(
    commands,
    { command, why: options.why },
    (done) => progress.show(`${done} of ${runs.length} runs`),
    signal,
  );
  progress.end();
  const { close } = createAlertRegister({
    table: createAlertTable({ tableName: stack.ledgerTable }),
    now: () => new Date(),
  });
  await close('runs-held', feed.name, undefined, AbortSignal.timeout(10_000));
  printResults(results, options.json);
  return results.every(isDone) ? EXIT.fine : EXIT.problem;
};

const PERMISSIONS = [
  ['dynamodb:Query', 'the ledger table and its index runs'],
  ['dynamodb:GetItem', 'the ledger table'],
  ['dynamodb:PutItem', 'the ledger table'],
  ['dynamodb:UpdateItem', 'the ledger table'],
  ['lambda:GetFunctionConfiguration', 'submit-batch-job'],
  ['sqs:SendMessage', 'the queue runs'],
  ['kms:GenerateDataKey', 'the key of the suite'],
] as const;

const addDecision = (program: Command, command: 'release' | 'drop', summary: string, description: string) =>
  withHelp(
    withStackOptions(
      program
        .command(command)
        .summary(summary)
        .description(description)
        .argument('<feed>', 'the feed')
        .option('--why <text>', 'the reason, for the history of the runs', '')
        .option('--yes', 'do not ask', false),
    ),
    {
      examples: [`${command} northwind-sales --why "backfill of October"`],
      actions: PERMISSIONS,
      fine: command === 'release' ? 'the job of every held run is submitted' : 'every held run is dropped',
      problem: 'no run is held, a run could not be changed, or the answer was no',
    },
  ).action((feed, options) => perform((signal) => decide(feed, command, options, signal)));

const ALL = '*';

const readUntil = (text: string | undefined, now: Date): Date | undefined => {
  if (text === undefined) {
    return undefined;
  }
  const until = new Date(text);
  if (Number.isNaN(until.getTime()) || until <= now) {
    throw new UsageError(`${JSON.stringify(text)} is not a time to come: write 2026-11-23T09:00+09:00`);
  }
  return until;
};

type PauseOptions = StackOptions & { readonly until?: string | undefined; readonly why: string };

const alertsOf = ({ ledgerTable }: Stack) =>
  createAlertRegister({ table: createAlertTable({ tableName: ledgerTable }), now: () => new Date() });

const pause = async (name: string | undefined, options: PauseOptions, signal: AbortSignal): Promise<number> => {
  const stack = selectStack(options);
  const feed = name === undefined ? ALL : findFeed((await readConfiguration()).feeds, name).name;
  const since = new Date();
  const until = readUntil(options.until, since);
  const { why } = options;
  const commands = createRunCommands({ tableName: stack.ledgerTable });
  await commands.pause({ feed, since, who: operator(), why, ...(until && { until }) }, signal);
  const what = feed === ALL ? 'Every feed' : `Feed ${feed}`;
  const title = `${what} is paused${until === undefined ? '' : ` until ${until.toISOString()}`}`;
  const body = `${operator()} paused it at ${since.toISOString()}${why === '' ? '' : `: ${why}`}. Its files are kept, and no job starts.\nTo go on:\n  breakaway resume${feed === ALL ? '' : ` ${feed}`}`;
  // The reminder says every day that nothing starts.
  await alertsOf(stack).open({ kind: 'feed-paused', subject: feed, title, body, remindEveryMs: DAY_MS }, signal);
  console.log(
    options.json ? JSON.stringify({ feed, until: until ?? null }) : `${title}. It takes effect within 30 seconds.`,
  );
  return EXIT.fine;
};

const resume = async (name: string | undefined, options: StackOptions, signal: AbortSignal): Promise<number> => {
  const stack = selectStack(options);
  const feed = name ?? ALL;
  const wasPaused = await createRunCommands({ tableName: stack.ledgerTable }).resume(feed, signal);
  await alertsOf(stack).close('feed-paused', feed, undefined, signal);
  const what = feed === ALL ? 'Every feed' : `Feed ${feed}`;
  const said = wasPaused
    ? `${what} goes on; runs that are complete start within five minutes.`
    : `${what} was not paused.`;
  console.log(options.json ? JSON.stringify({ feed, wasPaused }) : said);
  return wasPaused ? EXIT.fine : EXIT.problem;
};

const PAUSE_PERMISSIONS = [
  ['dynamodb:GetItem', 'the ledger table'],
  ['dynamodb:PutItem', 'the ledger table'],
] as const;

/** Adds the four commands. */
export const addHold = (program: Command): void => {
  addDecision(
    program,
    'release',
    'start the jobs of held runs',
    'Starts the jobs of the runs of a feed that came in a burst of old dates or reruns, and were held.',
  );
  addDecision(
    program,
    'drop',
    'take held runs as dealt with, without a job',
    'Takes what is there for the held runs of a feed as dealt with. A later change of their files counts again.',
  );
  withHelp(
    withStackOptions(
      program
        .command('pause')
        .summary('start no job of a feed, or of any feed')
        .description('Keeps every file and run of a feed, or of all feeds, and starts no job until `resume`.')
        .argument('[feed]', 'the feed (default: all)')
        .option('--until <time>', 'when the feed goes on by itself: 2026-11-23T09:00+09:00')
        .option('--why <text>', 'the reason, which `status` shows', ''),
    ),
    {
      examples: ['pause northwind-sales --why "wrong prices" --until 2026-11-23T09:00+09:00', 'pause'],
      actions: PAUSE_PERMISSIONS,
      fine: 'the feed is paused',
    },
  ).action((feed, options) => perform((signal) => pause(feed, options, signal)));
  withHelp(
    withStackOptions(
      program
        .command('resume')
        .summary('let a paused feed go on')
        .description('Ends a pause. Runs that were completed meanwhile start.')
        .argument('[feed]', 'the feed (default: the pause of all feeds)'),
    ),
    {
      examples: ['resume northwind-sales'],
      actions: [...PAUSE_PERMISSIONS, ['dynamodb:DeleteItem', 'the ledger table']],
      fine: 'the pause is over',
      problem: 'the feed was not paused',
    },
  ).action((feed, options) => perform((signal) => resume(feed, options, signal)));
};
