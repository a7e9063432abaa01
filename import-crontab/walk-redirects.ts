/** Notes the files that redirections read and write. */
import { expand } from './expand.ts';
import { describeText } from './known-text.ts';
import type { Redirect, Step } from './shell-steps.ts';
import { remark, type State } from './walk-state.ts';

const NOWHERE = /^\/dev\/(null|std\w+|tty)/;

const LOG = /\.(log|err)(\.|$)|(^|\/)logs?\/|[/._-]log([._-][^/]*)?$/;

/** A file that takes errors too is a log. */
const ALSO_LOG = /\.(out|txt|debug|trace)$|(^|\/)tmp\//;

const takesErrors = (redirects: readonly Redirect[]): boolean =>
  redirects.some(({ operator, descriptor }) => operator.startsWith('&>') || (operator === '>&' && descriptor === '2'));

/** `9> lock` opens a file for `flock`. */
const isDescriptor = ({ descriptor }: Redirect): boolean => /^([3-9]|\d\d+)$/.test(descriptor ?? '');

/** Says whether a redirection only sends what is printed into a log, or nowhere. */
const isLog = ({ operator, descriptor }: Redirect, path: string, all: readonly Redirect[]): boolean => {
  if (!/^&?>/.test(operator)) {
    return false;
  }
  const isErrors = operator === '>&' || descriptor === '2';
  return isErrors || NOWHERE.test(path) || LOG.test(path) || (takesErrors(all) && ALSO_LOG.test(path));
};

/** Says whether a job can do without the redirections of a step: its output goes to its log. */
export const areLogs = (redirects: readonly Redirect[], { scope }: State): boolean =>
  redirects.every(
    (redirect) =>
      isDescriptor(redirect) || isLog(redirect, describeText(expand(redirect.target, scope.variables)), redirects),
  );

/** Notes what the redirections of a step read and write. */
export const noteRedirects = (redirects: readonly Redirect[], step: Step, state: State): void => {
  for (const redirect of redirects) {
    const target = expand(redirect.target, state.scope.variables);
    const path = describeText(target);
    const isWriting = /^&?>/.test(redirect.operator) && redirect.operator !== '>&';
    if (isWriting && isLog(redirect, path, redirects)) {
      if (state.script === undefined && !NOWHERE.test(path)) {
        remark(state, 'note', `what it prints goes to the log of the job, not to ${path}`);
      }
    } else if (isWriting) {
      state.events.push({ kind: 'write', path: target, when: state.when, step });
    } else if (redirect.operator === '<') {
      state.events.push({ kind: 'read', path: target });
    }
  }
};
