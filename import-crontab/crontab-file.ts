/** Reads the file that is said to be a crontab, and recognises files that are something else. */
import { readCrontab } from './crontab.ts';
import { decodeText } from './text-encoding.ts';

export type CrontabFile =
  | { readonly kind: 'crontab'; readonly text: string; readonly encoding: string }
  /** The file is something else: a sentence that says what. */
  | { readonly kind: 'refused'; readonly why: string };

const ANACRON = /^(\d+|@(daily|weekly|monthly|yearly))\s+\d+\s+[A-Za-z][\w.-]*\s+\S/;

const refused = (what: string): CrontabFile => ({ kind: 'refused', why: `it is ${what}, not a crontab` });

/** Recognises a crontab by its bytes. */
export const readCrontabFile = (bytes: Uint8Array): CrontabFile => {
  const decoded = decodeText(bytes);
  if (decoded.kind === 'binary') {
    return refused(decoded.what);
  }
  const { text, encoding } = decoded;
  if (
    /^\[(Unit|Timer|Service|Install)\]\s*$/m.test(text) &&
    !/^(\S+\s+){5}\S/m.test(text.replace(/^[A-Z]\w+=.*$/gm, ''))
  ) {
    return refused(/^\[Timer\]/m.test(text) ? 'a systemd timer' : 'a systemd unit');
  }
  const lines = readCrontab(text, false);
  const isAnacron = lines.some(({ text: line }) => ANACRON.test(line.trim()));
  const hasTimes = lines.some(({ entry, text: line }) => entry.kind === 'job' && !ANACRON.test(line.trim()));
  if (isAnacron && !hasTimes) {
    return refused('an anacrontab (anacron starts its jobs by days, not by times)');
  }
  return { kind: 'crontab', text, encoding };
};
