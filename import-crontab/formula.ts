/** Conditions under which a step of a script runs, as formulas over what the script looks at. */
import type { KnownText } from './known-text.ts';
import type { Step } from './shell-steps.ts';

/** A line of a script; without a script, a line of the crontab. */
export type Place = { readonly script?: string; readonly line: number };

/** A look at files. */
export type Check = {
  readonly path: KnownText;
  /** As the script writes it. */
  readonly how: string;
  /** The test, such as `-x`; `ls` where a command lists files. */
  readonly test: string;
  readonly min: number;
  readonly minBytes: number;
  readonly isFolder: boolean;
  /** Whether the script takes one file after the other. */
  readonly isEach: boolean;
  /** Conditions on age and size, such as `-mmin +120`. */
  readonly filters: readonly string[];
  /** Reasons to be less than sure. */
  readonly doubts: readonly string[];
};

/** One thing that a script looks at. */
export type Atom =
  | {
      readonly kind: 'file';
      readonly check: Check;
      readonly place: Place;
      /** Whether the script sleeps until the file is there, instead of being started again. */
      readonly isWaiting: boolean;
      readonly step: Step;
    }
  /** Whether a command ended well. */
  | { readonly kind: 'success'; readonly text: string; readonly id: number }
  /** Whether a process runs, or a lock is free. */
  | { readonly kind: 'lock'; readonly text: string; readonly step: Step; readonly isProcess: boolean }
  /** Whether a program is installed. */
  | { readonly kind: 'installed'; readonly text: string; readonly step: Step }
  /** A counter of a loop, or the number of arguments. */
  | { readonly kind: 'count'; readonly text: string }
  /** Anything else. */
  | { readonly kind: 'asked'; readonly text: string; readonly origin?: string };

export type Literal = { readonly kind: 'atom' | 'not'; readonly key: string; readonly atom: Atom; readonly id: string };

export type Formula =
  | { readonly kind: 'always'; readonly key: '1' }
  | { readonly kind: 'never'; readonly key: '0' }
  | Literal
  | { readonly kind: 'all' | 'any'; readonly key: string; readonly of: readonly Formula[] };

export const ALWAYS: Formula = { kind: 'always', key: '1' };
export const NEVER: Formula = { kind: 'never', key: '0' };

/** Longer formulas are not followed. */
const MOST_KEY_LENGTH = 4000;

export const atom = (of: Atom, id: string): Formula => ({ kind: 'atom', key: id, id, atom: of });

const TOO_INVOLVED: Formula = atom(
  { kind: 'asked', text: 'more conditions than are followed' },
  'asked:more conditions than are followed',
);

const isLiteral = (formula: Formula): formula is Literal => formula.kind === 'atom' || formula.kind === 'not';

export const negated = (formula: Formula): Formula => {
  switch (formula.kind) {
    case 'always':
      return NEVER;
    case 'never':
      return ALWAYS;
    case 'atom':
      return { ...formula, kind: 'not', key: `!${formula.id}` };
    case 'not':
      return { ...formula, kind: 'atom', key: formula.id };
    default:
      return joined(formula.kind === 'all' ? 'any' : 'all', formula.of.map(negated));
  }
};

const negatedKey = ({ kind, id }: Literal): string => (kind === 'atom' ? `!${id}` : id);

/** Leaves out of a part what the literals beside it settle. */
const settledBy = (part: Formula, literals: ReadonlySet<string>, kind: 'all' | 'any'): Formula => {
  if (part.kind !== 'all' && part.kind !== 'any') {
    return part;
  }
  const isSettled = part.of.some(({ key }) => literals.has(key));
  const rest = part.of.filter((each) => !isLiteral(each) || !literals.has(negatedKey(each)));
  if (isSettled) {
    return kind === 'all' ? ALWAYS : NEVER;
  }
  return rest.length === part.of.length ? part : joined(part.kind, rest);
};

const joined = (kind: 'all' | 'any', parts: readonly Formula[]): Formula => {
  const [neutral, absorbing] = kind === 'all' ? [ALWAYS, NEVER] : [NEVER, ALWAYS];
  const flat = parts.flatMap((part) => (part.kind === kind && 'of' in part ? part.of : [part]));
  const literals = new Set(flat.filter(isLiteral).map(({ key }) => key));
  const settled = flat.map((part) => settledBy(part, literals, kind));
  const distinct = [...new Map(settled.map((part) => [part.key, part])).values()].filter((part) => part !== neutral);
  if (distinct.includes(absorbing) || flat.some((part) => isLiteral(part) && literals.has(negatedKey(part)))) {
    return absorbing;
  }
  const [only = neutral, ...others] = distinct;
  if (others.length === 0) {
    return only;
  }
  if (distinct.some((part) => part.kind === kind) || settled.some((part, at) => part !== flat[at])) {
    return joined(kind, distinct);
  }
  const key = `${kind === 'all' ? '&' : '|'}(${distinct.map((part) => part.key).join(' ')})`;
  return key.length > MOST_KEY_LENGTH ? TOO_INVOLVED : { kind, key, of: distinct };
};

export const all = (...parts: readonly Formula[]): Formula => joined('all', parts);
export const any = (...parts: readonly Formula[]): Formula => joined('any', parts);

/** Takes one formula where a condition holds, and another where it does not. */
export const chosen = (condition: Formula, then: Formula, otherwise: Formula): Formula =>
  then.key === otherwise.key ? then : any(all(condition, then), all(negated(condition), otherwise));

/** Lists the parts that must all hold. */
export const conjuncts = (formula: Formula): readonly Formula[] => {
  if (formula === ALWAYS) {
    return [];
  }
  return formula.kind === 'all' ? formula.of : [formula];
};

/** Lists all literals of a formula. */
export const literalsOf = (formula: Formula): Literal[] => {
  if ('of' in formula) {
    return formula.of.flatMap(literalsOf);
  }
  return isLiteral(formula) ? [formula] : [];
};
