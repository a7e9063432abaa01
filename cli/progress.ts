/** Says on a terminal how far something is that takes longer than a second. */
import { stderr } from 'node:process';

/** Nobody is told of what is over sooner. */
const AFTER_MS = 1_000;

export type Progress = { readonly say: (text: string) => void; readonly end: () => void };

/** Starts a line that is written over, on the terminal only: what is piped stays clean. */
export const startProgress = (): Progress => {
  const startedAt = performance.now();
  let shown = false;
  return {
    say: (text) => {
      if (stderr.isTTY && performance.now() - startedAt > AFTER_MS) {
        shown = true;
        stderr.write(`\r\u001b[K${text}`);
      }
    },
    end: () => {
      if (shown) {
        stderr.write('\r\u001b[K');
      }
    },
  };
};
