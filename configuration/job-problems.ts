import { DATE_UNITS } from '../shared/feeds/dates.ts';
import type { BatchJob, Feed } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type PlacedValuePart, readValue } from '../shared/feeds/render.ts';
import { describeTextProblem, type TextProblem } from '../shared/feeds/text-problem.ts';
import { tagProblems } from '../shared/jobs/tag-problems.ts';
import { leastRequestBytes, MAX_REQUEST_BYTES } from '../shared/runs/job-request.ts';
import { bindingsOf, hasOneFile } from './slot-problems.ts';
import { didYouMean } from './suggestion.ts';

/** @see https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html */
const MAX_TAGS = 50;

/** @see https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html */
const MAX_GLOB_LENGTH = 512;

/** A value with placeholders, and where it stands. */
type Value = {
  readonly place: string;
  readonly text: string;
  /** Whether the job can do without it, as when it names an optional file that did not come. */
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

/** Lists what tells the runs of a feed apart, as placeholders: in the words of its templates, where it has any. */
const runBindings = (feed: Feed): string[] => {
  const { captures, dateUnit } = feed;
  const files = fileSlotsOf(feed);
  if (files.length > 0) {
    return Array.from(new Set(files.flatMap(({ template }) => bindingsOf(template))));
  }
  const units = dateUnit === undefined ? [] : DATE_UNITS.slice(0, DATE_UNITS.indexOf(dateUnit) + 1);

  return [...units.map((unit) => `{date:${unit}}`), ...captures.map((name) => `{${name}}`)];
};

/** All placeholders that values of a feed can hold. */
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

  return `${written} is no placeholder here${hint}; there are ${known.join(', ')}`;
};

const unboundDate = (written: string, feed: Feed): string => {
  const place = fileSlotsOf(feed).length > 0 ? 'templates of the slots' : 'dates of the runs';

  return `${written} is not in the ${place}, so it has no value`;
};

/** Says why a placeholder has no meaning in a feed; what a slot that could not be read might bind is not asked for. */
const placeholderProblem = (part: PlacedValuePart, feed: Feed, isTorn: boolean): string | undefined => {
  const isBound = (binding: string) => runBindings(feed).includes(binding);

  if (part.kind === 'date') {
    const binding = `{date:${part.unit}}`;
    return isTorn || isBound(binding) ? undefined : unboundDate(binding, feed);
  }
  if (part.kind === 'capture') {
    const written = `{${part.name}}`;
    return isTorn || isBound(written) ? undefined : unknownPlaceholder(written, feed);
  }
  if (part.kind !== 'file') {
    return undefined;
  }
  const slot = fileSlotsOf(feed).find(({ name }) => name === part.slot);
  if (slot === undefined) {
    return isTorn ? undefined : unknownPlaceholder(`{${part.slot}.${part.property}}`, feed);
  }
  return hasOneFile(feed, slot)
    ? undefined
    : `slot ${part.slot} can have several files in a run, pass their list as {manifest} instead`;
};

/** Lists the placeholders of a value that have no meaning in a feed, and what cannot be read at all. */
export const placeholderProblems = (text: string, feed: Feed, isTorn: boolean): TextProblem[] => {
  const { parts, problems } = readValue(text);
  const unknown = parts.map((part) => ({ at: part.at, message: placeholderProblem(part, feed, isTorn) }));

  return [...problems, ...unknown.flatMap(({ at, message }) => (message === undefined ? [] : [{ at, message }]))];
};

/** An optional file has no text to put between other text, so its placeholder is a whole value, which can be left out. */
const optionalProblems = ({ text, canBeLeftOut }: Value, feed: Feed): TextProblem[] => {
  const { parts } = readValue(text);

  return parts.flatMap((part) => {
    const isOptional = part.kind === 'file' && feed.slots.some(({ name, optional }) => name === part.slot && optional);
    if (!isOptional || (canBeLeftOut && parts.length === 1)) {
      return [];
    }
    const message = `slot ${part.slot} is optional: its file may only be the whole value of a parameter or environment variable, which is left out when it did not come`;
    return [{ at: part.at, message }];
  });
};

const valueProblems = (value: Value, feed: Feed, isTorn: boolean): string[] =>
  [...placeholderProblems(value.text, feed, isTorn), ...optionalProblems(value, feed)].map(
    (problem) => `${value.place}, ${describeTextProblem(value.text, problem)}`,
  );

const nameProblems = ({ queue, definition }: BatchJob): string[] => [
  ...(/^[A-Za-z0-9_-]{1,128}$/.test(queue)
    ? []
    : [`queue: "${queue}" is no name of a queue: at most 128 letters, digits, "_" and "-"`]),
  ...(/^[A-Za-z0-9_-]{1,128}(:[1-9][0-9]*)?$/.test(definition)
    ? []
    : [
        `definition: "${definition}" is no name of a job definition: at most 128 letters, digits, "_" and "-", and a revision as in name:3`,
      ]),
];

/** Text that stands in the value itself, without what its placeholders will bring. */
const literalText = (text: string): string =>
  readValue(text)
    .parts.map((part) => (part.kind === 'literal' ? part.text : ''))
    .join('');

/** A tag in which each placeholder is the shortest that it can become. */
const leastTag = (text: string): string =>
  readValue(text)
    .parts.map((part) => (part.kind === 'literal' ? part.text : 'x'))
    .join('');

const jobTagProblems = ({ tags }: BatchJob): string[] => {
  const count = Object.keys(tags).length;

  return [
    ...(count > MAX_TAGS ? [`tags: there are ${count}, Batch takes ${MAX_TAGS}`] : []),
    ...Object.entries(tags).flatMap(([key, value]) =>
      tagProblems(key, leastTag(value)).map((problem) => `tag ${key}: ${problem}`),
    ),
  ];
};

const environmentProblems = ({ environment }: BatchJob): string[] =>
  Object.keys(environment).flatMap((name) => {
    if (name.startsWith('AWS_BATCH')) {
      return [`environment variable ${name}: names that start with AWS_BATCH are set by Batch`];
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

/** Lists what would reach a container, or the substitution that Batch does for it, as something else than it says. */
const passedProblems = (job: BatchJob): string[] =>
  valuesOf({ ...job, tags: {} }).flatMap(({ place, text }) =>
    literalText(text).includes('\0') ? [`${place}: has a NUL character, which no container takes`] : [],
  );

/** A `Ref::name` whose name goes on in a placeholder. */
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
      : [`${place}: data would choose which parameter Batch puts for "${chosen}…", write the whole name`];
  });

const SHELLS = ['sh', 'bash', 'rbash', 'dash', 'ash', 'zsh', 'ksh', 'mksh', 'fish', 'csh', 'tcsh'];

const programOf = (argument: string): string => argument.slice(argument.lastIndexOf('/') + 1);

/** Finds the script in `sh -c script`, also in `bash -o pipefail -c script`. */
const shellScript = (command: readonly string[], shell: number): number[] => {
  let takesScript = false;
  let index = shell + 1;
  for (let option = command[index]; option !== undefined && /^[-+]/.test(option); option = command[index]) {
    takesScript ||= /^-[A-Za-z]*c/.test(option);
    // These are followed by the name of an option or of a file.
    index += /^[-+][A-Za-z]*[oO]|^--(?:rcfile|init-file)$/.test(option) ? 2 : 1;
  }
  return takesScript ? [index] : [];
};

/** Finds what `su` hands to a shell, in whatever place: `su app -c script`, `su --command=script`. */
const suScripts = (command: readonly string[], su: number): number[] =>
  command.flatMap((option, index) => {
    if (index <= su) {
      return [];
    }
    if (/^-[A-Za-z]*c$|^--(?:session-)?command$/.test(option)) {
      return [index + 1];
    }
    return /^-[A-Za-z]*c|^--(?:session-)?command=/.test(option) ? [index] : [];
  });

/** Finds the text that `env -S` makes a command of. */
const envScripts = (command: readonly string[], env: number): number[] => {
  let index = env + 1;
  for (let option = command[index]; option !== undefined && /^-|=/.test(option); option = command[index]) {
    if (/^-[A-Za-z0-9]*S$|^--split-string$/.test(option)) {
      return [index + 1];
    }
    if (/^-[a-z0-9]*S|^--split-string=/.test(option)) {
      return [index];
    }
    index += /^-[a-z0-9]*[uC]$|^--(?:unset|chdir)$/.test(option) ? 2 : 1;
  }
  return [];
};

/** Finds the arguments that become commands. */
const scriptIndexes = (command: readonly string[]): number[] => {
  const found = command.flatMap((argument, index) => {
    const program = programOf(argument);
    if (program === 'su' || program === 'runuser') {
      return suScripts(command, index);
    }
    if (program === 'env') {
      return envScripts(command, index);
    }
    return SHELLS.includes(program) ? shellScript(command, index) : [];
  });

  return [...new Set(found)];
};

const comesFromKey = (text: string): boolean =>
  readValue(text).parts.some((part) => part.kind === 'capture' || (part.kind === 'file' && part.property !== 'bucket'));

const WAY = 'pass it as an argument of the script ("$1") or as an environment variable';

/** Keeps what a provider calls a file from being run as a command. */
const scriptProblems = ({ command = [], parameters, environment }: BatchJob): string[] => {
  const namesFromKey = Object.entries(parameters).flatMap(([name, value]) => (comesFromKey(value) ? [name] : []));
  const substitutedIn = (text: string): string[] => namesFromKey.filter((name) => text.includes(`Ref::${name}`));

  return scriptIndexes(command).flatMap((index) => {
    const script = command[index] ?? '';
    const place = `command argument ${index + 1}`;
    const others = [...command.slice(index + 1), ...Object.values(environment)];
    const getsKey = others.some((text) => comesFromKey(text) || substitutedIn(text).length > 0);

    return [
      ...(comesFromKey(script) ? [`${place}: what comes from a key never becomes part of a shell script, ${WAY}`] : []),
      ...substitutedIn(script).map(
        (name) => `${place}: Ref::${name} would put what comes from a key into a shell script, ${WAY}`,
      ),
      ...(getsKey && /\beval\b/.test(script)
        ? [`${place}: eval would run what comes from a key as a command, use "$1" or the environment variable as it is`]
        : []),
    ];
  });
};

const commandProblems = ({ command = [] }: BatchJob): string[] =>
  command.flatMap((argument, index) =>
    argument === '' ? [`command argument ${index + 1}: Batch takes no empty argument`] : [],
  );

/** Batch has all conditions optional, and does not say what a rule without any does. */
const conditionProblems = ({ retry }: BatchJob): string[] =>
  (retry?.evaluateOnExit ?? []).flatMap(({ action: _, ...conditions }, index) =>
    Object.keys(conditions).length === 0
      ? [`retry, evaluateOnExit rule ${index + 1}: has no condition: it takes onStatusReason, onReason or onExitCode`]
      : [],
  );

const globProblems = ({ retry }: BatchJob): string[] =>
  (retry?.evaluateOnExit ?? []).flatMap(({ action: _, ...conditions }, index) =>
    Object.entries(conditions).flatMap(([name, glob]) => {
      const place = `retry, evaluateOnExit rule ${index + 1}, ${name}`;
      if (glob.length === 0 || glob.length > MAX_GLOB_LENGTH) {
        return [`${place}: has ${glob.length} characters, Batch takes 1 to ${MAX_GLOB_LENGTH}`];
      }
      if (name === 'onExitCode' && !/^[0-9]*\*?$/.test(glob)) {
        return [`${place}: "${glob}" is no exit code: digits, and * only at the end`];
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
    : [`shareIdentifier: "${shareIdentifier}" is none: at most 255 letters and digits, and * only at the end`];
};

const sizeProblems = (feed: Feed): string[] => {
  const bytes = leastRequestBytes(feed);

  return bytes > MAX_REQUEST_BYTES
    ? [`size: the request has at least ${bytes} bytes, a request to Batch has at most ${MAX_REQUEST_BYTES}`]
    : [];
};

/**
 * Lists what is doubtful about the job of a feed.
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

/** Lists what is wrong with the job of a feed; what depends on all slots is not asked when one of them could not be read. */
export const jobProblems = (feed: Feed, isTorn: boolean): string[] => {
  const job = feed.job.batch;

  return [
    ...nameProblems(job),
    ...valuesOf(job).flatMap((value) => valueProblems(value, feed, isTorn)),
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
