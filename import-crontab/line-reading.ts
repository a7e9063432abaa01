/** Says of a cron line what it does, how sure that is, and what a person must decide. */
import type { ClosedPrograms } from './closed-programs.ts';
import type { CronJob, CronLine } from './crontab.ts';
import { describeText } from './known-text.ts';
import type { LinePlans } from './plan.ts';
import type { Proposal, Proposals } from './proposals.ts';
import { flattened, type Remark, type TraceEvent } from './trace-events.ts';

export type LineKind =
  | 'polls for a file'
  | 'time-driven'
  | 'called by another'
  | 'starts with the machine'
  | 'not understood'
  | 'broken'
  | 'setting'
  | 'comment'
  | 'blank';

/** How sure the reading of a line is; `none` where there is nothing to be sure of. */
export type Confidence = 'sure' | 'likely' | 'guess' | 'none';

export type LineReading = {
  readonly line: number;
  readonly text: string;
  readonly kind: LineKind;
  readonly confidence: Confidence;
  readonly understood: readonly string[];
  /** The questions that a person must decide. */
  readonly decide: readonly string[];
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
  /** Names of the feeds that take its place. */
  readonly feeds: readonly string[];
};

/** A line that starts a job, and what was found by following it. */
export type TracedLine = {
  readonly line: CronLine;
  readonly job: CronJob;
  readonly events: readonly TraceEvent[];
  readonly planned: LinePlans;
  readonly closed: ClosedPrograms;
  /** Remarks about the line itself. */
  readonly remarks: readonly Remark[];
};

export type Overview = {
  readonly traced: readonly TracedLine[];
  readonly proposals: ReadonlyMap<number, readonly Proposal[]>;
  readonly refusals: Proposals['refusals'];
  /** The lines that come to a script. */
  readonly callers: ReadonlyMap<string, readonly number[]>;
};

/** The script that the cron line itself calls. */
export const ownScript = (events: readonly TraceEvent[]): string | undefined =>
  events.flatMap((event) => (event.kind === 'call' ? [event.script] : [])).at(0);

/** Lists the scripts that a line comes to, each once. */
export const scriptsOf = (events: readonly TraceEvent[]): string[] => [
  ...new Set(flattened(events).flatMap((event) => (event.kind === 'call' ? [event.script] : []))),
];

/** The arguments with which a line calls a script first. */
const argumentsOf = (events: readonly TraceEvent[], script: string | undefined): string => {
  const call = flattened(events).find((event) => event.kind === 'call' && event.script === script);
  return call?.kind === 'call' ? call.words.slice(1).map(describeText).join(' ') : '';
};

const sameArguments = (one: string, other: string): boolean => one === other || one === '' || other === '';

/** The other lines that call the script of a line on their way to more. */
const callersOf = ({ line, events }: TracedLine, { callers, traced }: Overview): number[] => {
  const script = ownScript(events);
  const own = argumentsOf(events, script);
  const isOuter = (number: number): boolean =>
    number !== line.number &&
    traced.some(
      (other) =>
        other.line.number === number &&
        ownScript(other.events) !== script &&
        sameArguments(own, argumentsOf(other.events, script)),
    );

  return script === undefined ? [] : (callers.get(script) ?? []).filter(isOuter);
};

const followsOthers = (proposals: readonly Proposal[]): boolean => {
  const names = new Set(proposals.map(({ feed }) => feed.name));
  const slots = proposals.flatMap(({ feed }) => Object.values(feed.slots));

  return (
    slots.some((slot) => 'feed' in slot && !names.has(slot.feed)) &&
    !slots.some((slot) => 'files' in slot || 'at' in slot)
  );
};

const isUnread = ({ planned: { remarks } }: TracedLine): boolean => remarks.some(({ weight }) => weight === 'doubt');

const kindOf = (each: TracedLine, proposals: readonly Proposal[], callers: readonly number[]): LineKind => {
  const { planned, closed, job } = each;
  if (job.time.kind === 'reboot') {
    return 'starts with the machine';
  }
  if (callers.length > 0 || followsOthers(proposals)) {
    return 'called by another';
  }
  if (!planned.isWaiting && (closed.scripts.length > 0 || (planned.plans.length === 0 && isUnread(each)))) {
    return 'not understood';
  }
  return planned.isWaiting ? 'polls for a file' : 'time-driven';
};

const decide = (text: string): Remark => ({ weight: 'decide', text });
const unread = (text: string): Remark => ({ weight: 'unread', text });

const openQuestions = (each: TracedLine, callers: readonly number[]): Remark[] => {
  const { planned, job, closed } = each;
  const isReboot = job.time.kind === 'reboot';
  const isIdle = planned.plans.length === 0 && !planned.isUpkeep && closed.scripts.length === 0 && !isReboot;
  return [
    ...(job.time.kind === 'times' ? job.time.questions.map(unread) : []),
    ...(isReboot ? [decide('does anything of it have to go on running? A feed is not a service')] : []),
    ...(callers.length > 0 ? [unread(`lines ${callers.join(', ')} call the same script: it would run twice`)] : []),
    ...(planned.isUpkeep && planned.plans.length === 0 && !isReboot
      ? [
          decide(
            'it only moves or tidies up files: is that needed once the server is gone? If so, S3 lifecycle rules do it',
          ),
        ]
      : []),
    ...(isIdle ? [decide('it only looks, tidies up or tells people: is that needed once the server is gone?')] : []),
    ...(planned.isWaiting ? [] : closed.scripts).map((program) =>
      decide(`${program} is not among the scripts (--scripts), so it may or may not wait for a file`),
    ),
    ...(planned.isWaiting ? closed.scripts : []).map((program) =>
      unread(`${program} is not among the scripts (--scripts)`),
    ),
    ...(job.input === undefined ? [] : [unread('cron gives input to the command: the job has to bring it along')]),
  ];
};

const refusalsOf = (number: number, { refusals }: Overview): Remark[] =>
  [...refusals]
    .filter(([, refusal]) => refusal.line === number)
    .flatMap(([name, { reasons }]) => reasons.map((reason) => unread(`no feed ${name} was made: ${reason}`)));

const confidenceOf = (kind: LineKind, remarks: readonly Remark[]): Confidence => {
  if (kind === 'not understood') {
    return 'none';
  }
  const count = remarks.filter(({ weight }) => weight === 'doubt' || weight === 'unread').length;
  if (count === 0) {
    return 'sure';
  }
  return count === 1 ? 'likely' : 'guess';
};

const distinct = (remarks: readonly Remark[]): Remark[] => [
  ...new Map(remarks.map((remark) => [remark.text, remark])).values(),
];

/** Reads a line that starts a job. */
export const readJobLine = (each: TracedLine, overview: Overview): LineReading => {
  const { line, job, planned, closed } = each;
  const proposals = overview.proposals.get(line.number) ?? [];
  const refused = refusalsOf(line.number, overview);
  const callers = callersOf(each, overview);
  const kind = kindOf(each, proposals, callers);
  const user =
    job.user === undefined
      ? []
      : [{ weight: 'note', text: `runs as ${job.user}: the rights are those of the job role now` } as const];
  const isLost = kind === 'polls for a file' && proposals.length + refused.length === 0;
  const remarks = distinct([
    ...each.remarks,
    ...job.remarks.map((text): Remark => ({ weight: 'note', text })),
    ...user,
    ...openQuestions(each, callers),
    ...planned.remarks,
    ...closed.remarks,
    ...proposals.flatMap((proposal) => proposal.remarks),
    ...refused,
    ...(isLost ? [unread('no feed was made: nothing was found that is done once the file is there')] : []),
  ]);
  const textsOf = (...weights: readonly Remark['weight'][]): string[] =>
    remarks.flatMap(({ weight, text }) => (weights.includes(weight) ? [text] : []));
  const understood = proposals.flatMap((proposal) => proposal.understood);
  const nothing = proposals.length + refused.length === 0 ? [`comes to \`${job.command}\``] : [];

  return {
    line: line.number,
    text: line.text,
    kind,
    confidence: confidenceOf(kind, remarks),
    understood: [...new Set([...understood, ...nothing])],
    decide: textsOf('decide', 'unread'),
    doubts: textsOf('doubt'),
    notes: textsOf('note'),
    feeds: proposals.map(({ feed }) => feed.name),
  };
};
