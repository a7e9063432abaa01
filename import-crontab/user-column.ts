/** Recognises the user column of a system crontab that was not read as one. */
import { isSystemProgram } from './commands.ts';
import type { CronJob } from './crontab.ts';
import type { ScriptFinder } from './script-finder.ts';
import { isWrapper } from './wrappers.ts';

const USERS = /^(root|ubuntu|debian|ec2-user|admin|www-data|apache|nginx|postgres|mysql|nobody|hadoop|hdfs|jenkins)$/;

const KEYWORDS = /^(if|for|while|until|case|cd|test|export|set|source|exec|eval|time|wait|trap|command)$/;

const PROGRAM_FILE = /\.(sh|bash|ksh|py|pl|rb|php|js|jar|R)$|\/s?bin\/[^/]+$/;

const isProgram = (word: string, scripts: ScriptFinder): boolean =>
  ['[', '[[', 'cd', 'test', 'if', 'source', '.'].includes(word) ||
  isWrapper(word) ||
  (isSystemProgram(word) && /[a-z]/.test(word)) ||
  (word.startsWith('/') && (PROGRAM_FILE.test(word) || scripts.find([{ kind: 'text', text: word }]).kind === 'found'));

export type UserColumn = { readonly user: string; readonly command: string };

/** Finds a user before a command: the first word is not a program, and the second one is. */
export const userColumn = ({ command, user: known }: CronJob, scripts: ScriptFinder): UserColumn | undefined => {
  const [, user = '', rest = '', second = ''] = /^([a-z_][\w.-]*)\s+((\S+).*)$/s.exec(command) ?? [];
  const isKnown = isWrapper(user) || KEYWORDS.test(user) || (isSystemProgram(user) && !USERS.test(user));
  const isVersion = /^(python|php|perl|ruby|node|java)[\d.-]*$/.test(user);
  if (known !== undefined || user === '' || isKnown || isVersion || !isProgram(second, scripts)) {
    return undefined;
  }
  return { user, command: rest };
};
