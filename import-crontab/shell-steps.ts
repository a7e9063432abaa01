/** Shell as plain data: the steps of a script, as far as the importer uses them. */

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly isQuoted: boolean }
  /** `$DAY`, `${DAY:-today}`, `${DAY:0:4}`. */
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly text: string;
      readonly fallback?: Word;
      readonly change?: Change;
    }
  /** `$(...)`. */
  | { readonly kind: 'output'; readonly steps: readonly Step[]; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

/** How the shell changes the value of a variable: `${F%.gz}`, `${D:0:4}`, `${#A[@]}`. */
export type Change =
  | { readonly kind: 'cut'; readonly operator: '%' | '%%' | '#' | '##'; readonly pattern: string }
  | { readonly kind: 'slice'; readonly start: number; readonly length: number | undefined }
  | { readonly kind: 'count' }
  | { readonly kind: 'set'; readonly text: Word };

/** One word of a command, before its variables are expanded. */
export type Word = readonly WordPart[];

export type Redirect = {
  /** `>`, `>>`, `<`, `<<`, `<<<`. */
  readonly operator: string;
  readonly target: Word;
  /** The number before the operator. */
  readonly descriptor?: string;
};

export type Placed = {
  /** From 1. */
  readonly line: number;
  /** The source of the step. */
  readonly text: string;
};

export type Branch = { readonly condition: readonly Step[]; readonly steps: readonly Step[] };

export type Assignment = { readonly name: string; readonly value: Word };

/** One branch of `case`. */
export type Option = { readonly patterns: readonly Word[]; readonly steps: readonly Step[] };

export type Step = Placed &
  (
    | { readonly kind: 'command'; readonly words: readonly Word[]; readonly assignments: readonly Assignment[] }
    /** `[ ... ]` and `[[ ... ]]`: the words between the brackets. */
    | { readonly kind: 'test'; readonly words: readonly Word[] }
    | {
        readonly kind: 'assign';
        readonly assignments: readonly Assignment[];
        readonly isExported: boolean;
        /** Names that `export` and `local` list without a value. */
        readonly names: readonly string[];
      }
    | { readonly kind: 'and' | 'or'; readonly left: Step; readonly right: Step }
    | { readonly kind: 'not'; readonly step: Step }
    | { readonly kind: 'pipe'; readonly steps: readonly Step[] }
    | { readonly kind: 'redirected'; readonly step: Step; readonly redirects: readonly Redirect[] }
    | { readonly kind: 'background'; readonly step: Step }
    | { readonly kind: 'group'; readonly steps: readonly Step[]; readonly isSubshell: boolean }
    | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly Step[] }
    | { readonly kind: 'case'; readonly subject: Word; readonly options: readonly Option[] }
    | {
        readonly kind: 'loop';
        readonly until: boolean;
        readonly condition: readonly Step[];
        readonly body: readonly Step[];
      }
    | {
        readonly kind: 'for';
        readonly variable: string;
        readonly words: readonly Word[];
        readonly body: readonly Step[];
      }
    | { readonly kind: 'function'; readonly name: string; readonly body: readonly Step[] }
    /** Shell that has no effect on what is read, such as `unset`. */
    | { readonly kind: 'other' }
    /** Text that the parser does not understand as shell. */
    | { readonly kind: 'unreadable'; readonly why?: string }
  );

export type StepOf<Kind extends Step['kind']> = Step & { readonly kind: Kind };

/** Lists the steps inside a step. */
export const innerSteps = (step: Step): readonly Step[] => {
  switch (step.kind) {
    case 'and':
    case 'or':
      return [step.left, step.right];
    case 'group':
    case 'pipe':
      return step.steps;
    case 'not':
    case 'redirected':
    case 'background':
      return [step.step];
    case 'if':
      return [...step.branches.flatMap(({ condition, steps }) => [...condition, ...steps]), ...step.otherwise];
    case 'case':
      return step.options.flatMap(({ steps }) => steps);
    case 'loop':
      return [...step.condition, ...step.body];
    case 'for':
      return step.body;
    default:
      return [];
  }
};

/** Says whether a test holds for some step, or for one inside it. */
export const hasStep = (steps: readonly Step[], is: (step: Step) => boolean): boolean =>
  steps.some((step) => is(step) || hasStep(innerSteps(step), is));

/** Reads shell. */
export type ReadShell = (source: string) => readonly Step[];
