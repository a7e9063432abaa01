/** `breakaway forget`: clears the outcome of runs, so that they start again. */
import type { Command } from '@commander-js/extra-typings';
import { createLedger } from '../shared/aws/ledger.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { Run, RunState } from '../shared/runs/run.ts';
import { type Affected, affectedBy, affectedLines, readStates } from './affected-runs.ts';
import { isConfirmed } from './confirm.ts';
import { isNamed, type NamedRuns, readRunName } from './run-names.ts';
import {
  EXIT,
  type OptionsOf,
  perform,
  readConfiguration,
  type StackOptions,
  selectStack,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

type Options = StackOptions & OptionsOf<typeof forgetCommand>;

/** The states with an outcome to forget. */
const FORGETTABLE: readonly RunState[] = ['succeeded', 'failed', 'refused'];

/** A command for more runs is probably a mistake. */
const MAX_RUNS = 100;

const isForgettable = ({ state }: Run): boolean => FORGETTABLE.includes(state);

const listRuns = async (named: NamedRuns, tableName: string, signal: AbortSignal): Promise<Run[]> => {
  const { feed, date } = named;
  if (date === undefined && named.values['object'] === undefined) {
    throw new UsageError(`Which date of ${feed.name}? Write: forget ${feed.name} 2026-11-22`);
  }
  const runs: Run[] = [];
  for await (const run of createRunListing({ tableName })(feed.name, date ?? '0000', date ?? '9999', signal)) {
    runs.push(...(isNamed(named, run.key) ? [run] : []));
  }
  if (runs.length > MAX_RUNS) {
    throw new UsageError(
      `${runs.length} runs match, and the command forgets at most ${MAX_RUNS}: add a value, such as shop=tokyo`,
    );
  }
  return runs;
};

const forgetRuns = async (runs: readonly Run[], tableName: string, signal: AbortSignal): Promise<Run[]> => {
  const ledger = createLedger({ tableName });
  const forgotten: Run[] = [];
  for (const run of runs) {
    // Ctrl-C does not abort a write that has begun.
    if (!signal.aborted && (await ledger.openNextGeneration(run, new Date(), new AbortController().signal))) {
      forgotten.push(run);
    }
  }
  return forgotten;
};

const planLine = (run: Run): string =>
  `${isForgettable(run) ? '- forget' : '  leave '}  ${runKeyId(run.key)}, generation ${run.generation}: ${run.state}`;

const report = (
  runs: readonly Run[],
  forgotten: readonly Run[],
  affected: readonly Affected[],
  { feed, date }: NamedRuns,
  json: boolean,
): void => {
  if (json) {
    const results = runs.map((run) => ({
      run: runKeyId(run.key),
      state: run.state,
      generation: run.generation,
      forgotten: forgotten.includes(run),
    }));
    console.log(JSON.stringify({ feed: feed.name, date: date ?? null, runs: results, affected }));
    return;
  }
  console.log(`${forgotten.length} of ${runs.length} runs forgotten; nothing in S3 was changed.`);
  if (forgotten.length > 0) {
    console.log('Their outcomes are kept as earlier generations.');
    console.log(
      feed.shadow
        ? 'The feed is a shadow: its jobs are not started.'
        : 'The runs that are complete are submitted again within about a minute.',
    );
  }
};

const forget = async (words: readonly string[], options: Options, signal: AbortSignal): Promise<number> => {
  const { ledgerTable } = selectStack(options);
  const { feeds } = await readConfiguration();
  const named = readRunName(words, feeds);
  const runs = await listRuns(named, ledgerTable, signal);
  const forgettable = runs.filter(isForgettable);
  const keys = forgettable.map(({ key }) => key);
  const affected = await affectedBy(feeds, keys, readStates(createLedger({ tableName: ledgerTable }), signal));
  if (!options.json) {
    console.log([...runs.map(planLine), ...affectedLines(affected)].join('\n'));
  }
  const question = `Forget the outcome of ${keys.length} ${keys.length === 1 ? 'run' : 'runs'}? Their jobs run again.`;
  if (keys.length > 0 && !(await isConfirmed(question, options, signal))) {
    console.error('Nothing was done');
    return EXIT.problem;
  }
  const forgotten = await forgetRuns(forgettable, ledgerTable, signal);
  report(runs, forgotten, affected, named, options.json);
  if (signal.aborted) {
    return EXIT.interrupted;
  }
  return forgotten.length === runs.length && runs.length > 0 ? EXIT.fine : EXIT.problem;
};

const forgetCommand = (program: Command) =>
  program
    .command('forget')
    .summary('clear the outcome of runs, so that they start again')
    .description(
      'Clears the outcome of runs in the ledger, so that they start again: the same as deleting an output on the old server. The outcome is kept as an earlier generation, and nothing in S3 is deleted. A run that is under way is not changed.',
    )
    .argument('<run...>', 'a feed and a date, and shop=tokyo where the feed has several runs per date')
    .option('--yes', 'do not ask', false);

/** Adds the command. */
export const addForget = (program: Command) =>
  withHelp(withStackOptions(forgetCommand(program)), {
    examples: ['forget northwind-sales 2026-11-22', 'forget northwind-catalog 2026-11-22 shop=tokyo --yes'],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['dynamodb:PutItem', 'the ledger table'],
      ['dynamodb:UpdateItem', 'the ledger table'],
    ],
    fine: 'every named run is forgotten',
    problem: 'a run is under way or has no outcome, there is no such run, or the answer was no',
  }).action((words, options) => perform((signal) => forget(words, options, signal)));
