/** Reads the progress that a job writes into its log: `breakaway:progress 40 loading shops`. */
import { type Redaction, redactedLine } from './redaction.ts';

export type LogLine = { readonly at: Date; readonly text: string };

export type Progress = { readonly percent: number; readonly text: string; readonly at: Date };

const PROGRESS = /(?:^|\s)breakaway:progress\s+(100|\d{1,2})(?![\d.])\s*%?(?:\s+(.*))?$/s;

const MAX_TEXT_LENGTH = 100;

/**
 * Finds the newest progress line.
 *
 * @param redact - hides confidential values in its text, which people see
 * @returns `undefined` if no line has it
 */
export const progressIn = (lines: readonly LogLine[], redact: Redaction): Progress | undefined => {
  for (const { at, text } of lines.toReversed()) {
    const [found, percent, rest = ''] = PROGRESS.exec(text.trimEnd()) ?? [];
    if (found !== undefined) {
      return {
        percent: Number(percent),
        text: redactedLine(rest, redact).slice(0, MAX_TEXT_LENGTH).toWellFormed(),
        at,
      };
    }
  }
  return undefined;
};
