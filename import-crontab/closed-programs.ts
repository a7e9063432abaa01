/** Finds the programs that a line comes to and that could not be read, or only in part. */
import { isSystemProgram } from './commands.ts';
import { programPath } from './feed-names.ts';
import { plain } from './known-text.ts';
import type { ScriptFinder } from './script-finder.ts';
import { flattened, type Remark, type TraceEvent } from './trace-events.ts';

/** Words of other languages that look for files, or wait. */
const LOOKS =
  /os\.path\.(exists|isfile|getmtime)|\bis_file\(|\.exists\(|file_exists|\bglob\b|listdir|scandir|head_object|list_objects|inotify|watchdog|time\.sleep|\bsleep[ (]|setInterval|File\.exist|-[efs]\s+["'$]/;

const isShellName = (program: string): boolean => /\.(sh|bash|ksh|zsh|csh|cron)$/.test(program);

export type ClosedPrograms = {
  /** Shell scripts that were not given. */
  readonly scripts: readonly string[];
  readonly remarks: readonly Remark[];
};

const programsIn = (events: readonly TraceEvent[]): string[] => [
  ...new Set(
    flattened(events).flatMap((event) => {
      const isRun = event.kind === 'act' && ['work', 'answer', 'upkeep'].includes(event.weight);
      const program = isRun ? programPath(event.words) : '';
      return program === '' || isSystemProgram(program) ? [] : [program];
    }),
  ),
];

type Opened = { readonly program: string; readonly text: string };

const isLooking = ({ text }: Opened): boolean => LOOKS.test(text);

const listed = (start: string, opened: readonly Opened[]): Remark[] =>
  opened.length === 0 ? [] : [doubt(`${start} ${opened.map(({ program }) => program).join(', ')}`)];

const doubt = (text: string): Remark => ({ weight: 'doubt', text });

/** Sorts the programs of a line by what is known of them. */
export const closedPrograms = (events: readonly TraceEvent[], scripts: ScriptFinder): ClosedPrograms => {
  const programs = programsIn(events);
  const found = programs.map((program) => ({ program, found: scripts.find(plain(program)) }));
  const missing = found
    .filter((each) => each.found.kind !== 'found' || each.found.isShell)
    .map(({ program }) => program);
  const opened = found.flatMap(({ program, found: script }) =>
    script.kind === 'found' && !script.isShell ? [{ program, text: scripts.textOf(script.path) }] : [],
  );
  const others = missing.filter((program) => !isShellName(program));
  const skipped = missing.flatMap((program) => {
    const why = scripts.whyNotRead(program);
    return why === undefined ? [] : [doubt(`${program} lies in the folder of the scripts but was not read: ${why}`)];
  });
  return {
    scripts: missing.filter(isShellName),
    remarks: [
      ...(others.length === 0
        ? []
        : [doubt(`not among the scripts (--scripts), so it was not read: ${others.join(', ')}`)]),
      ...skipped,
      ...listed('not shell, and with words that look for files or wait:', opened.filter(isLooking)),
      ...listed(
        'not shell, so only words that look for files were searched for, and not found:',
        opened.filter((each) => !isLooking(each)),
      ),
    ],
  };
};
