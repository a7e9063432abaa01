/** Notes the files that redirections read and write. */
import { expand } from './expand.ts';
import { describeText } from './known-text.ts';
import type { Redirect, Step } from './shell-steps.ts';
import type { State } from './walk-state.ts';

const UNWRITTEN = /^\/dev\/|\.(log|err|out|debug)$|\/logs?\//;

/** Says whether a redirection only sends what is printed into a log, or nowhere. */
export const isLog = ({ operator, target, descriptor }: Redirect, state: State): boolean => {
  const path = expand(target, state.scope.variables);
  const text = describeText(path);
  const isPrinted = operator.startsWith('>') || operator.startsWith('&>');
  return isPrinted && (operator === '>&' || descriptor === '2' || UNWRITTEN.test(text) || /\.log\b|log\b/i.test(text));
};

export const noteRedirects = (redirects: readonly Redirect[], step: Step, state: State): void => {
  for (const redirect of redirects) {
    const path = expand(redirect.target, state.scope.variables);
    if (/^&?>/.test(redirect.operator) && redirect.operator !== '>&' && !isLog(redirect, state)) {
      state.events.push({ kind: 'write', path, when: state.when, step });
    }
    if (redirect.operator === '<') {
      state.events.push({ kind: 'read', path });
    }
  }
};
