/** Finds the scripts that commands call, in a folder that is a copy of a part of the server. */
import { type KnownText, literalOf } from './known-text.ts';

/** The scripts beside a crontab, by path. */
export type Scripts = ReadonlyMap<string, string>;

export type Found =
  | { readonly kind: 'found'; readonly path: string; readonly isShell: boolean; readonly doubt?: string }
  | { readonly kind: 'ambiguous'; readonly paths: readonly string[] }
  | { readonly kind: 'none' };

export type ScriptFinder = {
  readonly find: (called: KnownText) => Found;
  readonly textOf: (path: string) => string;
  /** Says why a program that lies in the folder was not read. */
  readonly whyNotRead: (program: string) => string | undefined;
};

/** A file of the folder that was not read, with the reason. */
export type Skipped = { readonly path: string; readonly why: string };

const isShellScript = (path: string, source: string): boolean =>
  /^#!.*\b(ba|k|z|da|a)?sh\b/.test(source) ||
  (!source.startsWith('#!') && /(^|\/)[^.]*$|\.(sh|bash|ksh|cron)$/.test(path));

/** The end of a path, from the last part that is not known: of `$HOME/bin/x.sh`, `bin/x.sh`. */
const knownEnd = (called: KnownText): { readonly pieces: readonly string[]; readonly isWhole: boolean } | undefined => {
  const literal = literalOf(called);
  if (literal !== undefined) {
    return { pieces: literal.replace(/^(~|\.)?\/+(\.\/)*/, '').split('/'), isWhole: !literal.startsWith('~') };
  }
  const last = called.at(-1);
  const isPath = last?.kind === 'text' && last.text.startsWith('/') && last.text.length > 1;
  return isPath ? { pieces: last.text.slice(1).split('/'), isWhole: false } : undefined;
};

const sameEnd = (one: readonly string[], other: readonly string[]): number => {
  let same = 0;
  while (same < one.length && same < other.length && one.at(-1 - same) === other.at(-1 - same)) {
    same += 1;
  }
  return same;
};

const doubtOf = (pieces: readonly string[], path: string, same: number, isWhole: boolean): string | undefined => {
  const own = path.split('/');
  if (!isWhole) {
    return `\`${pieces.join('/')}\` is taken for the script ${path}: the folder before it is not known`;
  }
  // The folder of the scripts may stand for any folder of the server, but the folders below it are known.
  const isOther = same < own.length && same < pieces.length && own.length > 1;
  return isOther ? `\`${pieces.join('/')}\` is taken for the script ${path}, which lies in another folder` : undefined;
};

/** Makes a finder; it looks scripts up by their file names. */
export const createScriptFinder = (scripts: Scripts, skipped: readonly Skipped[] = []): ScriptFinder => {
  const byName = new Map<string, string[]>();
  for (const path of scripts.keys()) {
    const name = path.split('/').at(-1) ?? '';
    byName.set(name, [...(byName.get(name) ?? []), path]);
  }
  const find = (called: KnownText): Found => {
    const end = knownEnd(called);
    const candidates = byName.get(end?.pieces.at(-1) ?? '') ?? [];
    if (end === undefined || candidates.length === 0) {
      return { kind: 'none' };
    }
    const ranked = candidates
      .map((path) => ({ path, same: sameEnd(path.split('/'), end.pieces) }))
      .sort((one, other) => other.same - one.same);
    const [best, next] = ranked;
    const isTwice = best?.same === next?.same && scripts.get(best?.path ?? '') !== scripts.get(next?.path ?? '');
    if (best === undefined || isTwice) {
      return { kind: 'ambiguous', paths: candidates };
    }
    const doubt = doubtOf(end.pieces, best.path, best.same, end.isWhole);
    return {
      kind: 'found',
      path: best.path,
      isShell: isShellScript(best.path, scripts.get(best.path) ?? ''),
      ...(doubt !== undefined && { doubt }),
    };
  };
  const nameOf = (path: string): string => path.split('/').at(-1) ?? '';
  const reasons = new Map(skipped.map(({ path, why }) => [nameOf(path), why]));
  return {
    find,
    textOf: (path) => scripts.get(path) ?? '',
    whyNotRead: (program) => reasons.get(nameOf(program)),
  };
};
