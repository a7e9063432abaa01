/** Shows the progress of a command on the terminal. */
import { stderr } from 'node:process';

/** A shorter command shows no progress. */
const SHOWN_AFTER_MS = 1_000;

export type Progress = { readonly show: (text: string) => void; readonly end: () => void };

/** Starts a line that overwrites itself. A pipe or file never receives it. */
export const startProgress = (): Progress => {
  const startedAt = performance.now();
  let isShown = false;
  return {
    show: (text) => {
      if (stderr.isTTY && performance.now() - startedAt > SHOWN_AFTER_MS) {
        isShown = true;
        stderr.write(`\r\u001b[K${text}`);
      }
    },
    end: () => {
      if (isShown) {
        stderr.write('\r\u001b[K');
      }
    },
  };
};
