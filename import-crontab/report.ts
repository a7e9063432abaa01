/** Writes what was understood of a crontab, line by line. */
import type { LineKind, LineReading } from './line-reading.ts';
import type { CrontabReading } from './reading.ts';

const KINDS: readonly LineKind[] = [
  'polls for a file',
  'time-driven',
  'called by another',
  'starts with the machine',
  'not understood',
  'broken',
  'setting',
  'comment',
  'blank',
];

const listed = (label: string, texts: readonly string[]): string[] => texts.map((text) => `  ${label} ${text}`);

const lineText = (reading: LineReading): string => {
  const { line, text, kind, confidence, understood, decide, doubts, notes, feeds } = reading;
  const head = `${line}: ${kind}${confidence === 'none' ? '' : `, ${confidence}`}`;

  return [
    head,
    ...(text.trim() === '' ? [] : [`  | ${text}`]),
    ...listed('reads: ', understood),
    ...listed('feed:  ', feeds),
    ...listed('decide:', decide),
    ...listed('doubt: ', doubts),
    ...listed('note:  ', notes),
  ].join('\n');
};

const countText = (lines: readonly LineReading[]): string =>
  KINDS.map((kind) => [kind, lines.filter((line) => line.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

/** Writes the report: every line of the crontab stands in it. */
export const reportText = ({ lines, unusedScripts, proposals }: CrontabReading, source: string): string => {
  const decisions = lines.reduce((sum, { decide }) => sum + decide.length, 0);
  const scripts = unusedScripts.length === 0 ? [] : [`Scripts that no line comes to: ${unusedScripts.join(', ')}`];

  return [
    `${source}: ${lines.length} lines: ${countText(lines)}`,
    `${proposals.length} feeds proposed, ${decisions} questions for a person`,
    ...scripts,
    '',
    ...lines.map(lineText),
  ].join('\n');
};
