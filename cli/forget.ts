/** `breakaway forget`: clears the outcome of runs, so that they can happen again. */
import type { Command } from 'commander';
import { loadConfiguration } from '../configuration/load.ts';
import { createLedger } from '../shared/aws/ledger.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { Run, RunState } from '../shared/runs/run.ts';
import { type Affected, affectedBy, affectedLines, readStates } from './affected-runs.ts';
import { ask, isTerminal } from './confirm.ts';
import { isNamed, type RunsNamed, readRunName } from './run-names.ts';
import {
  EXIT,
  enterStack,
  perform,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

type Options = StackOptions & { readonly yes: boolean };

/** What has an outcome. */
const FORGETTABLE: readonly RunState[] = ['succeeded', 'failed', 'refused'];

/** A longer command is a mistake. */
const MOST_RUNS = 100;

const isForgettable = ({ state }: Run): boolean => FORGETTABLE.includes(state);

const listNamed = async (named: RunsNamed, tableName: string, signal: AbortSignal): Promise<Run[]> => {
  const { feed, date } = named;
  if (date === undefined && named.values['object'] === undefined) {
    throw new UsageError(`Which date of ${feed.name}? Write: forget ${feed.name} 2026-11-22`);
  }
  const runs: Run[] = [];
  for await (const run of createRunListing({ tableName })(feed.name, date ?? '0000', date ?? '9999', signal)) {
    runs.push(...(isNamed(named, run.key) ? [run] : []));
  }
  if (runs.length > MOST_RUNS) {
    throw new UsageError(
      `These are ${runs.length} runs, and ${MOST_RUNS} at most are forgotten at once: name their values, as in shop=tokyo`,
    );
  }
  return runs;
};

const clear = async (runs: readonly Run[], tableName: string, signal: AbortSignal): Promise<Run[]> => {
  const ledger = createLedger({ tableName });
  const forgotten: Run[] = [];
  for (const run of runs) {
    // What is begun is ended, so it does not take the signal.
    if (!signal.aborted && (await ledger.openNextGeneration(run, new Date(), new AbortController().signal))) {
      forgotten.push(run);
    }
  }
  return forgotten;
};

const lineOf = (run: Run): string =>
  `${isForgettable(run) ? '- forget' : '  leave '}  ${runKeyId(run.key)}, generation ${run.generation}: ${run.state}`;

const report = (
  runs: readonly Run[],
  forgotten: readonly Run[],
  affected: readonly Affected[],
  { feed, date }: RunsNamed,
  json: boolean,
): void => {
  if (json) {
    const told = runs.map((run) => ({
      run: runKeyId(run.key),
      state: run.state,
      generation: run.generation,
      forgotten: forgotten.includes(run),
    }));
    console.log(JSON.stringify({ feed: feed.name, date: date ?? null, runs: told, affected }));
    return;
  }
  console.log(`${forgotten.length} of ${runs.length} runs forgotten; nothing in S3 was touched.`);
  if (forgotten.length > 0) {
    console.log('What they were is kept as an earlier generation.');
    console.log(
      feed.shadow
        ? 'The feed is a shadow: they are noted again, and not submitted.'
        : 'Those that have all that they wait for are submitted again within about a minute.',
    );
  }
};

const forget = async (words: readonly string[], options: Options, signal: AbortSignal): Promise<number> => {
  const { ledgerTable } = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const named = readRunName(words, configuration.feeds);
  const runs = await listNamed(named, ledgerTable, signal);
  const forgettable = runs.filter(isForgettable);
  const affected = await affectedBy(
    configuration.feeds,
    forgettable.map(({ key }) => key),
    readStates(createLedger({ tableName: ledgerTable }), signal),
  );
  if (!options.json) {
    console.log([...runs.map(lineOf), ...affectedLines(affected)].join('\n'));
  }
  if (forgettable.length > 0 && !(await isWanted(options, forgettable.length, signal))) {
    console.error('Nothing was done');
    return EXIT.problem;
  }
  const forgotten = await clear(forgettable, ledgerTable, signal);
  report(runs, forgotten, affected, named, options.json);
  if (signal.aborted) {
    return EXIT.interrupted;
  }
  return forgotten.length === runs.length && runs.length > 0 ? EXIT.fine : EXIT.problem;
};

const isWanted = async ({ yes, json }: Options, count: number, signal: AbortSignal): Promise<boolean> => {
  if (yes) {
    return true;
  }
  if (json || !isTerminal()) {
    throw new UsageError('Nobody is there to be asked: say --yes');
  }
  return ask(`Forget the outcome of ${count} ${count === 1 ? 'run' : 'runs'}? Their jobs run again.`, signal);
};

/** Adds the command. */
export const addForget = (program: Command): void => {
  const command = program
    .command('forget')
    .summary('clear the outcome of runs, so that they happen again')
    .description(
      'Does what deleting an output did: the ledger forgets how a run ended, and the run happens again. It keeps what was as an earlier generation, and never deletes anything in S3. A run that is under way is left alone.',
    )
    .argument('<run...>', 'a feed and a date, and shop=tokyo where it has several runs a date')
    .option('--yes', 'do not ask', false)
    .action((words: string[], options: Options) => perform((signal) => forget(words, options, signal)));
  withHelp(withStackOptions(command), {
    examples: ['forget northwind-sales 2026-11-22', 'forget northwind-catalog 2026-11-22 shop=tokyo --yes'],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['dynamodb:PutItem', 'the ledger table'],
      ['dynamodb:UpdateItem', 'the ledger table'],
    ],
    fine: 'every run that was named is forgotten',
    problem: 'some were left: under way, or without an outcome; or there are none; or the answer was no',
  });
};
