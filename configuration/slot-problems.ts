import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { hasRunForEachObject } from '../shared/feeds/match-feeds.ts';
import type { Template } from '../shared/feeds/template.ts';
import { describeTextProblem } from '../shared/feeds/text-problem.ts';
import { isName, RESERVED_NAMES } from './parse-template.ts';

/** Lists what a template tells about the run of a file: `{date:yyyy}`, `{shop}`. */
export const bindingsOf = ({ parts }: Template): readonly string[] => {
  const units = DATE_UNITS.filter((unit) => parts.some((part) => part.kind === 'date' && part.unit === unit));

  return [
    ...units.map((unit) => `{date:${unit}}`),
    ...parts.flatMap((part) => (part.kind === 'capture' ? [`{${part.name}}`] : [])),
  ];
};

/** Tells whether a template can match several files of one run. */
export const hasStar = ({ parts }: Template): boolean => parts.some(({ kind }) => kind === 'any');

/** Tells whether a slot has exactly one file in a run, which a value can then name. */
export const hasOneFile = (feed: Pick<Feed, 'slots'>, { template }: FileSlot): boolean =>
  !hasStar(template) || hasRunForEachObject(feed);

/** Says why a slot cannot have this name. */
export const slotNameProblem = (name: string): string | undefined => {
  if (!isName(name)) {
    return 'a slot is named by a letter, then at most 39 letters, digits, "_" or "-"';
  }
  return RESERVED_NAMES.includes(name) ? `{${name}} means something else in a job, use another name` : undefined;
};

/** Captures that are called like a slot, so that a placeholder could mean either. */
const namedLikeSlots = ({ slots }: Feed, { template }: FileSlot): string[] =>
  slots.flatMap(({ name }) => {
    const isCapture = template.parts.some((part) => part.kind === 'capture' && part.name === name);
    const at = template.uri.indexOf(`{${name}}`);

    return isCapture
      ? [describeTextProblem(template.uri, { at, message: `{${name}} is the name of a slot, too` })]
      : [];
  });

const LIST = new Intl.ListFormat('en-GB');

/** Lists what some slots bind and others do not, each under the first slot that binds it. */
const unboundProblems = (feed: Feed): string[] => {
  const slots = fileSlotsOf(feed).map(({ name, template }) => ({ name, bindings: bindingsOf(template) }));
  const lacking = (binding: string): string[] =>
    slots.flatMap(({ name, bindings }) => (bindings.includes(binding) ? [] : [name]));
  const known = new Set<string>();

  return slots.flatMap(({ name, bindings }) =>
    bindings.flatMap((binding) => {
      const names = known.has(binding) ? [] : lacking(binding);
      known.add(binding);
      const [slot, its] = names.length === 1 ? ['slot', 'its'] : ['slots', 'their'];
      return names.length === 0
        ? []
        : [
            `${slot} ${LIST.format(names)}: cannot bind ${binding}, which slot ${name} binds, so which run ${its} files belong to could not be told`,
          ];
    }),
  );
};

const minProblems = (feed: Feed, { min, optional, template }: FileSlot): string[] => {
  if (min === 1) {
    return [];
  }
  if (!hasStar(template)) {
    return [`min ${min} needs a * in the template, which without one matches a single file of a run`];
  }
  if (hasRunForEachObject(feed)) {
    return [`min ${min} is never reached: nothing is captured, so every file is a run of its own`];
  }
  return optional ? [`min ${min} has no effect on an optional slot, which delays nothing`] : [];
};

/** Lists what is wrong with the slots of a feed, each with the slot's name. */
export const slotProblems = (feed: Feed, isTorn: boolean): string[] => {
  const { slots } = feed;
  const files = fileSlotsOf(feed);
  const ofSlots = files.flatMap((slot) =>
    [...namedLikeSlots(feed, slot), ...minProblems(feed, slot)].map(
      (problem) => `slot ${slot.name}${problem.startsWith('position') ? ',' : ':'} ${problem}`,
    ),
  );
  const hasNoBinding =
    files.length > 0 && slots.length > 1 && files.every(({ template }) => bindingsOf(template).length === 0);
  const hasNoRequired = !isTorn && slots.every(({ optional }) => optional);

  return [
    ...ofSlots,
    ...unboundProblems(feed),
    ...(hasNoBinding ? ['slots: several of them need a date or a capture, or their runs could not be told apart'] : []),
    ...(hasNoRequired ? ['slots: at least one must not be optional, or nothing would ever start the job'] : []),
  ];
};
