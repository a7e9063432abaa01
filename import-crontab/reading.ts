/** Reads a crontab and the scripts beside it, and proposes the configuration that takes its place. */
import type { UserConfig } from '../configuration/define.ts';
import type { UserFeed } from '../configuration/define-feed.ts';
import { ConfigurationError, parseConfiguration } from '../configuration/load.ts';
import { closedPrograms } from './closed-programs.ts';
import { type CronJob, type CronLine, type CronTime, readCrontab } from './crontab.ts';
import { createNames, type Names } from './feed-names.ts';
import { literalsOf } from './formula.ts';
import { describeText } from './known-text.ts';
import { type LineReading, type Overview, readJobLine, scriptsOf, type TracedLine } from './line-reading.ts';
import { isZone, readOther } from './other-lines.ts';
import { plansOf } from './plans.ts';
import { type PlannedLine, type Proposal, type Proposals, proposalsFor, type Wishes } from './proposals.ts';
import { createScriptFinder, type ScriptFinder, type Scripts, type Skipped } from './script-finder.ts';
import type { ReadShell } from './shell-steps.ts';
import { type Traced, trace } from './trace.ts';
import { flattened, type Remark, type TraceEvent } from './trace-events.ts';
import { userColumn } from './user-column.ts';

export type CrontabReading = {
  readonly lines: readonly LineReading[];
  /** Scripts that no line comes to. */
  readonly unusedScripts: readonly string[];
  /** Files of the folder that were not read. */
  readonly skipped: readonly Skipped[];
  readonly proposals: readonly Proposal[];
  readonly configuration: UserConfig;
};

export type Sources = {
  readonly crontab: string;
  readonly scripts: Scripts;
  readonly isSystem: boolean;
  /** The encodings of the scripts that are not UTF-8, by path. */
  readonly encodings?: ReadonlyMap<string, string>;
  /** The files of the folder that were not read. */
  readonly skipped?: readonly Skipped[];
};

const isSeldom = (time: CronTime): boolean =>
  time.kind === 'reboot' || (time.minutes.length === 1 && time.hours.length === 1);

const zoneOf = ({ settings }: CronJob, wishes: Wishes): { timeZone?: string } => {
  // TZ is for the commands only: cron goes by the zone of the server. https://manpages.debian.org/stable/cron/crontab.5.en.html
  const zone = settings.get('CRON_TZ');
  return zone === undefined || zone === wishes.timeZone || !isZone(zone) ? {} : { timeZone: zone };
};

type Followed = {
  readonly line: CronLine;
  readonly job: CronJob;
  readonly traced: Traced;
  readonly remarks: readonly Remark[];
};

/** Follows a line; a user column that was not expected is a question. */
const followed = (line: CronLine, job: CronJob, scripts: ScriptFinder, readShell: ReadShell): Followed => {
  const column = userColumn(job, scripts);
  const { command } = column ?? job;
  const remarks: Remark[] =
    column === undefined
      ? []
      : [
          {
            weight: 'unread',
            text: `is this a system crontab (--system)? \`${column.user}\` is taken for the user of the line, not for a program`,
          },
        ];
  const own = { ...job, command };
  return { line, job: own, traced: trace(command, job.settings, { readShell, scripts }), remarks };
};

const encodingRemark = (script: string, encoding: string): Remark =>
  encoding === 'UTF-16'
    ? { weight: 'doubt', text: `${script} is UTF-16, which a shell does not run: it was read as if it were UTF-8` }
    : { weight: 'note', text: `${script} is ${encoding}, and was read so: save it as UTF-8 for the image of the job` };

/** Names the scripts of a line that are not UTF-8. */
const encodingRemarks = (events: readonly TraceEvent[], encodings: Sources['encodings']): Remark[] =>
  [
    ...new Set(
      flattened(events).flatMap((event) => ('script' in event && event.script !== undefined ? [event.script] : [])),
    ),
  ].flatMap((script) => {
    const encoding = encodings?.get(script);
    return encoding === undefined ? [] : [encodingRemark(script, encoding)];
  });

/** Lists the files that the conditions of a line look at. */
const pathsOf = (events: readonly TraceEvent[]): string[] =>
  flattened(events).flatMap((event) =>
    'when' in event
      ? literalsOf(event.when).flatMap(({ atom }) => (atom.kind === 'file' ? [describeText(atom.check.path)] : []))
      : [],
  );

const plannedLine = (
  { line, job, traced, remarks }: Followed,
  marks: ReadonlySet<string>,
  scripts: ScriptFinder,
  names: Names,
  encodings: Sources['encodings'],
): TracedLine => ({
  line,
  job,
  events: traced.events,
  remarks: [...remarks, ...encodingRemarks(traced.events, encodings)],
  closed: closedPrograms(traced.events, scripts),
  planned: plansOf({ line: line.number, job, ...traced, isSeldom: isSeldom(job.time), marks }, names),
});

/** Takes a line only where it can be understood, and is run by cron at all. */
const isPlannable = ({ job, planned, closed }: TracedLine): boolean =>
  job.time.kind === 'times' && (planned.isWaiting || closed.scripts.length === 0);

const configurationOf = (feeds: readonly UserFeed[], { calendars }: Proposals, { timeZone }: Wishes): UserConfig => {
  const used = new Set(feeds.map(({ calendar }) => calendar));
  const needed = Object.entries(calendars).filter(([name]) => used.has(name));

  return { timeZone, ...(needed.length > 0 && { calendars: Object.fromEntries(needed) }), feeds };
};

const problemsOf = (configuration: UserConfig): readonly string[] => {
  try {
    parseConfiguration(configuration, 'The proposed configuration');
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.problems;
    }
    throw error;
  }
};

const feedsNamedIn = (problem: string): string[] => {
  const [, first, others = ''] = /^feeds? ([a-z0-9-]+)(?:[,:]|((?: (?:and|->) [a-z0-9-]+)+))/.exec(problem) ?? [];
  return first === undefined ? [] : [first, ...others.split(/ (?:and|->) /)];
};

/** Takes out what the schema does not take, and says why: nothing is proposed that cannot be used. */
const accepted = (
  proposed: Proposals,
  wishes: Wishes,
): { readonly proposals: readonly Proposal[]; readonly refusals: Proposals['refusals'] } => {
  const refusals = new Map(proposed.refusals);
  let proposals = proposed.proposals;
  for (;;) {
    const feeds = proposals.map(({ feed }) => feed);
    const problems = problemsOf(configurationOf(feeds, proposed, wishes));
    const named = new Map<string, string[]>();
    for (const problem of problems) {
      for (const name of feedsNamedIn(problem)) {
        named.set(name, [...(named.get(name) ?? []), problem]);
      }
    }
    const refused = proposals.filter(({ feed }) => named.has(feed.name));
    if (problems.length > 0 && refused.length === 0) {
      throw new ConfigurationError(problems, 'The proposed configuration');
    }
    if (refused.length === 0) {
      return { proposals, refusals };
    }
    for (const { feed, line } of refused) {
      refusals.set(feed.name, { line, reasons: named.get(feed.name) ?? [] });
    }
    proposals = proposals.filter((proposal) => !refused.includes(proposal));
  }
};

const grouped = <Value>(values: readonly Value[], keysOf: (value: Value) => readonly (string | number)[]) => {
  const groups = new Map<string | number, Value[]>();
  for (const value of values) {
    for (const key of keysOf(value)) {
      groups.set(key, [...(groups.get(key) ?? []), value]);
    }
  }
  return groups;
};

const overviewOf = (
  traced: readonly TracedLine[],
  proposals: readonly Proposal[],
  refusals: Proposals['refusals'],
): Overview => {
  const byScript = grouped(traced, ({ events }) => scriptsOf(events));
  const byLine = grouped(proposals, ({ line }) => [line]);
  return {
    traced,
    refusals,
    proposals: new Map([...byLine].map(([line, of]) => [Number(line), of])),
    callers: new Map([...byScript].map(([script, of]) => [String(script), of.map(({ line }) => line.number)])),
  };
};

const usedScripts = (events: readonly TraceEvent[], scripts: ScriptFinder): string[] =>
  flattened(events).flatMap((event) => {
    if (event.kind === 'call') {
      return [event.script];
    }
    if (event.kind === 'source') {
      return event.script === undefined ? [] : [event.script];
    }
    const found = event.kind === 'act' ? event.words.map(scripts.find) : [];
    return found.flatMap((each) => (each.kind === 'found' ? [each.path] : []));
  });

/**
 * Reads a crontab.
 *
 * @throws ConfigurationError when what was wished for, such as the time zone, fits no configuration.
 */
export const readCrontabAndScripts = (sources: Sources, wishes: Wishes, readShell: ReadShell): CrontabReading => {
  const lines = readCrontab(sources.crontab, sources.isSystem);
  const names = createNames();
  const scripts = createScriptFinder(sources.scripts, sources.skipped);
  const all = lines.flatMap((line) =>
    line.entry.kind === 'job' ? [followed(line, line.entry, scripts, readShell)] : [],
  );
  const marks = new Set(all.flatMap(({ traced }) => pathsOf(traced.events)));
  const traced = all.map((each) => plannedLine(each, marks, scripts, names, sources.encodings));
  const planned = traced.filter(isPlannable).map(
    ({ line, job, planned: { plans } }): PlannedLine => ({
      line: line.number,
      time: job.time,
      ...zoneOf(job, wishes),
      plans,
    }),
  );
  const proposed = proposalsFor(planned, wishes);
  const { proposals, refusals } = accepted(proposed, wishes);
  const overview = overviewOf(traced, proposals, refusals);
  const byLine = new Map(traced.map((each) => [each.line, each]));
  const used = new Set(traced.flatMap(({ events }) => usedScripts(events, scripts)));

  return {
    lines: lines.map((line) => {
      const each = byLine.get(line);
      return each === undefined ? readOther(line) : readJobLine(each, overview);
    }),
    unusedScripts: [...sources.scripts.keys()].filter((path) => !used.has(path)).sort(),
    skipped: sources.skipped ?? [],
    proposals,
    configuration: configurationOf(
      proposals.map(({ feed }) => feed),
      proposed,
      wishes,
    ),
  };
};
