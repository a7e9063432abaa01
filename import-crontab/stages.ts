/** Follows a parent script: each script that it calls becomes a plan that waits for those before. */
import { type Names, namesFor } from './feed-names.ts';
import { all } from './formula.ts';
import { keptStage, type Level } from './kept-command.ts';
import type { LineTrace } from './line-trace.ts';
import { type Doing, distinctWaits, isDoing, type Plan, pathOf, settingAt, timeoutOf, writesIn } from './plan.ts';
import { remarksIn } from './plan-remarks.ts';
import { type Act, flattened, type Remark, type TraceEvent } from './trace-events.ts';
import { triggerOf } from './triggers.ts';

/** How far a parent script was followed. */
type Chain = {
  readonly plans: readonly Plan[];
  /** The plans that the next one waits for. */
  readonly before: readonly string[];
  /** The plans that run in the background. */
  readonly besides: readonly string[];
  /** The files that are waited for already. */
  readonly known: ReadonlySet<string>;
  readonly remarks: readonly Remark[];
};

/** When the first command of a stage runs. */
const stageWhen = (event: Doing): Act['when'] => {
  if (event.kind === 'act') {
    return event.when;
  }
  const inner = flattened(event.events).find((each) => each.kind === 'act' && each.weight === 'work');
  return inner?.kind === 'act' ? all(event.when, inner.when) : event.when;
};

/** Says whether stages can be feeds: each runs as it stands, on every run, and nothing is moved between them. */
export const areStages = (line: LineTrace, level: Level): boolean => {
  const flat = flattened(line.events);
  const stages = level.events.flatMap((event) => (isDoing(event, 'work') ? [event] : []));
  const hasMoves = level.events.some((event) => event.kind === 'act' && event.weight === 'upkeep');
  return (
    !hasMoves &&
    stages.every((event) => {
      const { remarks, isAfterFailure } = triggerOf(event.when, settingAt(flat, flat.indexOf(event), line.isSeldom));
      const isClean = !remarks.some(({ weight }) => weight === 'unread' || weight === 'doubt');
      return isAfterFailure || (isClean && keptStage({ ...event, isBackground: false }) !== undefined);
    })
  );
};

const planOf = (
  chain: Chain,
  event: Doing,
  line: LineTrace,
  names: Names,
  trigger: ReturnType<typeof triggerOf>,
): Plan => {
  const kept = keptStage({ ...event, isBackground: false });
  return {
    name: names(...namesFor(event.words, line.line)),
    line: line.line,
    awaited: distinctWaits(trigger.awaited).filter((wait) => !chain.known.has(pathOf(wait))),
    after: chain.before,
    command: kept ?? { kind: 'none', environment: new Map(), remarks: [] },
    commandText: event.text,
    ...timeoutOf(event),
    writes: event.kind === 'call' ? writesIn(event.events) : [],
    remarks: event.kind === 'call' ? remarksIn(event.events) : [],
    isOncePerDate: false,
  };
};

const withStage = (chain: Chain, event: Doing, line: LineTrace, flat: readonly TraceEvent[], names: Names): Chain => {
  const trigger = triggerOf(stageWhen(event), settingAt(flat, flat.indexOf(event), line.isSeldom));
  if (trigger.isAfterFailure) {
    const text = `does something else when that fails: \`${event.text.split('\n')[0]}\``;
    return { ...chain, remarks: [...chain.remarks, { weight: 'unread', text }] };
  }
  const plan = planOf(chain, event, line, names, trigger);
  return {
    plans: [...chain.plans, plan],
    before: event.isBackground ? chain.before : [plan.name],
    besides: event.isBackground ? [...chain.besides, plan.name] : chain.besides,
    known: new Set([...chain.known, ...plan.awaited.map(pathOf)]),
    remarks: [...chain.remarks, ...trigger.remarks],
  };
};

/** Makes a plan of each stage. */
export const stagesOf = (
  line: LineTrace,
  level: Level,
  names: Names,
): { readonly plans: readonly Plan[]; readonly remarks: readonly Remark[] } => {
  const flat = flattened(line.events);
  let chain: Chain = { plans: [], before: [], besides: [], known: new Set(), remarks: [] };
  for (const event of level.events) {
    if (event.kind === 'join') {
      chain = { ...chain, before: chain.besides.length > 0 ? chain.besides : chain.before, besides: [] };
    } else if (isDoing(event, 'work')) {
      chain = withStage(chain, event, line, flat, names);
    }
  }
  const { plans, remarks } = chain;
  const last = plans.at(-1);
  const rest = level.events.flatMap((event) => (event.kind === 'write' ? [event.path] : []));
  return last === undefined
    ? { plans, remarks }
    : { remarks, plans: [...plans.slice(0, -1), { ...last, writes: [...last.writes, ...rest] }] };
};
