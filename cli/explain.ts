/** `breakaway explain`: all that is known of a file, a job or a run. */
import type { Command } from 'commander';
import type { Configuration } from '../configuration/configuration.ts';
import { loadConfiguration } from '../configuration/load.ts';
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
import { readPlace } from './match.ts';
import { startProgress } from './progress.ts';
import { isNamed, readRunName } from './run-names.ts';
import {
  EXIT,
  enterStack,
  perform,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';

/** The id of a job, of a child of an array job, or of a node. */
const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}([:#]\d+)?$/;

const JOB_NAME = /^breakaway-.*-[0-9a-f]{12}$/;

/** More stories than these nobody reads. */
const MOST_RUNS = 20;

/** The runs that are meant, and why there are none. */
type Meant = { readonly keys: readonly RunKey[]; readonly none: string };

type Readers = {
  readonly ledger: ReturnType<typeof createLedger>;
  readonly runsOf: ReturnType<typeof createRunListing>;
  readonly historyOf: ReturnType<typeof createRunHistory>;
  readonly describe: ReturnType<typeof createJobDetails>['describe'];
};

const runsOfJob = async (word: string, { ledger, describe }: Readers, signal: AbortSignal): Promise<Meant> => {
  if (JOB_NAME.test(word)) {
    const owner = await ledger.runOfJob(word, signal);
    return { keys: owner === undefined ? [] : [owner.run], none: `The ledger knows no job of the name ${word}` };
  }
  const [job] = await describe([parentId(word)], signal);
  if (job === undefined) {
    return {
      keys: [],
      none: `AWS Batch knows no job ${word}: it keeps ended jobs for seven days. Ask by feed and date, or by the name of the job`,
    };
  }
  const owner = await ledger.runOfJob(job.name, signal);
  return {
    keys: owner === undefined ? [] : [owner.run],
    none: `Job ${job.name} (${job.status}, queue ${job.queue}) belongs to no run of this stack`,
  };
};

const meant = async (
  words: readonly string[],
  { feeds }: Pick<Configuration, 'feeds'>,
  readers: Readers,
  signal: AbortSignal,
): Promise<Meant> => {
  const [word = ''] = words;
  if (word.startsWith('s3://')) {
    const matches = matchObject(feeds, readPlace(words.join(' ')));
    return {
      keys: matches.map(({ run }) => run),
      none: `No feed waits for ${words.join(' ')}: try \`breakaway match\``,
    };
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
  return { keys, none: `Nothing is known of ${words.join(' ')}: nothing of it has come` };
};

const storyOf = async (
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
    held: waitingDependents(feeds, key),
    now: new Date(),
    timeZone,
    ...(feed === undefined ? {} : { feed }),
    ...(job === undefined ? {} : { job }),
  };
};

const explain = async (words: readonly string[], options: StackOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const readers: Readers = {
    ledger: createLedger({ tableName }),
    runsOf: createRunListing({ tableName }),
    historyOf: createRunHistory({ tableName }),
    describe: createJobDetails().describe,
  };
  const { keys, none } = await meant(words, configuration, readers, signal);
  const progress = startProgress();
  const stories: RunReport[] = [];
  try {
    for (const key of keys.slice(0, MOST_RUNS)) {
      progress.say(`${stories.length + 1} of ${keys.length} runs`);
      const story = await storyOf(key, configuration, readers, signal);
      stories.push(...(story === undefined ? [] : [story]));
    }
  } finally {
    progress.end();
  }
  const unknown = keys.length === 0 ? none : 'A feed waits for it, but nothing of its run has come';
  if (options.json) {
    console.log(
      JSON.stringify({
        asked: words.join(' '),
        runs: stories.map(reportJson),
        more: Math.max(0, keys.length - MOST_RUNS),
        ...(stories.length === 0 ? { none: unknown } : {}),
      }),
    );
  } else {
    const more =
      keys.length > MOST_RUNS ? [`and ${keys.length - MOST_RUNS} more runs: name their values, as in shop=tokyo`] : [];
    console.log(
      stories.length === 0 ? unknown : [...stories.map((story) => reportLines(story).join('\n')), ...more].join('\n\n'),
    );
  }
  return stories.length > 0 ? EXIT.fine : EXIT.problem;
};

/** Adds the command. */
export const addExplain = (program: Command): void => {
  const command = program
    .command('explain')
    .summary('tell all that is known of a file, a job or a run')
    .description(
      'Says which feed and slot a file fills, what its run has and what it misses, who claimed it, which job it became, which attempt that is at, how far it is, and where its log is.',
    )
    .argument('<what...>', 'an S3 URI, the id or name of a job, or a feed and a date (and shop=tokyo)')
    .action((words: string[], options: StackOptions) => perform((signal) => explain(words, options, signal)));
  withHelp(withStackOptions(command), {
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
    fine: 'something is known of it',
    problem: 'nothing is',
  });
};
