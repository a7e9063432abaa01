/** Asks whoever sits at the terminal. */
import { createInterface } from 'node:readline/promises';

/** Whether somebody is there to answer. */
export const isTerminal = (): boolean => process.stdin.isTTY && process.stderr.isTTY;

/** Asks a question that yes or no answers; no answer is a no. */
export const ask = async (question: string, signal: AbortSignal): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a question is asked, the terminal takes Ctrl-C for itself.
  terminal.on('SIGINT', () => process.emit('SIGINT'));
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
};
