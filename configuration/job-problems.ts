/** Validates the job of a feed. */
import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { BatchJob, Feed } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type PlacedValuePart, readValue } from '../shared/feeds/render.ts';
import { describeTextProblem, type TextProblem } from '../shared/feeds/text-problem.ts';
import { tagProblems } from '../shared/jobs/tag-problems.ts';
import { leastRequestBytes, MAX_REQUEST_BYTES } from '../shared/runs/job-request.ts';
import { scriptProblems } from './script-problems.ts';
import { bindingsOf, hasOneFile } from './slot-problems.ts';
import { didYouMean } from './suggestion.ts';

/** @see https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html */
const MAX_TAGS = 50;

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html */
const MAX_GLOB_LENGTH = 512;

/** A value with placeholders, and its place in the job. */
type Value = {
  readonly place: string;
  readonly text: string;
  /** Whether the job can start without the value, when an optional file in it did not come. */
  readonly canBeLeftOut: boolean;
};

const valuesOf = ({ parameters, command = [], environment, tags }: BatchJob): Value[] => [
  ...Object.entries(parameters).map(([name, text]) => ({ place: `parameter ${name}`, text, canBeLeftOut: true })),
  ...command.map((text, index) => ({ place: `command argument ${index + 1}`, text, canBeLeftOut: false })),
  ...Object.entries(environment).map(([name, text]) => ({
    place: `environment variable ${name}`,
    text,
    canBeLeftOut: true,
  })),
  ...Object.entries(tags).map(([name, text]) => ({ place: `tag ${name}`, text, canBeLeftOut: false })),
];

/**
 * Lists the placeholders for the date and the captures of a run, as the templates of the feed write
 * them.
 */
const runBindings = (feed: Feed): string[] => {
  const { captures, dateUnit } = feed;
  const files = fileSlotsOf(feed);
  if (files.length > 0) {
    return Array.from(new Set(files.flatMap(({ template }) => bindingsOf(template))));
  }
  const units = dateUnit === undefined ? [] : DATE_UNITS.slice(0, DATE_UNITS.indexOf(dateUnit) + 1);

  return [...units.map((unit) => `{date:${unit}}`), ...captures.map((name) => `{${name}}`)];
};

/** Lists all placeholders that values of a feed can have. */
const placeholdersFor = (feed: Feed): string[] => [
  ...runBindings(feed),
  '{feed}',
  '{generation}',
  '{manifest}',
  ...fileSlotsOf(feed)
    .filter((slot) => hasOneFile(feed, slot))
    .flatMap(({ name }) => [`{${name}.uri}`, `{${name}.bucket}`, `{${name}.key}`]),
];

const unknownPlaceholder = (written: string, feed: Feed): string => {
  const known = placeholdersFor(feed);
  const asFile = `${written.slice(0, -1)}.uri}`;
  const hint = known.includes(asFile) ? ` (did you mean ${asFile}?)` : didYouMean(written, known);

  return `${written} is not a placeholder of this feed${hint}; the placeholders are ${known.join(', ')}`;
};

const unboundDate = (written: string, feed: Feed): string => {
  const place = fileSlotsOf(feed).length > 0 ? 'templates of the slots' : 'dates of the runs';

  return `${written} is not in the ${place}, so it has no value`;
};

/**
 * Says why a placeholder has no meaning in a feed. In an incomplete feed, a slot that could not be
 * read might bind the placeholder, so no problem is reported.
 */
const placeholderProblem = (part: PlacedValuePart, feed: Feed, isIncomplete: boolean): string | undefined => {
  const isBound = (binding: string) => runBindings(feed).includes(binding);

  if (part.kind === 'date') {
    const binding = `{date:${part.unit}}`;
    return isIncomplete || isBound(binding) ? undefined : unboundDate(binding, feed);
  }
  if (part.kind === 'capture') {
    const written = `{${part.name}}`;
    return isIncomplete || isBound(written) ? undefined : unknownPlaceholder(written, feed);
  }
  if (part.kind !== 'file') {
    return undefined;
  }
  const slot = fileSlotsOf(feed).find(({ name }) => name === part.slot);
  if (slot === undefined) {
    return isIncomplete ? undefined : unknownPlaceholder(`{${part.slot}.${part.property}}`, feed);
  }
  return hasOneFile(feed, slot)
    ? undefined
    : `slot ${part.slot} can have several files in a run: pass their list, {manifest}`;
};

/** Lists the placeholders of a value that have no meaning in a feed or cannot be read. */
export const placeholderProblems = (text: string, feed: Feed, isIncomplete: boolean): TextProblem[] => {
  const { parts, problems } = readValue(text);
  const unknown = parts.map((part) => ({ at: part.at, message: placeholderProblem(part, feed, isIncomplete) }));

  return [...problems, ...unknown.flatMap(({ at, message }) => (message === undefined ? [] : [{ at, message }]))];
};

/**
 * The placeholder of an optional file must be a whole value, which is left out without the file.
 */
const optionalProblems = ({ text, canBeLeftOut }: Value, feed: Feed): TextProblem[] => {
  const { parts } = readValue(text);

  return parts.flatMap((part) => {
    const isOptional = part.kind === 'file' && feed.slots.some(({ name, optional }) => name === part.slot && optional);
    if (!isOptional || (canBeLeftOut && parts.length === 1)) {
      return [];
    }
    const message = `slot ${part.slot} is optional: its file must be the whole value of a parameter or environment variable, which is left out without the file`;
    return [{ at: part.at, message }];
  });
};

const valueProblems = (value: Value, feed: Feed, isIncomplete: boolean): string[] =>
  [...placeholderProblems(value.text, feed, isIncomplete), ...optionalProblems(value, feed)].map(
    (problem) => `${value.place}, ${describeTextProblem(value.text, problem)}`,
  );

const nameProblems = ({ queue, definition }: BatchJob): string[] => [
  ...(/^[A-Za-z0-9_-]{1,128}$/.test(queue)
    ? []
    : [`queue: "${queue}" is not the name of a queue: at most 128 letters, digits, "_" and "-"`]),
  ...(/^[A-Za-z0-9_-]{1,128}(:[1-9][0-9]*)?$/.test(definition)
    ? []
    : [
        `definition: "${definition}" is not the name of a job definition: at most 128 letters, digits, "_" and "-", and a revision as in name:3`,
      ]),
];

/** The text of a value without its placeholders. */
const literalText = (text: string): string =>
  readValue(text)
    .parts.map((part) => (part.kind === 'literal' ? part.text : ''))
    .join('');

/** A tag with the shortest possible text for each placeholder. */
const leastTag = (text: string): string =>
  readValue(text)
    .parts.map((part) => (part.kind === 'literal' ? part.text : 'x'))
    .join('');

const jobTagProblems = ({ tags }: BatchJob): string[] => {
  const count = Object.keys(tags).length;

  return [
    ...(count > MAX_TAGS ? [`tags: there are ${count}, and Batch allows ${MAX_TAGS}`] : []),
    ...Object.entries(tags).flatMap(([key, value]) =>
      tagProblems(key, leastTag(value)).map((problem) => `tag ${key}: ${problem}`),
    ),
  ];
};

const environmentProblems = ({ environment }: BatchJob): string[] =>
  Object.keys(environment).flatMap((name) => {
    if (name.startsWith('AWS_BATCH')) {
      return [`environment variable ${name}: Batch itself sets the names that start with AWS_BATCH`];
    }
    return name === '' || /[=\0]/.test(name)
      ? [`environment variable ${name}: a name is not empty and has no "=" and no NUL character`]
      : [];
  });

const parameterProblems = ({ parameters }: BatchJob): string[] =>
  Object.keys(parameters).flatMap((name) =>
    name === '' || name.includes('\0')
      ? [`parameter ${JSON.stringify(name)}: a name is not empty and has no NUL character`]
      : [],
  );

/** Lists values that cannot reach a container. */
const passedProblems = (job: BatchJob): string[] =>
  valuesOf({ ...job, tags: {} }).flatMap(({ place, text }) =>
    literalText(text).includes('\0') ? [`${place}: has a NUL character, which a container cannot get`] : [],
  );

/** Finds a `Ref::name` whose name continues in a placeholder. */
const chosenReference = (text: string): string | undefined => {
  const { parts } = readValue(text);
  const chosen = parts.flatMap((part, index) => {
    const next = parts[index + 1];
    const [reference] = (part.kind === 'literal' && /Ref::[A-Za-z0-9_-]*$/.exec(part.text)) || [];
    return reference === undefined || next === undefined || next.kind === 'literal' ? [] : [reference];
  });

  return chosen[0];
};

const referenceProblems = (job: BatchJob): string[] =>
  valuesOf({ ...job, environment: {}, tags: {} }).flatMap(({ place, text }) => {
    const chosen = chosenReference(text);
    return chosen === undefined
      ? []
      : [`${place}: a file name would choose the parameter that replaces "${chosen}…": write the whole name`];
  });

const commandProblems = ({ command = [] }: BatchJob): string[] =>
  command.flatMap((argument, index) =>
    argument === '' ? [`command argument ${index + 1}: Batch does not allow an empty argument`] : [],
  );

/**
 * In Batch all conditions are optional, and the effect of a rule without conditions is not
 * documented.
 */
const conditionProblems = ({ retry }: BatchJob): string[] =>
  (retry?.evaluateOnExit ?? []).flatMap(({ action: _, ...conditions }, index) =>
    Object.keys(conditions).length === 0
      ? [`retry, evaluateOnExit rule ${index + 1}: has no condition: write onStatusReason, onReason or onExitCode`]
      : [],
  );

const globProblems = ({ retry }: BatchJob): string[] =>
  (retry?.evaluateOnExit ?? []).flatMap(({ action: _, ...conditions }, index) =>
    Object.entries(conditions).flatMap(([name, glob]) => {
      const place = `retry, evaluateOnExit rule ${index + 1}, ${name}`;
      if (glob.length === 0 || glob.length > MAX_GLOB_LENGTH) {
        return [`${place}: has ${glob.length} characters, and Batch allows 1 to ${MAX_GLOB_LENGTH}`];
      }
      if (name === 'onExitCode' && !/^[0-9]*\*?$/.test(glob)) {
        return [`${place}: "${glob}" is not an exit code: digits, and * only at the end`];
      }
      return glob.slice(0, -1).includes('*') ? [`${place}: "${glob}" has a * that is not at its end`] : [];
    }),
  );

const shareProblems = ({ shareIdentifier, schedulingPriority }: BatchJob): string[] => {
  if (shareIdentifier === undefined) {
    return schedulingPriority === undefined
      ? []
      : ['schedulingPriority: has an effect only together with shareIdentifier, in a fair-share queue'];
  }
  return /^[A-Za-z0-9]{1,255}\*?$/.test(shareIdentifier)
    ? []
    : [`shareIdentifier: "${shareIdentifier}" is not valid: at most 255 letters and digits, and * only at the end`];
};

const sizeProblems = (feed: Feed): string[] => {
  const bytes = leastRequestBytes(feed);

  return bytes > MAX_REQUEST_BYTES
    ? [`size: the request has at least ${bytes} bytes, and Batch allows ${MAX_REQUEST_BYTES}`]
    : [];
};

/**
 * Lists warnings about the job of a feed.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html
 */
export const jobWarnings = ({ name: feed, job }: Feed): string[] =>
  (job.batch.retry?.evaluateOnExit ?? []).flatMap(({ onReason, onStatusReason }, index) =>
    Object.entries({ onReason, onStatusReason }).flatMap(([name, glob = '']) => {
      const [other] = /[^A-Za-z0-9.:\s*]/u.exec(glob) ?? [];
      return other === undefined
        ? []
        : [
            `feed ${feed}, job, retry, evaluateOnExit rule ${index + 1}, ${name}: "${glob}" has a ${JSON.stringify(other)}, and Batch documents only letters, digits, ".", ":" and white space, with * at the end: the job may be refused`,
          ];
    }),
  );

/**
 * Lists the problems of a feed's job. An incomplete feed lacks a slot, so rules that depend on all
 * slots are skipped.
 */
export const jobProblems = (feed: Feed, isIncomplete: boolean): string[] => {
  const job = feed.job.batch;

  return [
    ...nameProblems(job),
    ...valuesOf(job).flatMap((value) => valueProblems(value, feed, isIncomplete)),
    ...commandProblems(job),
    ...scriptProblems(job),
    ...parameterProblems(job),
    ...environmentProblems(job),
    ...passedProblems(job),
    ...referenceProblems(job),
    ...jobTagProblems(job),
    ...conditionProblems(job),
    ...globProblems(job),
    ...shareProblems(job),
    ...sizeProblems(feed),
  ].map((problem) => `job, ${problem}`);
};
