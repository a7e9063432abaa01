/** A plan: what one feed will wait for and do. */
import { fetchedBy } from './commands.ts';
import { programPath } from './feed-names.ts';
import { conjuncts } from './formula.ts';
import type { KeptCommand } from './kept-command.ts';
import { describeText, type KnownText, literalOf } from './known-text.ts';
import { type Act, type Call, flattened, type Remark, type TraceEvent } from './trace-events.ts';
import type { Awaited, Setting } from './triggers.ts';

/** The files that one feed will wait for, and its command. */
export type Plan = {
  readonly name: string;
  readonly line: number;
  readonly awaited: readonly Awaited[];
  /** Names of the plans of the same line that come before. */
  readonly after: readonly string[];
  readonly command: KeptCommand;
  /** The command in the words of the script. */
  readonly commandText: string;
  readonly timeoutSeconds?: number;
  readonly writes: readonly KnownText[];
  readonly remarks: readonly Remark[];
  /** Why no feed is made of it. */
  readonly refusal?: string;
  /** Whether the ledger keeps it from running twice for a date, as a mark did. */
  readonly isOncePerDate: boolean;
};

export type LinePlans = {
  readonly plans: readonly Plan[];
  /** Only commands that move or tidy up files. */
  readonly isUpkeep: boolean;
  /** Whether some command of the line waits for a file. */
  readonly isWaiting: boolean;
  readonly remarks: readonly Remark[];
};

export type Doing = Act | Call;

export const weighs = (events: readonly TraceEvent[], weight: Act['weight']): boolean =>
  flattened(events).some((event) => event.kind === 'act' && event.weight === weight);

export const isDoing = (event: TraceEvent, weight: Act['weight']): event is Doing =>
  (event.kind === 'call' && weighs(event.events, weight)) || (event.kind === 'act' && event.weight === weight);

export const doings = (events: readonly TraceEvent[], weight: Act['weight']): Doing[] =>
  events.filter((event) => isDoing(event, weight));

export const writesIn = (events: readonly TraceEvent[]): KnownText[] =>
  flattened(events).flatMap((event) => (event.kind === 'write' ? [event.path] : []));

const folderOf = (path: string): string => path.replace(/\/[^/]*$/, '');

/** The files without which the line ends with an error. */
const missingIn = (event: TraceEvent): string[] =>
  event.kind === 'failure'
    ? conjuncts(event.when).flatMap((part) =>
        part.kind === 'not' && part.atom.kind === 'file' ? [describeText(part.atom.check.path)] : [],
      )
    : [];

/** Tells what a line says about files, as far as the event. */
export const settingAt = (flat: readonly TraceEvent[], at: number, isSeldom: boolean): Setting => {
  const before = flat.slice(0, at);
  const acts = flat.filter((event) => event.kind === 'act');
  const paths = (events: readonly TraceEvent[]): Set<string> => new Set(writesIn(events).map(describeText));
  return {
    sources: new Set(flat.flatMap((event) => (event.kind === 'source' ? [describeText(event.path)] : []))),
    writtenBefore: paths(before.filter((event) => event.kind === 'write')),
    written: paths(flat.filter((event) => event.kind === 'write')),
    fetched: before.flatMap((event) => (event.kind === 'act' ? fetchedBy(event.words).map(describeText) : [])),
    programs: new Set(acts.flatMap(({ words }) => [describeText(words[0] ?? []), programPath(words)])),
    folders: new Set(
      flat.flatMap((event) => (event.kind === 'call' ? [folderOf(literalOf(event.words[0] ?? []) ?? '')] : [])),
    ),
    required: new Set(flat.flatMap(missingIn)),
    isSeldom,
  };
};

export const pathOf = ({ path }: Awaited): string => describeText(path);

export const distinctWaits = (awaited: readonly Awaited[]): Awaited[] => [
  ...new Map(awaited.map((wait) => [`${pathOf(wait)}:${wait.min}:${wait.minBytes}:${wait.isEach}`, wait])).values(),
];

export const timeoutOf = ({ timeoutSeconds }: { readonly timeoutSeconds?: number }): { timeoutSeconds?: number } =>
  timeoutSeconds === undefined ? {} : { timeoutSeconds };
