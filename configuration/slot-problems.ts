/** Validates the slots of a feed. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { Feed, FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { hasRunForEachObject } from '../shared/feeds/match-feeds.ts';
import type { Template } from '../shared/feeds/template.ts';
import { describeTextProblem } from '../shared/feeds/text-problem.ts';
import { isName, RESERVED_NAMES } from './parse-template.ts';

/**
 * Lists the placeholders of a template that belong to the run of a file: `{date:yyyy}`, `{shop}`.
 */
export const bindingsOf = ({ parts }: Template): readonly string[] => {
  const units = DATE_UNITS.filter((unit) => parts.some((part) => part.kind === 'date' && part.unit === unit));

  return [
    ...units.map((unit) => `{date:${unit}}`),
    ...parts.flatMap((part) => (part.kind === 'capture' ? [`{${part.name}}`] : [])),
  ];
};

/** Tells whether a template can match several files of one run. */
export const hasStar = ({ parts }: Template): boolean => parts.some(({ kind }) => kind === 'any');

/** Tells whether a slot has exactly one file in a run, so that a value can name the file. */
export const hasOneFile = (feed: Pick<Feed, 'slots'>, { template }: FileSlot): boolean =>
  !hasStar(template) || hasRunForEachObject(feed);

/** Says why a slot cannot have this name. */
export const slotNameProblem = (name: string): string | undefined => {
  if (!isName(name)) {
    return 'the name of a slot is a letter, then at most 39 letters, digits, "_" or "-"';
  }
  return RESERVED_NAMES.includes(name) ? `{${name}} has another meaning in a job: use another name` : undefined;
};

/** Lists captures with the name of a slot, since a placeholder could mean both. */
const namedLikeSlots = ({ slots }: Feed, { template }: FileSlot): string[] =>
  slots.flatMap(({ name }) => {
    const isCapture = template.parts.some((part) => part.kind === 'capture' && part.name === name);
    const at = template.uri.indexOf(`{${name}}`);

    return isCapture
      ? [describeTextProblem(template.uri, { at, message: `{${name}} is the name of a slot, too` })]
      : [];
  });

const LIST = new Intl.ListFormat('en-GB');

/** Lists placeholders that are in the templates of some slots only, each at its first slot. */
const unboundProblems = (feed: Feed): string[] => {
  const slots = fileSlotsOf(feed).map(({ name, template }) => ({ name, bindings: bindingsOf(template) }));
  const lacking = (binding: string): string[] =>
    slots.flatMap(({ name, bindings }) => (bindings.includes(binding) ? [] : [name]));
  const known = new Set<string>();

  return slots.flatMap(({ name, bindings }) =>
    bindings.flatMap((binding) => {
      const names = known.has(binding) ? [] : lacking(binding);
      known.add(binding);
      const [slot, lack, its] =
        names.length === 1 ? ['slot', 'its template has', 'its'] : ['slots', 'their templates have', 'their'];
      return names.length === 0
        ? []
        : [
            `${slot} ${LIST.format(names)}: ${lack} no ${binding}, which slot ${name} has, so the run of ${its} files is unknown`,
          ];
    }),
  );
};

const minProblems = (feed: Feed, { min, optional, template }: FileSlot): string[] => {
  if (min === 1) {
    return [];
  }
  if (!hasStar(template)) {
    return [`min ${min} needs a * in the template: without it, a run has a single file`];
  }
  if (hasRunForEachObject(feed)) {
    return [`min ${min} is never reached: the template has no date and no capture, so every file has its own run`];
  }
  return optional ? [`min ${min} has no effect on an optional slot`] : [];
};

/** Lists the problems of a feed's slots, each with the name of the slot. */
export const slotProblems = (feed: Feed, isIncomplete: boolean): string[] => {
  const { slots } = feed;
  const files = fileSlotsOf(feed);
  const ofSlots = files.flatMap((slot) =>
    [...namedLikeSlots(feed, slot), ...minProblems(feed, slot)].map(
      (problem) => `slot ${slot.name}${problem.startsWith('position') ? ',' : ':'} ${problem}`,
    ),
  );
  const hasNoBinding =
    files.length > 0 && slots.length > 1 && files.every(({ template }) => bindingsOf(template).length === 0);
  const hasNoRequired = !isIncomplete && slots.every(({ optional }) => optional);

  return [
    ...ofSlots,
    ...unboundProblems(feed),
    ...(hasNoBinding ? ['slots: several slots need a date or a capture, or all files would belong to one run'] : []),
    ...(hasNoRequired ? ['slots: at least one must not be optional, or nothing would start the job'] : []),
  ];
};
