/** Cuts the waiting out of a command line, and keeps the text of the rest. */
import type { Step, StepOf } from './shell-steps.ts';
import { innerSteps } from './shell-steps.ts';

const isInside = (step: Step, cut: ReadonlySet<Step>): boolean =>
  cut.has(step) || innerSteps(step).some((inner) => isInside(inner, cut));

/** Says whether steps end the script. */
const leaves = (steps: readonly Step[]): boolean => {
  const last = steps.at(-1);
  switch (last?.kind) {
    case 'command':
      return /^(exit|return)\b/.test(last.text);
    case 'group':
      return leaves(last.steps);
    case 'redirected':
      return leaves([last.step]);
    default:
      return false;
  }
};

const textOf = (step: Step): string => (step.kind === 'background' ? `${step.text} &` : step.text);

const pairRest = (step: StepOf<'and' | 'or'>, cut: ReadonlySet<Step>): string | undefined => {
  if (step.kind === 'or') {
    return isCut(step.left, cut) && leaves([step.right]) ? '' : undefined;
  }
  const [left, right] = [restOf(step.left, cut), restOf(step.right, cut)];
  if (left === undefined || right === undefined) {
    return undefined;
  }
  // `[ -f done ] && exit` stops where the mark is there.
  if (isCut(step.left, cut) && leaves([step.right])) {
    return '';
  }
  return [left, right].filter((text) => text !== '').join(' && ');
};

/** Says whether a step only looks at what is cut. */
const isCut = (step: Step, cut: ReadonlySet<Step>): boolean => {
  switch (step.kind) {
    case 'not':
    case 'redirected':
      return cut.has(step) || isCut(step.step, cut);
    case 'and':
    case 'or':
      return cut.has(step) || (isCut(step.left, cut) && isCut(step.right, cut));
    case 'group':
      return cut.has(step) || (step.steps.length > 0 && step.steps.every((inner) => isCut(inner, cut)));
    default:
      return cut.has(step);
  }
};

const ifRest = (step: StepOf<'if'>, cut: ReadonlySet<Step>): string | undefined => {
  const [branch, ...others] = step.branches;
  const [condition, ...more] = branch?.condition ?? [];
  if (branch === undefined || condition === undefined || more.length > 0 || others.length > 0) {
    return undefined;
  }
  if (!isCut(condition, cut)) {
    return undefined;
  }
  const isPassive = (steps: readonly Step[]): boolean =>
    steps.every(({ kind, text }) => kind === 'command' && /^(echo|exit|return|:|true|printf|logger)\b/.test(text));
  if (leaves(branch.steps) && isPassive(branch.steps)) {
    return step.otherwise.length === 0 ? '' : linesOf(step.otherwise, cut);
  }
  if (isPassive(branch.steps) && step.otherwise.length > 0) {
    return linesOf(step.otherwise, cut);
  }
  return isPassive(step.otherwise) ? linesOf(branch.steps, cut) : undefined;
};

const linesOf = (steps: readonly Step[], cut: ReadonlySet<Step>): string | undefined => {
  const rests = steps.map((step) => restOf(step, cut));
  return rests.includes(undefined) ? undefined : joined(rests.flatMap((rest) => rest ?? []));
};

const joined = (texts: readonly string[]): string =>
  texts
    .filter((text) => text !== '')
    .reduce((before, text) => (before === '' ? text : `${before}${before.endsWith('&') ? ' ' : '; '}${text}`), '');

/** Keeps what stands around an inner step: brackets, redirections. */
const aroundRest = (step: Step, inner: Step, cut: ReadonlySet<Step>): string | undefined => {
  const rest = restOf(inner, cut);
  if (rest === undefined || rest === '') {
    return rest;
  }
  const [before = '', after = ''] = step.text.split(inner.text);
  return `${before}${rest}${after}`;
};

const groupRest = (step: StepOf<'group'>, cut: ReadonlySet<Step>): string | undefined => {
  const rest = linesOf(step.steps, cut);
  if (rest === undefined || rest === '') {
    return rest;
  }
  return step.isSubshell ? `(${rest})` : `{ ${rest}; }`;
};

/** Writes what is left of a step; `undefined` where it cannot be cut. */
const restOf = (step: Step, cut: ReadonlySet<Step>): string | undefined => {
  if (cut.has(step)) {
    return '';
  }
  if (!isInside(step, cut)) {
    return textOf(step);
  }
  switch (step.kind) {
    case 'and':
    case 'or':
      return pairRest(step, cut);
    case 'if':
      return ifRest(step, cut);
    case 'group':
      return groupRest(step, cut);
    case 'redirected':
      return aroundRest(step, step.step, cut);
    case 'not':
      return isCut(step, cut) ? '' : undefined;
    case 'loop':
      return step.condition.every((each) => isCut(each, cut)) && step.body.every(isSleep) ? '' : undefined;
    default:
      return undefined;
  }
};

const isSleep = ({ kind, text }: Step): boolean => kind === 'command' && /^(sleep|echo|date|:)\b/.test(text);

/**
 * Writes what is left of a line.
 *
 * @returns `undefined` where the steps to cut stand in others that cannot be cut.
 */
export const restOfLine = (steps: readonly Step[], cut: ReadonlySet<Step>): string | undefined => linesOf(steps, cut);
