/** Colours on the terminal. A colour never carries information that the text does not have. */
import { styleText } from 'node:util';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'dim' | 'bold';

const STYLES = { good: 'green', busy: 'cyan', warn: 'yellow', bad: 'red', dim: 'dim', bold: 'bold' } as const;

/** Colours a text, where the output supports colours and `NO_COLOR` does not forbid them. */
export const paint = (tone: Tone | undefined, text: string): string =>
  tone === undefined || text === '' ? text : styleText(STYLES[tone], text, { stream: process.stdout });
