/** Cuts the work of a cron line into the feeds that could take its place. */
import { type Names, namesFor } from './feed-names.ts';
import { keptCommand, type Level } from './kept-command.ts';
import { describeText, type KnownText } from './known-text.ts';
import type { LineTrace } from './line-trace.ts';
import { distinctWaits, doings, type LinePlans, type Plan, settingAt, timeoutOf, weighs, writesIn } from './plan.ts';
import { type Groups, groupsOf, type Sorted, sortedDoings } from './plan-groups.ts';
import { CHAIN_REMARK, distinctRemarks, ownRemarks } from './plan-remarks.ts';
import { areStages, stagesOf } from './stages.ts';
import { type Act, flattened, type TraceEvent } from './trace-events.ts';
import { triggerOf } from './triggers.ts';

/** Goes down while a stretch does nothing but call one script. */
const innermost = (level: Level, weight: Act['weight']): Level => {
  const [only, ...others] = doings(level.events, weight);
  if (only?.kind !== 'call' || others.length > 0) {
    return level;
  }
  const flat = flattened(level.events);
  const waits = triggerOf(only.when, settingAt(flat, flat.indexOf(only), false)).awaited;
  const isOuter = waits.some(({ place }) => place.script === level.call?.script);
  return isOuter ? level : innermost({ events: only.events, call: only }, weight);
};

/** The script that the cron line itself calls, which is what people call it by. */
const outerWords = (events: readonly TraceEvent[], weight: Act['weight']): readonly KnownText[] => {
  const calls = events.filter((event) => event.kind === 'call' && weighs(event.events, weight));
  const [only] = calls;
  return only?.kind === 'call' && calls.length === 1 ? only.words : [];
};

const singlePlan = (line: LineTrace, level: Level, sorted: readonly Sorted[], groups: Groups, names: Names): Plan => {
  const [first] = sorted;
  const done = new Set(sorted.flatMap(({ trigger }) => [...trigger.done]));
  const marks = new Set([...sorted.flatMap(({ trigger }) => trigger.marks.map(describeText)), ...line.marks]);
  const works = doings(level.events, first?.doing.weight ?? 'work');
  const command = keptCommand({ line, level, works, awaited: groups.common, done, marks });
  const outer = outerWords(line.events, first?.doing.weight ?? 'work');
  const words = outer.length > 0 ? outer : (first?.doing.words ?? []);

  return {
    name: names(...namesFor(words, line.line)),
    line: line.line,
    awaited: groups.common,
    after: [],
    command,
    commandText: command.kind === 'words' ? command.source : line.job.command,
    ...timeoutOf(command.kind === 'words' ? command : {}),
    writes: writesIn(line.events),
    remarks: [],
    isOncePerDate: sorted.some(({ trigger }) => trigger.marks.some((mark) => mark.some(({ kind }) => kind === 'date'))),
    ...(groups.refusal !== undefined && { refusal: groups.refusal }),
  };
};

/** Makes a plan for each command of a line whose commands wait for different files. */
const plansApart = (line: LineTrace, apart: readonly Sorted[], names: Names): Plan[] =>
  apart.map(({ doing, trigger }) => ({
    name: names(...namesFor(doing.words, line.line)),
    line: line.line,
    awaited: distinctWaits(trigger.awaited),
    after: [],
    command: keptCommand({
      line,
      level: { events: [doing] },
      works: [doing],
      awaited: trigger.awaited,
      done: trigger.done,
      marks: line.marks,
    }),
    commandText: doing.text,
    ...timeoutOf(doing),
    writes: [],
    remarks: [
      {
        weight: 'unread',
        text: `the commands of the line wait for different files: \`${doing.text.split('\n')[0]}\` is a feed of its own`,
      },
    ],
    isOncePerDate: false,
  }));

const weightIn = (events: readonly TraceEvent[]): Act['weight'] => {
  const weights: readonly Act['weight'][] = ['work', 'answer', 'upkeep'];
  return weights.find((weight) => weighs(events, weight)) ?? 'work';
};

/** Says which feeds a line could be. */
export const plansOf = (line: LineTrace, names: Names): LinePlans => {
  const weight = weightIn(line.events);
  const sorted = sortedDoings(line, weight);
  const level = innermost({ events: line.events }, weight);
  const works = doings(level.events, weight);
  const calls = works.filter(({ kind }) => kind === 'call');
  const isChain = weight === 'work' && calls.length > 1 && areStages(line, level);
  const own = ownRemarks(level, isChain, line);
  if (isChain) {
    const chain = stagesOf(line, level, names);
    const isWaiting = chain.plans.some(({ awaited }) => awaited.length > 0);
    return {
      plans: chain.plans,
      isUpkeep: false,
      isWaiting,
      remarks: distinctRemarks([...own, ...chain.remarks, CHAIN_REMARK]),
    };
  }
  const groups = groupsOf(sorted);
  const isWaiting = groups.common.length > 0 || groups.apart.length > 0;
  const isUpkeep = weight === 'upkeep';
  const isNothing = works.length === 0 || (isUpkeep && !isWaiting);
  const plans = groups.apart.length > 0 ? plansApart(line, groups.apart, names) : [];
  const single = isNothing || plans.length > 0 ? [] : [singlePlan(line, level, sorted, groups, names)];
  // The conditions of later commands are evaluated by the job itself, which is kept whole.
  const asking = groups.apart.length > 0 ? sorted : sorted.slice(0, 1);
  const triggered = sorted.flatMap((each) =>
    each.trigger.remarks.filter(({ weight }) => weight === 'note' || asking.includes(each)),
  );

  return {
    plans: [...plans, ...single],
    isUpkeep,
    isWaiting,
    remarks: distinctRemarks([...own, ...triggered, ...groups.remarks]),
  };
};
