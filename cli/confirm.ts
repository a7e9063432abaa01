/** Asks the person at the terminal for a confirmation. */
import { createInterface } from 'node:readline/promises';
import { UsageError } from './stack-command.ts';

/** Whether there is a person who can answer. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/**
 * Asks a question to be answered with yes or no; an empty answer means no.
 *
 * @throws AbortError after Ctrl-C, once the listeners for SIGINT have run
 */
export const ask = async (question: string, signal?: AbortSignal): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, signal ? { signal } : {})).trim());
  } catch (error) {
    // The open question catches Ctrl-C, so the process has not received it.
    if (!signal?.aborted) {
      process.emit('SIGINT');
    }
    throw error;
  } finally {
    terminal.close();
  }
};

/**
 * Asks whether a plan may be executed, unless `--yes` allows it.
 *
 * @throws UsageError where the command cannot ask
 */
export const isConfirmed = async (
  question: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  signal: AbortSignal,
): Promise<boolean> => {
  if (yes) {
    return true;
  }
  if (json || !isTerminal()) {
    throw new UsageError('The command cannot ask for a confirmation without a terminal or with --json: use --yes');
  }
  return ask(question, signal);
};
