/** Takes off what only says how a command is run: `flock`, `timeout`, `nice`, `sudo`, `env` and their like. */
import { expand, type Variables } from './expand.ts';
import { literalOf } from './known-text.ts';
import type { Word } from './shell.ts';

export type Unwrapped = {
  readonly words: readonly Word[];
  /** What was taken off, in words. */
  readonly remarks: readonly string[];
  readonly timeoutSeconds?: number;
  /** The host on which the command runs, where that is another. */
  readonly host?: string;
  /** Whether the words are a text to be read as shell. */
  readonly isShellText: boolean;
};

/** How many words an option takes with it. */
type Wrapper = {
  readonly withValue: readonly string[];
  /** How many words stand between the options and the command. */
  readonly operands: number;
  readonly remark?: string;
};

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  flock: {
    withValue: ['-w', '--timeout', '-E'],
    operands: 1,
    remark: 'flock keeps it from running twice at a time, which the ledger does now',
  },
  lockf: {
    withValue: ['-t'],
    operands: 1,
    remark: 'lockf keeps it from running twice at a time, which the ledger does now',
  },
  setlock: {
    withValue: [],
    operands: 1,
    remark: 'setlock keeps it from running twice at a time, which the ledger does now',
  },
  timeout: { withValue: ['-k', '-s', '--kill-after', '--signal'], operands: 1 },
  nice: { withValue: ['-n', '--adjustment'], operands: 0 },
  ionice: { withValue: ['-c', '-n'], operands: 0 },
  nohup: { withValue: [], operands: 0 },
  setsid: { withValue: [], operands: 0 },
  time: { withValue: ['-o', '-f'], operands: 0 },
  sudo: {
    withValue: ['-u', '-g'],
    operands: 0,
    remark: 'sudo runs it as another user: the rights are those of the job role now',
  },
  env: { withValue: ['-u'], operands: 0 },
  stdbuf: { withValue: ['-i', '-o', '-e'], operands: 0 },
  chronic: { withValue: [], operands: 0 },
  cronic: { withValue: [], operands: 0 },
  exec: { withValue: [], operands: 0 },
  command: { withValue: [], operands: 0 },
  xargs: { withValue: ['-I', '-n', '-P', '-L', '-d', '-s'], operands: 0 },
  eval: { withValue: [], operands: 0 },
};

const SHELLS = ['sh', 'bash', 'ksh', 'zsh', 'dash'];

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Batch takes no shorter timeout. */
const LEAST_TIMEOUT_SECONDS = 60;

const secondsOf = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d+)([smhd]?)$/.exec(text) ?? [];
  const seconds = amount === undefined ? undefined : Number(amount) * (SECONDS[unit] ?? 1);

  return seconds !== undefined && seconds >= LEAST_TIMEOUT_SECONDS ? seconds : undefined;
};

const start = (words: readonly Word[]): Unwrapped => ({ words, remarks: [], isShellText: false });

/** Counts the words of the options at the beginning. */
const optionCount = (texts: readonly (string | undefined)[], withValue: readonly string[]): number => {
  let count = 0;
  while (texts[count]?.startsWith('-') && texts[count] !== '-c') {
    count += withValue.includes(texts[count] ?? '') ? 2 : 1;
  }
  return count;
};

const unwrapOne = (
  read: Unwrapped,
  wrapper: Wrapper,
  texts: readonly (string | undefined)[],
  program: string,
): Unwrapped => {
  const options = optionCount(texts.slice(1), wrapper.withValue);
  const isAssignment = (text: string | undefined): boolean => program === 'env' && /^\w+=/.test(text ?? '');
  let at = 1 + options + wrapper.operands;
  while (isAssignment(texts[at])) {
    at += 1;
  }
  const seconds = program === 'timeout' ? secondsOf(texts[1 + options] ?? '') : undefined;
  const hasShellText = texts[at] === '-c' || (program === 'eval' && texts.length === 2);
  return {
    ...read,
    words: read.words.slice(texts[at] === '-c' ? at + 1 : at),
    remarks: [...read.remarks, ...(wrapper.remark === undefined ? [] : [wrapper.remark])],
    ...(seconds !== undefined && { timeoutSeconds: seconds }),
    isShellText: hasShellText,
  };
};

const unwrapShell = (read: Unwrapped, texts: readonly (string | undefined)[]): Unwrapped => {
  const options = texts.slice(1).findIndex((text) => !text?.startsWith('-'));
  const flags = texts.slice(1, options + 1);
  const isShellText = flags.some((flag) => /^-[a-z]*c$/.test(flag ?? ''));

  return { ...read, words: read.words.slice(1 + Math.max(options, 0)), isShellText };
};

const unwrapSwitch = (read: Unwrapped, texts: readonly (string | undefined)[]): Unwrapped | undefined => {
  const at = texts.indexOf('-c');
  const remarks = [...read.remarks, 'su runs it as another user: the rights are those of the job role now'];

  return at === -1 ? undefined : { ...read, words: read.words.slice(at + 1, at + 2), remarks, isShellText: true };
};

const unwrapHost = (read: Unwrapped, texts: readonly (string | undefined)[]): Unwrapped => {
  const options = optionCount(texts.slice(1), ['-p', '-i', '-l', '-o', '-F']);

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
  if (program === 'su') {
    return unwrapSwitch(read, texts);
  }
  if (program === 'ssh') {
    return texts.length > 2 ? unwrapHost(read, texts) : undefined;
  }
  const wrapper = Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
  return wrapper && unwrapOne(read, wrapper, texts, program);
};

/** Takes all wrappers off a command. */
export const unwrapped = (words: readonly Word[], variables: Variables): Unwrapped => {
  let read = start(words);
  for (let next = unwrapStep(read, variables); next !== undefined; ) {
    read = next;
    next = read.isShellText ? undefined : unwrapStep(read, variables);
  }
  return read;
};
