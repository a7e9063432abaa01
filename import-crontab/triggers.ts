/** Sorts the conditions of a command: files to wait for, guards, marks, and questions. */
import type { Atom, Check, Formula, Literal, Place } from './formula.ts';
import { conjuncts, literalsOf } from './formula.ts';
import { describeText, type KnownText } from './known-text.ts';
import type { Step } from './shell-steps.ts';
import type { Remark } from './trace-events.ts';

/** A file that a command waits for. */
export type Awaited = Check & { readonly place: Place; readonly isWaiting: boolean; readonly step: Step };

/** Facts of the whole line about the files that it looks at. */
export type Setting = {
  /** Paths that the line reads as shell. */
  readonly sources: ReadonlySet<string>;
  /** Paths that the line has written before the command. */
  readonly writtenBefore: ReadonlySet<string>;
  /** Paths that the line writes at any time. */
  readonly written: ReadonlySet<string>;
  /** Folders into which the line has brought files from elsewhere before the command. */
  readonly fetched: readonly string[];
  readonly programs: ReadonlySet<string>;
  /** Paths without which the line ends with an error. */
  readonly required: ReadonlySet<string>;
  /** The folders of the scripts that the line calls. */
  readonly folders: ReadonlySet<string>;
  /** Whether cron starts the line once a day or less. */
  readonly isSeldom: boolean;
};

export type Trigger = {
  readonly awaited: readonly Awaited[];
  /** Groups of files of which one is enough. */
  readonly either: readonly (readonly Awaited[])[];
  readonly remarks: readonly Remark[];
  /** Steps that a feed does in place of the script: waiting, locks, marks. */
  readonly done: ReadonlySet<Step>;
  /** Marks that the ledger replaces. */
  readonly marks: readonly KnownText[];
  /** Whether the command runs only after another one has failed. */
  readonly isAfterFailure: boolean;
  /** Paths that must not be there, as text. */
  readonly absent: ReadonlySet<string>;
};

type FileAtom = Atom & { readonly kind: 'file' };

type Role = 'wait' | 'required' | 'program' | 'settings' | 'own' | 'fetched' | 'folder' | 'lock' | 'age' | 'device';

const SETTINGS =
  /(^|\/)(etc|conf|config|bin|sbin|lib)\/|\.(conf|cfg|cnf|ini|env|rc|properties|sh|bash|ksh|py|pl|rb|php|js|jar|sql|hql|pem|key|crt|service|tmpl|template|ya?ml|phar|lua|war|exe)$|(^|\/)\.[^/]+$|(^|\/)env(ironment)?$|(^|\/)(manage|artisan|makefile)$/i;

const DATA = /\.(csv|tsv|txt|json|xml|parquet|avro|orc|dat|gz|zip|bz2|xls|xlsx|done|ok|flag|trigger|ready|success)$/i;

const LOCK = /\.(pid|lock|lck)$|\block(ed|file)?\b|(^|\/)(run|lock)\/|running|in_?progress|\bbusy\b/i;

const DONE =
  /(^|[._-])(done|ok|completed?|success|finished|processed|already|last_?run|stamp|sent|notified|loaded|imported|ran)([._-]|$)/i;

const SWITCH =
  /(^|[._-])(stop\w*|disabled?|paused?|maint\w*|hold|skip|nologin|no_?run|dont\w*|do_not\w*|off|no_?cron)([._-]|$)/i;

const isOpen = (path: KnownText): boolean => path.some(({ kind }) => kind !== 'text');

/** A file that is older than this is not one that is still written. */
const QUIET_MINUTES = 30;

/** Says whether a condition such as `-mmin +120` asks for old files. */
const isAge = (filter: string): boolean => {
  const [, option = '', sign = '', amount = '0', unit = ''] = /^-(\w+) ([+-]?)(\d+)(\w?)/.exec(filter) ?? [];
  if (option === 'size') {
    return !(sign === '+' && Number(amount) === 0) && !(unit === 'c' && sign === '+');
  }
  return sign === '+' && !(option.endsWith('min') && Number(amount) <= QUIET_MINUTES);
};

const folderOf = (path: string): string => path.replace(/\/[^/]*$/, '');

type Rule = { readonly role: Role; readonly applies: (path: string, check: Check, setting: Setting) => boolean };

const isSettings = (path: string, { folders }: Setting): boolean =>
  !DATA.test(path) && (folders.has(folderOf(path)) || SETTINGS.test(path));

/** The first rule that applies says what a look at a file is for. */
const RULES: readonly Rule[] = [
  { role: 'age', applies: (_, { filters }) => filters.some(isAge) },
  {
    role: 'folder',
    applies: (path, { test, isFolder, path: { length } }) =>
      isFolder && test === '-d' && length === 1 && !/[{*]/.test(path),
  },
  { role: 'program', applies: (path, { test }, { programs }) => test === '-x' || programs.has(path) },
  { role: 'settings', applies: (path, _, { sources }) => sources.has(path) },
  { role: 'own', applies: (path, _, { writtenBefore }) => writtenBefore.has(path) },
  { role: 'fetched', applies: (path, _, { fetched }) => fetched.some((folder) => path.startsWith(folder)) },
  { role: 'lock', applies: (path) => path.startsWith('/proc/') },
  { role: 'device', applies: (path, { test }) => /^\/(dev|sys)\//.test(path) || /^-[pSbc]$/.test(test) },
  { role: 'wait', applies: (_, { path }) => isOpen(path) },
  { role: 'required', applies: (path, _, { isSeldom, required }) => isSeldom && required.has(path) },
  { role: 'lock', applies: (path) => /\.(pid|lock|lck)$/.test(path) },
  { role: 'settings', applies: (path, _, setting) => isSettings(path, setting) },
];

/** Says what a look at a file is for. */
const roleOf = (check: Check, setting: Setting): Role => {
  const path = describeText(check.path);
  return RULES.find(({ applies }) => applies(path, check, setting))?.role ?? 'wait';
};

type Sorted = {
  awaited: Awaited[];
  either: Awaited[][];
  remarks: Remark[];
  done: Set<Step>;
  marks: KnownText[];
  isAfterFailure: boolean;
  absent: Set<string>;
};

const LEDGER = 'which the ledger does now';

const note = (sorted: Sorted, text: string): void => {
  sorted.remarks.push({ weight: 'note', text });
};

const ask = (sorted: Sorted, text: string): void => {
  sorted.remarks.push({ weight: 'unread', text });
};

const filtersText = (filters: readonly string[]): string => filters.map((filter) => `\`${filter}\``).join(' and ');

const awaitedOf = ({ check, place, isWaiting, step }: FileAtom): Awaited => ({ ...check, place, isWaiting, step });

const addWait = (atom: FileAtom, sorted: Sorted): void => {
  const { check, step } = atom;
  sorted.awaited.push(awaitedOf(atom));
  sorted.done.add(step);
  if (check.filters.length > 0) {
    ask(sorted, `\`${check.how}\` asks also for ${filtersText(check.filters)}: a feed does not look at it`);
  }
};

const sortPresent = (atom: FileAtom, setting: Setting, sorted: Sorted): void => {
  const { check, step } = atom;
  const how = `\`${check.how}\``;
  switch (roleOf(check, setting)) {
    case 'wait':
      addWait(atom, sorted);
      return;
    case 'fetched':
      ask(sorted, `${how} looks at what the line itself fetches: who brings it into S3?`);
      if (!setting.isSeldom) {
        addWait(atom, sorted);
      }
      return;
    case 'program':
      sorted.done.add(step);
      note(sorted, `${how} only asks whether the program is installed`);
      return;
    case 'settings':
      note(sorted, `${how} asks for a file of settings beside the work: the job needs it in its image`);
      return;
    case 'required':
      ask(
        sorted,
        `${how} ends with an error unless the file is there: is it input that comes, which the feed should wait for?`,
      );
      return;
    case 'own':
      note(sorted, `${how} looks at a file that the line itself has written`);
      return;
    case 'folder':
      ask(sorted, `goes on only if the folder of ${how} is there: does the job need it?`);
      return;
    case 'age':
      ask(sorted, `goes on only if ${how} holds, with ${filtersText(check.filters)}: a feed does not look at it`);
      return;
    case 'lock':
      ask(sorted, `goes on only if ${how} holds, which looks at a running process`);
      return;
    default:
      ask(sorted, `goes on only if ${how} holds, which a feed cannot ask`);
  }
};

const sortAbsent = (atom: FileAtom, setting: Setting, sorted: Sorted): void => {
  const { check, step } = atom;
  const path = describeText(check.path);
  const name = path.split('/').at(-1) ?? path;
  const how = `\`${check.how}\``;
  sorted.absent.add(path);
  if (check.filters.some(isAge)) {
    ask(sorted, `does not go on if ${how} holds, with ${filtersText(check.filters)}: a feed does not look at it`);
    return;
  }
  if (check.test === '-x' || setting.programs.has(path)) {
    ask(sorted, `does not go on if ${how} holds, which a feed cannot ask`);
    return;
  }
  if (SWITCH.test(name) && !setting.written.has(path)) {
    ask(sorted, `people stop it with ${path}: a feed does not look at that file, it is stopped by its configuration`);
    return;
  }
  const isDone = setting.written.has(path) || DONE.test(name);
  if (/lock|lck|\.pid/i.test(name) || (LOCK.test(path) && !isDone)) {
    sorted.done.add(step);
    sorted.marks.push(check.path);
    note(sorted, `${how} keeps it from running twice at a time, ${LEDGER}`);
    return;
  }
  if (isDone) {
    sorted.done.add(step);
    sorted.marks.push(check.path);
    note(sorted, `${how} keeps it from running again, ${LEDGER}`);
    return;
  }
  ask(sorted, `does not go on while ${path} is there, and nothing of this line writes it: who does, and when?`);
};

const whereText = (origin: string | undefined): string =>
  origin === undefined ? '' : `, where the value is \`${origin}\``;

const sortLiteral = ({ kind, atom }: Literal, setting: Setting, sorted: Sorted): void => {
  const holds = kind === 'atom';
  switch (atom.kind) {
    case 'file':
      (holds ? sortPresent : sortAbsent)(atom, setting, sorted);
      return;
    case 'success':
      sorted.isAfterFailure ||= !holds;
      return;
    case 'installed':
      sorted.done.add(atom.step);
      note(sorted, `\`${atom.text}\` only asks whether a program is installed`);
      return;
    case 'lock':
      if (atom.isProcess) {
        const text = holds ? 'goes on only if' : 'does not go on if';
        ask(sorted, `${text} \`${atom.text}\` finds a process: a lock, or a service that it keeps alive?`);
      } else {
        sorted.done.add(atom.step);
        note(sorted, `\`${atom.text}\` keeps it from running twice at a time, ${LEDGER}`);
      }
      return;
    case 'asked': {
      const start = holds ? 'goes on only if' : 'does not go on if';
      ask(sorted, `${start} \`${atom.text.split('\n')[0]}\`${whereText(atom.origin)}, which a feed cannot ask`);
      return;
    }
    default:
      return;
  }
};

const textOf = ({ kind, atom }: Literal): string => {
  const text = atom.kind === 'file' ? atom.check.how : atom.text;
  return kind === 'atom' ? `\`${text}\`` : `not \`${text}\``;
};

const isFile = (literal: Literal): literal is Literal & { readonly atom: FileAtom } => literal.atom.kind === 'file';

/** Sorts files of which one is enough; one file that is looked at twice is a file to wait for. */
const sortEither = (files: readonly FileAtom[], setting: Setting, sorted: Sorted): boolean => {
  const byPath = new Map(files.map((atom) => [describeText(atom.check.path), atom]));
  const waits = [...byPath.values()].filter(({ check }) => roleOf(check, setting) === 'wait');
  const [only] = waits;
  if (only === undefined || waits.length < byPath.size) {
    return false;
  }
  if (waits.length === 1) {
    addWait(only, sorted);
    return true;
  }
  sorted.either.push(waits.map(awaitedOf));
  for (const { step } of waits) {
    sorted.done.add(step);
  }
  return true;
};

const isLockPart = ({ kind, atom }: Literal): boolean =>
  kind === 'not' && (atom.kind === 'lock' || (atom.kind === 'file' && LOCK.test(describeText(atom.check.path))));

/** A pid file and the process that it names: together they are a lock. */
const sortLock = (literals: readonly Literal[], sorted: Sorted): void => {
  for (const { atom } of literals.filter(isFile)) {
    sorted.absent.add(describeText(atom.check.path));
    sorted.marks.push(atom.check.path);
  }
  const texts = literals.map((each) => textOf({ ...each, kind: 'atom' }));
  note(sorted, `${texts.join(' and ')} keep it from running twice at a time, ${LEDGER}`);
};

/** Sorts a condition of which one part is enough. */
const sortClause = (clause: Formula, setting: Setting, sorted: Sorted): void => {
  const literals = literalsOf(clause).filter(({ atom }) => atom.kind !== 'count');
  const isFlat = 'of' in clause && clause.of.every((part) => part.kind === 'atom' || part.kind === 'not');
  const files = literals.filter(isFile).map(({ atom }) => atom);
  const isEither = isFlat && files.length === literals.length && literals.every(({ kind }) => kind === 'atom');
  if (literals.every(({ atom }) => atom.kind === 'success')) {
    sorted.isAfterFailure ||= literals.length > 0 && literals.every(({ kind }) => kind === 'not');
    return;
  }
  if (isEither && sortEither(files, setting, sorted)) {
    return;
  }
  if (literals.every(({ kind }) => kind === 'not') && literals.some(isLockPart)) {
    sortLock(literals, sorted);
    return;
  }
  if (literals.some(({ atom }) => atom.kind === 'success')) {
    // Whether another command of the line succeeds is a matter of the job, which is kept whole.
    sorted.isAfterFailure ||= literals.every(({ kind }) => kind === 'not');
    return;
  }
  const distinct = [...new Set(literals.map(textOf))];
  ask(sorted, `goes on only if one of these holds: ${distinct.join(', ')}: a feed needs all of its slots`);
};

/** Sorts the conditions under which a command runs. */
export const triggerOf = (when: Formula, setting: Setting): Trigger => {
  const sorted: Sorted = {
    awaited: [],
    either: [],
    remarks: [],
    done: new Set(),
    marks: [],
    isAfterFailure: false,
    absent: new Set(),
  };
  for (const part of conjuncts(when)) {
    if (part.kind === 'atom' || part.kind === 'not') {
      sortLiteral(part, setting, sorted);
    } else {
      sortClause(part, setting, sorted);
    }
  }
  return sorted;
};
