/** `breakaway explain`: shows what is known about a file, a job or a run. */
import type { Command } from '@commander-js/extra-typings';
import type { Configuration } from '../configuration/configuration.ts';
import { createJobDetails } from '../shared/aws/job-details.ts';
import { createLedger } from '../shared/aws/ledger.ts';
import { createRunHistory } from '../shared/aws/run-history.ts';
import { createRunListing } from '../shared/aws/run-listing.ts';
import { matchObject } from '../shared/feeds/match-feeds.ts';
import type { RunKey } from '../shared/feeds/run-key.ts';
import { parentId } from '../shared/jobs/job.ts';
import { createReadSources } from '../shared/runs/read-sources.ts';
import { waitingDependents } from '../shared/runs/waiting-dependents.ts';
import { type RunReport, reportJson, reportLines } from './explain/run-report.ts';
import { startProgress } from './progress.ts';
import { isNamed, readRunName } from './run-names.ts';
import { readS3Uri } from './s3-uri.ts';
import {
  EXIT,
  perform,
  readConfiguration,
  type StackOptions,
  selectStack,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

/** The id of a job, of a child of an array job, or of a node. */
const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([:#]\d+)?$/;

const JOB_NAME = /^breakaway-.*-[0-9a-f]{12}$/;

const MAX_RUNS = 20;

/** The runs that the arguments select, and the message when there are none. */
type SelectedRuns = { readonly keys: readonly RunKey[]; readonly none: string };

type Readers = {
  readonly ledger: ReturnType<typeof createLedger>;
  readonly runsOf: ReturnType<typeof createRunListing>;
  readonly historyOf: ReturnType<typeof createRunHistory>;
  readonly describe: ReturnType<typeof createJobDetails>['describe'];
};

const runOfJobName = async (name: string, none: string, ledger: Readers['ledger'], signal: AbortSignal) => {
  const owner = await ledger.runOfJob(name, signal);
  return { keys: owner === undefined ? [] : [owner.run], none };
};

const runsOfJob = async (word: string, { ledger, describe }: Readers, signal: AbortSignal): Promise<SelectedRuns> => {
  if (JOB_NAME.test(word)) {
    return runOfJobName(word, `The ledger has no run with a job named ${word}`, ledger, signal);
  }
  const [job] = await describe([parentId(word)], signal);
  if (job === undefined) {
    const none = `AWS Batch does not know the job ${word}: it keeps ended jobs for seven days. Ask by feed and date, or by the name of the job`;
    return { keys: [], none };
  }
  const none = `Job ${job.name} (${job.status}, queue ${job.queue}) does not belong to a run of this stack`;
  return runOfJobName(job.name, none, ledger, signal);
};

const selectRuns = async (
  words: readonly string[],
  { feeds }: Pick<Configuration, 'feeds'>,
  readers: Readers,
  signal: AbortSignal,
): Promise<SelectedRuns> => {
  const [word = ''] = words;
  if (word.startsWith('s3://')) {
    const uri = words.join(' ');
    const keys = matchObject(feeds, readS3Uri(uri)).map(({ run }) => run);
    return { keys, none: `No feed waits for ${uri}: try \`breakaway match\`` };
  }
  if (words.length === 1 && (JOB_ID.test(word) || JOB_NAME.test(word))) {
    return runsOfJob(word, readers, signal);
  }
  const named = readRunName(words, feeds);
  const { feed, date } = named;
  if (date === undefined && feed.dateUnit !== undefined) {
    throw new UsageError(`Which date of ${feed.name}? Write: explain ${feed.name} 2026-11-22`);
  }
  const keys: RunKey[] = [];
  for await (const { key } of readers.runsOf(feed.name, date ?? '0000', date ?? '9999', signal)) {
    if (isNamed(named, key)) {
      keys.push(key);
    }
  }
  return { keys, none: `There is no run of ${words.join(' ')}: nothing has arrived for it` };
};

const readReport = async (
  key: RunKey,
  { feeds, timeZone }: Configuration,
  { ledger, historyOf, describe }: Readers,
  signal: AbortSignal,
): Promise<RunReport | undefined> => {
  const read = await ledger.readRunWithArrivals(key, () => true, signal);
  if (read === undefined) {
    return undefined;
  }
  const { run, arrivals = [], tooSmall = [] } = read;
  const feed = feeds.find(({ name }) => name === key.feed);
  const byName = new Map(feeds.map((one) => [one.name, one]));
  const sources =
    feed === undefined || run.state !== 'waiting' ? [] : await createReadSources({ ledger }, byName)(feed, run, signal);
  const [job] = run.job === undefined ? [] : await describe([run.job.id], signal);
  return {
    run,
    arrivals,
    tooSmall,
    sources,
    earlier: await historyOf(key, signal),
    dependents: waitingDependents(feeds, key),
    now: new Date(),
    timeZone,
    ...(feed === undefined ? {} : { feed }),
    ...(job === undefined ? {} : { job }),
  };
};

const readReports = async (
  keys: readonly RunKey[],
  configuration: Configuration,
  readers: Readers,
  signal: AbortSignal,
): Promise<RunReport[]> => {
  const progress = startProgress();
  const reports: RunReport[] = [];
  try {
    for (const [index, key] of keys.entries()) {
      progress.show(`${index + 1} of ${keys.length} runs`);
      const report = await readReport(key, configuration, readers, signal);
      reports.push(...(report === undefined ? [] : [report]));
    }
    return reports;
  } finally {
    progress.end();
  }
};

const explain = async (words: readonly string[], options: StackOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = selectStack(options);
  const configuration = await readConfiguration();
  const readers: Readers = {
    ledger: createLedger({ tableName }),
    runsOf: createRunListing({ tableName }),
    historyOf: createRunHistory({ tableName }),
    describe: createJobDetails().describe,
  };
  const selected = await selectRuns(words, configuration, readers, signal);
  const reports = await readReports(selected.keys.slice(0, MAX_RUNS), configuration, readers, signal);
  const more = Math.max(0, selected.keys.length - MAX_RUNS);
  const none =
    selected.keys.length === 0
      ? selected.none
      : 'A feed waits for this file, but its run does not exist yet: nothing has arrived for it';
  if (options.json) {
    const runs = reports.map(reportJson);
    console.log(JSON.stringify({ asked: words.join(' '), runs, more, ...(runs.length === 0 ? { none } : {}) }));
  } else if (reports.length === 0) {
    console.log(none);
  } else {
    const rest = more > 0 ? [`and ${more} more runs: add a value to select one, such as shop=tokyo`] : [];
    console.log([...reports.map((report) => reportLines(report).join('\n')), ...rest].join('\n\n'));
  }
  return reports.length > 0 ? EXIT.fine : EXIT.problem;
};

const explainCommand = (program: Command) =>
  program
    .command('explain')
    .summary('show everything about a file, a job or a run')
    .description(
      'Shows which feed and slot a file fills, what its run has and what is missing, who claimed the run, its job with attempt and progress, and where the log is.',
    )
    .argument('<what...>', 'an S3 URI, the id or name of a job, or a feed and a date (and shop=tokyo)');

/** Adds the command. */
export const addExplain = (program: Command) =>
  withHelp(withStackOptions(explainCommand(program)), {
    examples: [
      'explain s3://northwind-landing/sales/20261122/_SUCCESS',
      'explain northwind-sales 2026-11-22',
      'explain northwind-catalog 2026-11-22 shop=tokyo --json',
      'explain 4c7f0f2e-6c58-4b5e-8d3f-0d6d6f4f2a11',
    ],
    actions: [
      ['dynamodb:Query', 'the ledger table and its index runs'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['batch:DescribeJobs', '*'],
    ],
    fine: 'a run was found',
    problem: 'no run was found',
  }).action((words, options) => perform((signal) => explain(words, options, signal)));
