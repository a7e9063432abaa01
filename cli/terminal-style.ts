/** How text stands out on a terminal. Nothing is said by colour alone. */
import { styleText } from 'node:util';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'dim' | 'bold';

const STYLES = { good: 'green', busy: 'cyan', warn: 'yellow', bad: 'red', dim: 'dim', bold: 'bold' } as const;

/** Gives a text a tone, where the output takes colours and `NO_COLOR` does not forbid them. */
export const paint = (tone: Tone | undefined, text: string): string =>
  tone === undefined || text === '' ? text : styleText(STYLES[tone], text, { stream: process.stdout });
