/** Notes the commands that are run, with all that stands around them. */
import { weightOf, writtenBy } from './commands.ts';
import { isAsking } from './conditions.ts';
import { programOf } from './expand.ts';
import { atom } from './formula.ts';
import type { KnownText } from './known-text.ts';
import type { Step } from './shell-steps.ts';
import type { Weight } from './trace-events.ts';
import { PASSED } from './walk-flow.ts';
import { ended, type Flow, placeIn, remark, type State } from './walk-state.ts';

const MOST_ACTS = 400;

export const short = (text: string): string => {
  const [first = ''] = text.split('\n');
  return first.length > 100 ? `${first.slice(0, 97)}...` : first;
};

/** Programs that may be asked something, or do the work. */
const ALSO_WORKS = /^(curl|wget|mysql|psql|sqlplus|hive|lftp|gsutil|ssh|systemctl|service|docker|redis-cli|nmap)$/;

const ONLY_ASKS = /\/dev\/null|--head\b|\s-I\b|--spider\b/;

export const isAsked = (program: string, step: Step, state: State): boolean => {
  const around = state.around ?? step;
  const isInPipe = around.kind === 'pipe';
  return state.isTested && isAsking(program) && (!ALSO_WORKS.test(program) || isInPipe || ONLY_ASKS.test(around.text));
};

const actWeight = (words: readonly KnownText[], step: Step, state: State): Weight => {
  const weight = weightOf(words);
  if (weight !== 'work' && weight !== 'upkeep') {
    return weight;
  }
  return state.isAnswer || isAsked(programOf(words), step, state) ? 'answer' : weight;
};

/** Notes a command with its effects; one that changes nothing is not noted. */
export const pushAct = (
  step: Step,
  words: readonly KnownText[],
  environment: ReadonlyMap<string, KnownText>,
  state: State,
  weight: Weight = actWeight(words, step, state),
): Flow => {
  const { budget } = state.tools;
  for (const path of writtenBy(words)) {
    state.events.push({ kind: 'write', path, when: state.when, step });
  }
  if (weight === 'none') {
    return PASSED;
  }
  budget.acts += 1;
  if (budget.acts > MOST_ACTS) {
    tell(state, `it runs more than ${MOST_ACTS} commands: the rest was not followed`);
    return PASSED;
  }
  const folder = state.scope.variables.get('PWD');
  state.events.push({
    kind: 'act',
    words,
    text: step.text,
    weight,
    place: placeIn(state, step),
    when: state.when,
    step,
    environment,
    isBackground: state.isBackground,
    id: budget.acts,
    ...(state.partOf !== undefined && { partOf: state.partOf }),
    ...(folder !== undefined && { folder }),
    ...(state.timeoutSeconds !== undefined && { timeoutSeconds: state.timeoutSeconds }),
  });
  if (weight === 'minor') {
    return PASSED;
  }
  budget.epoch += weight === 'answer' ? 0 : 1;
  return ended(atom({ kind: 'success', text: short(step.text), id: budget.acts }, `success:${budget.acts}`));
};

/** Says once for a line that it was not followed to its end. */
export const tell = (state: State, text: string): void => {
  const { budget } = state.tools;
  if (!budget.isTold) {
    budget.isTold = true;
    remark(state, 'doubt', text);
  }
};
