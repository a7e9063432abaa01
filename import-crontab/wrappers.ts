/** Takes off what only says how a command is run, such as `flock`, `timeout`, `nice`, `sudo` and `env`. */
import { expand, type Variables } from './expand.ts';
import { type KnownText, literalOf } from './known-text.ts';
import type { Word } from './shell-steps.ts';

export type Unwrapped = {
  readonly words: readonly Word[];
  /** The wrappers that were taken off, in words. */
  readonly remarks: readonly string[];
  readonly timeoutSeconds?: number;
  /** The host on which the command runs, where that is another. */
  readonly host?: string;
  /** Whether the words are a text to be read as shell. */
  readonly isShellText: boolean;
  /** Variables that `env` sets. */
  readonly environment: ReadonlyMap<string, KnownText>;
  /** Whether the command reads its arguments from a pipe, as with `xargs`. */
  readonly readsPipe: boolean;
};

type Wrapper = {
  /** The options that take a word with them. */
  readonly withValue: readonly string[];
  /** How many words stand between the options and the command. */
  readonly operands: number;
  readonly remark: string;
};

const LOCK = 'keeps it from running twice at a time, which the ledger does now';
const USER = 'runs it as another user: the rights are those of the job role now';
const PRIORITY = 'is left out: a job has its own vCPUs';
const TERMINAL = 'is left out: a job has no terminal to lose';
const OUTPUT = 'is left out: what a job prints goes to its log';

const wrapper = (remark: string, withValue = '', operands = 0): Wrapper => ({
  withValue: withValue.split(' '),
  operands,
  remark,
});

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  flock: wrapper(LOCK, '-w --timeout -E --conflict-exit-code', 1),
  lockf: wrapper(LOCK, '-t', 1),
  setlock: wrapper(LOCK, '', 1),
  lckdo: wrapper(LOCK, '-W -E', 1),
  solo: wrapper(LOCK, '-port'),
  'run-one': wrapper(LOCK),
  'run-this-one': wrapper(LOCK),
  sem: wrapper(LOCK, '-j --jobs --id'),
  withlock: wrapper(LOCK, '-w', 1),
  timeout: wrapper('', '-k -s --kill-after --signal', 1),
  nice: wrapper(PRIORITY, '-n --adjustment'),
  ionice: wrapper(PRIORITY, '-c -n -p --class --classdata'),
  chrt: wrapper(PRIORITY, '', 1),
  taskset: wrapper(PRIORITY, '', 1),
  numactl: wrapper(PRIORITY, '-N -m -C'),
  cpulimit: wrapper(PRIORITY, '-l -e -p'),
  nocache: wrapper(PRIORITY),
  softlimit: wrapper(PRIORITY, '-a -d -s -m -o'),
  nohup: wrapper(TERMINAL),
  setsid: wrapper(TERMINAL),
  unbuffer: wrapper(TERMINAL),
  'dbus-run-session': wrapper(TERMINAL),
  'xvfb-run': wrapper('gives it a display: the image of the job needs one', '-s -n -e -f -p'),
  time: wrapper(OUTPUT, '-o -f'),
  chronic: wrapper(OUTPUT),
  cronic: wrapper(OUTPUT),
  'systemd-cat': wrapper(OUTPUT, '-t -p --identifier --priority'),
  cronlog: wrapper(OUTPUT, '-l --log -t'),
  stdbuf: wrapper(OUTPUT, '-i -o -e'),
  sudo: wrapper(USER, '-u -g -h -p -C -D'),
  doas: wrapper(USER, '-u -C'),
  runuser: wrapper(USER, '-u -g -G -l'),
  setuidgid: wrapper(USER, '', 1),
  chpst: wrapper(USER, '-u -U -b -e -n -l -L'),
  gosu: wrapper(USER, '', 1),
  env: wrapper('', '-u -C -S'),
  exec: wrapper('', '-a'),
  command: wrapper(''),
  builtin: wrapper(''),
  eval: wrapper(''),
  xargs: wrapper('', '-I -n -P -L -d -s -a -E --max-args --max-procs'),
};

const SHELLS = ['sh', 'bash', 'ksh', 'zsh', 'dash', 'ash', 'csh', 'tcsh'];

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Batch does not take a shorter timeout. */
const LEAST_TIMEOUT_SECONDS = 60;

/** Reads `90`, `30m`, `2h`. */
export const secondsOf = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (SECONDS[unit] ?? 1);
};

type Texts = readonly (string | undefined)[];

/** Counts the words of the options at the beginning. */
const optionCount = (texts: Texts, withValue: readonly string[]): number => {
  let count = 0;
  while (texts[count]?.startsWith('-') && texts[count] !== '--') {
    if (texts[count] === '-c' && !withValue.includes('-c')) {
      return count;
    }
    count += withValue.includes(texts[count] ?? '') ? 2 : 1;
  }
  return texts[count] === '--' ? count + 1 : count;
};

const timeoutOf = (program: string, text: string | undefined): { timeoutSeconds?: number } => {
  const seconds = program === 'timeout' ? secondsOf(text ?? '') : undefined;
  return seconds !== undefined && seconds >= LEAST_TIMEOUT_SECONDS ? { timeoutSeconds: seconds } : {};
};

const assignedBy = (words: readonly Word[], variables: Variables): [string, KnownText][] =>
  words.flatMap((word): [string, KnownText][] => {
    const text = expand(word, variables);
    const [first, ...others] = text;
    const [whole = '', name = ''] = first?.kind === 'text' ? (/^([A-Za-z_]\w*)=/.exec(first.text) ?? []) : [];
    return first?.kind === 'text' && whole !== ''
      ? [[name, [{ kind: 'text', text: first.text.slice(whole.length) }, ...others]]]
      : [];
  });

const unwrapOne = (
  read: Unwrapped,
  wrapped: Wrapper,
  texts: Texts,
  program: string,
  variables: Variables,
): Unwrapped => {
  const options = optionCount(texts.slice(1), wrapped.withValue);
  let at = 1 + options + wrapped.operands;
  const assigned = program === 'env' || program === 'sudo' || program === 'doas' ? at : texts.length;
  while (program !== '' && at >= assigned && at < texts.length && isAssignment(read.words[at], variables)) {
    at += 1;
  }
  const hasText = texts[at] === '-c' || (program === 'eval' && texts.length === 2);
  const remark = wrapped.remark === '' ? [] : [`${program} ${wrapped.remark}`];
  return {
    ...read,
    words: read.words.slice(texts[at] === '-c' ? at + 1 : at),
    remarks: [...read.remarks, ...remark],
    ...timeoutOf(program, texts[1 + options]),
    isShellText: hasText,
    environment: new Map([...read.environment, ...assignedBy(read.words.slice(assigned, at), variables)]),
    readsPipe: read.readsPipe || program === 'xargs',
  };
};

const isAssignment = (word: Word | undefined, variables: Variables): boolean =>
  word !== undefined && assignedBy([word], variables).length > 0;

const unwrapShell = (read: Unwrapped, texts: Texts): Unwrapped => {
  let options = 0;
  let isShellText = false;
  while (/^[-+]/.test(texts[1 + options] ?? '')) {
    const option = texts[1 + options] ?? '';
    isShellText ||= /^-[a-zA-Z]*c$/.test(option);
    options += /^[-+]o$/.test(option) ? 2 : 1;
  }
  return { ...read, words: read.words.slice(1 + options), isShellText };
};

const unwrapSwitch = (read: Unwrapped, texts: Texts): Unwrapped | undefined => {
  const at = texts.findIndex((text) => text === '-c' || text === '--command');
  const remarks = [...read.remarks, `${texts[0]?.split('/').at(-1)} ${USER}`];

  return at === -1 ? undefined : { ...read, words: read.words.slice(at + 1, at + 2), remarks, isShellText: true };
};

const unwrapHost = (read: Unwrapped, texts: Texts): Unwrapped => {
  const options = optionCount(texts.slice(1), ['-p', '-i', '-l', '-o', '-F', '-L', '-R', '-D', '-J', '-b', '-c']);

  return {
    ...read,
    words: read.words.slice(2 + options),
    host: texts[1 + options] ?? 'a host that is not known',
    isShellText: texts.length === options + 3,
  };
};

/** Takes one wrapper off; `undefined` when there is none. */
const unwrapStep = (read: Unwrapped, variables: Variables): Unwrapped | undefined => {
  const texts = read.words.map((word) => literalOf(expand(word, variables)));
  const program = texts[0]?.split('/').at(-1) ?? '';
  if (texts.length < 2) {
    return undefined;
  }
  if (SHELLS.includes(program)) {
    return unwrapShell(read, texts);
  }
  if (program === 'su' || (program === 'runuser' && texts.includes('-c'))) {
    return unwrapSwitch(read, texts);
  }
  if (program === 'ssh') {
    return texts.length > 2 ? unwrapHost(read, texts) : undefined;
  }
  const found = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
  const unwrapped = found && unwrapOne(read, found, texts, program, variables);
  // `flock -n 9` and `exec 9>lock` have no command; `command -v x` looks for one.
  const isBare = unwrapped?.words.length === 0 || (program === 'command' && /^-[vV]/.test(texts[1] ?? ''));
  return isBare ? undefined : unwrapped;
};

/** Says whether a program runs another one. */
export const isWrapper = (program: string): boolean =>
  Object.hasOwn(WRAPPERS, program) || SHELLS.includes(program) || program === 'su' || program === 'ssh';

/** Takes all wrappers off a command. */
export const unwrapped = (words: readonly Word[], variables: Variables): Unwrapped => {
  let read: Unwrapped = { words, remarks: [], isShellText: false, environment: new Map(), readsPipe: false };
  for (let next = unwrapStep(read, variables); next !== undefined; ) {
    read = next;
    next = read.isShellText || read.words.length === 0 ? undefined : unwrapStep(read, variables);
  }
  return read;
};
