/** Finds out what all commands of a line wait for together. */
import type { LineTrace } from './line-trace.ts';
import { distinctWaits, pathOf, settingAt } from './plan.ts';
import { type Act, flattened, type Remark } from './trace-events.ts';
import { type Awaited, type Trigger, triggerOf } from './triggers.ts';

export type Sorted = { readonly doing: Act; readonly trigger: Trigger };

/** Sorts the conditions of each command of the line that matters. */
export const sortedDoings = ({ events, isSeldom }: LineTrace, weight: Act['weight']): Sorted[] => {
  const flat = flattened(events);
  return flat.flatMap((event, at) =>
    event.kind === 'act' && event.weight === weight
      ? [{ doing: event, trigger: triggerOf(event.when, settingAt(flat, at, isSeldom)) }]
      : [],
  );
};

/** Commands that run where another command of the line does not: `else`, `||`. */
const isOtherwise = ({ trigger }: Sorted, awaited: readonly Awaited[]): boolean =>
  trigger.isAfterFailure || awaited.some((wait) => trigger.absent.has(pathOf(wait)));

export type Groups = {
  /** The files that all commands of the line wait for. */
  readonly common: readonly Awaited[];
  readonly remarks: readonly Remark[];
  /** Commands that wait for different files, where there is nothing that all wait for. */
  readonly apart: readonly Sorted[];
  readonly refusal?: string;
};

const laterWaits = (others: readonly Sorted[], common: readonly Awaited[]): Remark[] =>
  distinctWaits(others.flatMap(({ trigger }) => trigger.awaited))
    .filter((wait) => !common.some((each) => pathOf(each) === pathOf(wait)))
    .map((wait) => ({
      weight: 'note',
      text: `\`${wait.how}\` is looked at by the job itself, after it has started`,
    }));

export const groupsOf = (all: readonly Sorted[]): Groups => {
  const [first] = all;
  const awaited = distinctWaits(first?.trigger.awaited ?? []);
  const otherwise = all.slice(1).filter((each) => isOtherwise(each, awaited));
  const main = all.filter((each) => !otherwise.includes(each));
  const asides = otherwise.map(
    ({ doing, trigger }): Remark => ({
      weight: 'unread',
      text: trigger.isAfterFailure
        ? `does something else when that fails: \`${doing.text.split('\n')[0]}\``
        : `does something else otherwise: \`${doing.text.split('\n')[0]}\``,
    }),
  );
  const either = first?.trigger.either ?? [];
  const refusal =
    either[0] &&
    `one of ${either[0].map(({ how }) => `\`${how}\``).join(' and ')} is enough: all of the slots of a feed must be filled`;
  if (awaited.length === 0 || refusal !== undefined) {
    const remarks = laterWaits(main, either.flat());
    return {
      common: refusal === undefined ? [] : either.flat(),
      remarks,
      apart: [],
      ...(refusal !== undefined && { refusal }),
    };
  }
  const common = awaited.filter((wait) =>
    main.every(({ trigger }) => trigger.awaited.some((other) => pathOf(other) === pathOf(wait))),
  );
  if (common.length > 0) {
    return { common, remarks: [...asides, ...laterWaits(main, common)], apart: [] };
  }
  const isFree = main.find(({ trigger }) => trigger.awaited.length === 0);
  if (isFree !== undefined) {
    const text = `\`${isFree.doing.text.split('\n')[0]}\` runs also without ${awaited.map(({ how }) => `\`${how}\``).join(' and ')}`;
    return { common: [], remarks: [...asides, { weight: 'unread', text }, ...laterWaits(main, [])], apart: [] };
  }
  return { common: [], remarks: asides, apart: main };
};
