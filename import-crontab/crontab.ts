/** Reads a crontab line by line, as cron does; nothing of it is run. */

/** When a line is run. */
export type CronTime =
  | {
      readonly kind: 'times';
      /** Five fields, with numbers in place of names. */
      readonly text: string;
      readonly minutes: readonly number[];
      readonly hours: readonly number[];
      /** From 0, which is Sunday. */
      readonly daysOfWeek: readonly number[];
      /** Whether it is run on every day of the month and in every month. */
      readonly isEveryDate: boolean;
      /** Forms that one cron reads otherwise than another. */
      readonly questions: readonly string[];
    }
  | { readonly kind: 'reboot' };

export type CronJob = {
  readonly kind: 'job';
  readonly time: CronTime;
  /** Only in a system crontab. */
  readonly user?: string;
  readonly command: string;
  /** The text behind the first `%`: cron gives it to the command as input. */
  readonly input?: string;
  /** The settings above the line: `MAILTO`, `CRON_TZ`, `PATH`, variables. */
  readonly settings: ReadonlyMap<string, string>;
  /** Oddities of the line that do not keep cron from running it. */
  readonly remarks: readonly string[];
};

export type CronEntry =
  | CronJob
  | { readonly kind: 'blank' }
  /** `disabled` is a job that somebody has commented out. */
  | { readonly kind: 'comment'; readonly disabled?: CronJob }
  | { readonly kind: 'setting'; readonly name: string; readonly value: string }
  | { readonly kind: 'broken'; readonly problem: string };

export type CronLine = { readonly number: number; readonly text: string; readonly entry: CronEntry };

/** @see https://man7.org/linux/man-pages/man5/crontab.5.html */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

type Field = {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
  /** The number of the first name. */
  readonly first: number;
};

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59, names: [], first: 0 },
  { name: 'hour', least: 0, most: 23, names: [], first: 0 },
  { name: 'day of the month', least: 1, most: 31, names: [], first: 0 },
  { name: 'month', least: 1, most: 12, names: MONTHS, first: 1 },
  { name: 'day of the week', least: 0, most: 7, names: DAYS, first: 0 },
];

type Reading<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'problem'; readonly problem: string };

const problem = (text: string): { readonly kind: 'problem'; readonly problem: string } => ({
  kind: 'problem',
  problem: text,
});

const numberIn = (word: string, { names, first }: Field): string => {
  const index = names.indexOf(word.toLowerCase());

  return index === -1 ? word : String(index + first);
};

/** Says why cron does not take one item of a list, such as `10-20/5`. */
const itemProblem = (item: string, field: Field): string | undefined => {
  const [, range = '', step] = /^([^/]*)(?:\/(.*))?$/.exec(item) ?? [];
  if (step !== undefined && !/^[1-9]\d*$/.test(step)) {
    return `the step "${step}" is not a number from 1`;
  }
  const bounds = range === '*' ? [] : range.split('-');
  const odd = bounds.find((bound) => !/^\d+$/.test(bound) || Number(bound) < field.least || Number(bound) > field.most);
  if (odd !== undefined || bounds.length > 2) {
    return `"${odd ?? range}" is not ${field.name === 'hour' ? 'an' : 'a'} ${field.name} (${field.least} to ${field.most})`;
  }
  if (bounds.length === 2 && Number(bounds[0]) > Number(bounds[1])) {
    return `the range ${range} runs backwards (Debian's cron takes the line and never starts it)`;
  }
  return step !== undefined && bounds.length === 1 ? `a step needs a range or *, unlike ${item}` : undefined;
};

/** Lists the numbers that an item such as `10-20/5` stands for. */
const numbersOf = (item: string, { least, most }: Field): number[] => {
  const [range = '', step = '1'] = item.split('/');
  const [first = '', last = first] = range === '*' ? [String(least), String(most)] : range.split('-');
  const count = Math.floor((Number(last) - Number(first)) / Number(step)) + 1;

  return Array.from({ length: count }, (_, index) => Number(first) + index * Number(step));
};

const sortedOnce = (numbers: readonly number[]): number[] => [...new Set(numbers)].sort((one, other) => one - other);

type FieldReading = {
  readonly text: string;
  readonly numbers: readonly number[];
  readonly questions: readonly string[];
};

/** The cron of Debian does not read the rest of a field behind a character that it does not know. */
const withoutRest = (
  text: string,
  { name }: Field,
): { readonly text: string; readonly questions: readonly string[] } => {
  const [, start, odd] = /^([^#~]*[\w*])([#~].*)$/.exec(text) ?? [];
  if (start === undefined || odd === undefined) {
    return { text, questions: [] };
  }
  const other = odd.startsWith('~') ? `a random ${name} of ${text}` : 'an error';
  return {
    text: start,
    questions: [`${name} ${text}: Debian's cron reads ${start}, others ${other}. Which cron is it?`],
  };
};

const readField = (written: string, field: Field): Reading<FieldReading> => {
  const { text, questions } = withoutRest(written, field);
  const items = text.split(',').map((item) => item.replaceAll(/[A-Za-z]+/g, (word) => numberIn(word, field)));
  const found = items.map((item) => itemProblem(item, field)).find((each) => each !== undefined);
  if (found !== undefined) {
    return problem(`${field.name}: ${found}`);
  }
  // The text is kept: a day field that begins with a star limits together with the other one.
  return {
    kind: 'read',
    value: { text: items.join(','), numbers: sortedOnce(items.flatMap((item) => numbersOf(item, field))), questions },
  };
};

/** Sunday is 0 and 7. */
const weekdays = (numbers: readonly number[]): number[] => sortedOnce(numbers.map((day) => day % DAYS.length));

const readFields = (texts: readonly string[]): Reading<CronTime> => {
  const fields = FIELDS.map((field, index) => readField(texts[index] ?? '', field));
  const problems = fields.flatMap((field) => (field.kind === 'problem' ? [field.problem] : []));
  if (problems.length > 0) {
    return problem(problems.join('; '));
  }
  const values = fields.flatMap((field) => (field.kind === 'read' ? [field.value] : []));
  const [minutes = [], hours = [], , , days = []] = values.map(({ numbers }) => numbers);
  const [, , dayOfMonth, month, dayOfWeek = ''] = values.map(({ text }) => text);
  return {
    kind: 'read',
    value: {
      kind: 'times',
      text: values.map(({ text }) => text).join(' '),
      minutes,
      hours,
      daysOfWeek: dayOfWeek === '*' ? [0, 1, 2, 3, 4, 5, 6] : weekdays(days),
      isEveryDate: dayOfMonth === '*' && month === '*',
      questions: values.flatMap(({ questions }) => questions),
    },
  };
};

type Timed = { readonly time: CronTime; readonly rest: string };

const readNickname = (text: string): Reading<Timed> => {
  const [, nickname = '', rest = ''] = /^(@\S*)\s*(.*)$/.exec(text) ?? [];
  if (nickname === '@reboot') {
    return { kind: 'read', value: { time: { kind: 'reboot' }, rest } };
  }
  const fields = Object.hasOwn(NICKNAMES, nickname) ? NICKNAMES[nickname] : undefined;
  if (fields === undefined) {
    return problem(`${nickname} is not a nickname that cron knows (${Object.keys(NICKNAMES).join(', ')}, @reboot)`);
  }
  const time = readFields(fields.split(' '));
  return time.kind === 'problem' ? time : { kind: 'read', value: { time: time.value, rest } };
};

const readTime = (text: string): Reading<Timed> => {
  if (text.startsWith('@')) {
    return readNickname(text);
  }
  const found = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$/.exec(text);
  if (found === null || found.slice(1, 6).some((field) => /^[/.$~]|[^\w*,/~#-]/.test(field))) {
    return problem('there are fewer than five fields of a time and a command');
  }
  const time = readFields(found.slice(1, 6));

  return time.kind === 'problem' ? time : { kind: 'read', value: { time: time.value, rest: found[6] ?? '' } };
};

/** Cuts a command at its first `%`, which ends it; `\%` stands for a `%`. */
const cutAtPercent = (text: string): { readonly command: string; readonly input?: string } => {
  const [command = '', ...input] = text.split(/(?<!\\)%/);
  const plain = (part: string): string => part.replaceAll('\\%', '%');

  return input.length === 0
    ? { command: plain(command).trim() }
    : { command: plain(command).trim(), input: input.map(plain).join('\n') };
};

const remarksOn = (isQuiet: boolean, command: string, input: string | undefined, isSystem: boolean): string[] => [
  ...(isQuiet ? ['the "-" before the time keeps the line out of the system log'] : []),
  ...(input === undefined ? [] : ['what follows the first % is the input of the command; \\% would be a % of its own']),
  ...(command.endsWith('\\') ? ['the "\\" at the end does not join lines: cron reads each line by itself'] : []),
  ...(!isSystem && /^root\s/.test(command)
    ? ['the command begins with "root": is this a system crontab (--system)?']
    : []),
];

const readJob = (text: string, isSystem: boolean, settings: ReadonlyMap<string, string>): Reading<CronJob> => {
  const isQuiet = /^-[\d*@]/.test(text);
  const timed = readTime(isQuiet ? text.slice(1) : text);
  if (timed.kind === 'problem') {
    return timed;
  }
  const { time, rest } = timed.value;
  const [, user, afterUser = ''] = /^(\S+)(?:\s+(.*))?$/.exec(rest) ?? [];
  const { command, input } = cutAtPercent(isSystem ? afterUser : rest);
  if (command === '') {
    return problem(isSystem ? 'there is no user and command' : 'there is no command');
  }
  return {
    kind: 'read',
    value: {
      kind: 'job',
      time,
      ...(isSystem && user !== undefined && { user }),
      command,
      ...(input !== undefined && { input }),
      settings,
      remarks: remarksOn(isQuiet, command, input, isSystem),
    },
  };
};

const unquoted = (text: string): string => /^(['"])(.*)\1$/.exec(text)?.[2] ?? text;

const SETTING = /^(?:"([^"]*)"|'([^']*)'|([A-Za-z_]\w*))\s*=\s*(.*)$/;

const readEntry = (text: string, isSystem: boolean, settings: ReadonlyMap<string, string>): CronEntry => {
  if (text === '') {
    return { kind: 'blank' };
  }
  if (text.startsWith('#')) {
    const disabled = readJob(text.replace(/^[#\s]+/, ''), isSystem, settings);
    return disabled.kind === 'read' ? { kind: 'comment', disabled: disabled.value } : { kind: 'comment' };
  }
  const setting = SETTING.exec(text);
  if (setting !== null) {
    const [, inDouble, inSingle, bare, value = ''] = setting;
    return { kind: 'setting', name: inDouble ?? inSingle ?? bare ?? '', value: unquoted(value.trim()) };
  }
  const job = readJob(text, isSystem, settings);
  return job.kind === 'read' ? job.value : { kind: 'broken', problem: job.problem };
};

/**
 * Reads a crontab; no line of it is left out.
 *
 * @param isSystem - Whether a user stands between the time and the command, as in `/etc/crontab` and `/etc/cron.d`.
 */
export const readCrontab = (text: string, isSystem: boolean): CronLine[] => {
  const texts = text.split(/\r?\n/);
  const hasLastEnd = texts.at(-1) === '';
  let settings: ReadonlyMap<string, string> = new Map();

  return (hasLastEnd ? texts.slice(0, -1) : texts).map((line, index) => {
    const entry = readEntry(line.trim(), isSystem, settings);
    if (entry.kind === 'setting') {
      settings = new Map([...settings, [entry.name, entry.value]]);
    }
    if (entry.kind === 'job' && !hasLastEnd && index === texts.length - 1) {
      const remarks = [...entry.remarks, 'the last line does not end: many crons ignore it without a word'];
      return { number: index + 1, text: line, entry: { ...entry, remarks } };
    }
    return { number: index + 1, text: line, entry };
  });
};
