/** Finds the shell scripts in the command of a job, and refuses text from keys in them. */
import type { BatchJob } from '../shared/feeds/feed.ts';
import { readValue } from '../shared/feeds/render.ts';

const SHELLS = ['sh', 'bash', 'rbash', 'dash', 'ash', 'zsh', 'ksh', 'mksh', 'fish', 'csh', 'tcsh'];

const programOf = (argument: string): string => argument.slice(argument.lastIndexOf('/') + 1);

/** Finds the script in `sh -c script`, also in `bash -o pipefail -c script`. */
const shellScript = (command: readonly string[], shell: number): number[] => {
  let takesScript = false;
  let index = shell + 1;
  for (let option = command[index]; option !== undefined && /^[-+]/.test(option); option = command[index]) {
    takesScript ||= /^-[A-Za-z]*c/.test(option);
    // The name of an option or of a file follows these options.
    index += /^[-+][A-Za-z]*[oO]|^--(?:rcfile|init-file)$/.test(option) ? 2 : 1;
  }
  return takesScript ? [index] : [];
};

/** Finds the scripts in `su app -c script` and `su --command=script`. */
const suScripts = (command: readonly string[], su: number): number[] =>
  command.flatMap((option, index) => {
    if (index <= su) {
      return [];
    }
    if (/^-[A-Za-z]*c$|^--(?:session-)?command$/.test(option)) {
      return [index + 1];
    }
    return /^-[A-Za-z]*c|^--(?:session-)?command=/.test(option) ? [index] : [];
  });

/** Finds the text that `env -S` splits into a command. */
const envScripts = (command: readonly string[], env: number): number[] => {
  let index = env + 1;
  for (let option = command[index]; option !== undefined && /^-|=/.test(option); option = command[index]) {
    if (/^-[A-Za-z0-9]*S$|^--split-string$/.test(option)) {
      return [index + 1];
    }
    if (/^-[a-z0-9]*S|^--split-string=/.test(option)) {
      return [index];
    }
    index += /^-[a-z0-9]*[uC]$|^--(?:unset|chdir)$/.test(option) ? 2 : 1;
  }
  return [];
};

/** Finds the arguments that a program runs as commands. */
const scriptIndexes = (command: readonly string[]): number[] => {
  const found = command.flatMap((argument, index) => {
    const program = programOf(argument);
    if (program === 'su' || program === 'runuser') {
      return suScripts(command, index);
    }
    if (program === 'env') {
      return envScripts(command, index);
    }
    return SHELLS.includes(program) ? shellScript(command, index) : [];
  });

  return [...new Set(found)];
};

const comesFromKey = (text: string): boolean =>
  readValue(text).parts.some((part) => part.kind === 'capture' || (part.kind === 'file' && part.property !== 'bucket'));

const SAFE_WAY = 'pass it as an argument of the script ("$1") or as an environment variable';

/** Refuses jobs in which the name of a provider's file could run as a command. */
export const scriptProblems = ({ command = [], parameters, environment }: BatchJob): string[] => {
  const namesFromKey = Object.entries(parameters).flatMap(([name, value]) => (comesFromKey(value) ? [name] : []));
  const substitutedIn = (text: string): string[] => namesFromKey.filter((name) => text.includes(`Ref::${name}`));

  return scriptIndexes(command).flatMap((index) => {
    const script = command[index] ?? '';
    const place = `command argument ${index + 1}`;
    const others = [...command.slice(index + 1), ...Object.values(environment)];
    const getsKey = others.some((text) => comesFromKey(text) || substitutedIn(text).length > 0);

    return [
      ...(comesFromKey(script) ? [`${place}: text from a key must not be part of a shell script: ${SAFE_WAY}`] : []),
      ...substitutedIn(script).map(
        (name) => `${place}: Ref::${name} would put text from a key into a shell script: ${SAFE_WAY}`,
      ),
      ...(getsKey && /\beval\b/.test(script)
        ? [`${place}: eval would run text from a key as a command: use "$1" or the environment variable without eval`]
        : []),
    ];
  });
};
