/** Writes what was understood of a crontab: first what a person must decide, last what is sure. */
import { wrapText } from '../shared/wrap-text.ts';
import { type Answers, hintFor, NO_ANSWERS } from './answers.ts';
import type { Confidence, LineKind, LineReading } from './line-reading.ts';
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

/** A question, and the lines that ask it. */
export type Question = { readonly text: string; readonly lines: readonly number[] };

/** Groups the questions of all lines; the one that most lines ask comes first. */
export const questionsOf = (lines: readonly LineReading[], answers: Answers = NO_ANSWERS): Question[] => {
  const groups = new Map<string, number[]>();
  for (const { line, decide } of lines) {
    for (const text of decide.filter((each) => !answers.has(each))) {
      groups.set(text, [...(groups.get(text) ?? []), line]);
    }
  }
  return [...groups]
    .map(([text, numbers]) => ({ text, lines: numbers }))
    .sort((one, other) => other.lines.length - one.lines.length);
};

const LABEL_COLUMNS = 10;

const row = (label: string, text: string): string[] =>
  wrapText(`  ${label.padEnd(LABEL_COLUMNS - 2)}${text}`, LABEL_COLUMNS);

const rows = (label: string, texts: readonly string[]): string[] => texts.flatMap((text) => row(label, text));

const lineRows = (reading: LineReading, numberOf: ReadonlyMap<string, number>, answers: Answers): string[] => {
  const { line, text, kind, confidence, understood, decide, doubts, notes, feeds } = reading;
  const asks = decide.flatMap((each) => numberOf.get(each) ?? []);
  const decided = decide.flatMap((each) => {
    const answer = answers.get(each);
    return answer === undefined ? [] : [`${each} ${answer}`];
  });
  return [
    `${line}: ${kind}${confidence === 'none' ? '' : `, ${confidence}`}`,
    ...(text.trim() === '' ? [] : row('|', text.trim())),
    ...rows('reads:', understood),
    ...rows('feed:', feeds),
    ...(asks.length === 0 ? [] : row('asks:', asks.map((number) => `Q${number}`).join(', '))),
    ...rows('decided:', decided),
    ...rows('doubt:', doubts),
    ...rows('note:', notes),
  ];
};

const questionRows = ({ text, lines }: Question, index: number): string[] => [
  ...wrapText(`Q${index + 1}. ${text}`, 4),
  ...wrapText(`    ${lines.length === 1 ? 'line' : 'lines'} ${lines.join(', ')}; write: ${hintFor(text)}`, 4),
];

const countText = (lines: readonly LineReading[]): string =>
  KINDS.map((kind) => [kind, lines.filter((line) => line.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

const section = (title: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? [] : ['', title, '='.repeat(title.length), ...texts];

const NOT_JOBS: readonly LineKind[] = ['setting', 'comment', 'blank'];

const MOST_NAMES = 40;

const listed = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES;
  return [...names.slice(0, MOST_NAMES), ...(more > 0 ? [`and ${more} more, which --json lists`] : [])].join(', ');
};

const isJob =
  (confidence: Confidence) =>
  (line: LineReading): boolean =>
    line.confidence === confidence && !NOT_JOBS.includes(line.kind);

/** Writes the report: every line of the crontab stands in it. */
export const reportText = (
  { lines, unusedScripts, skipped, proposals }: CrontabReading,
  source: string,
  answers: Answers = NO_ANSWERS,
): string => {
  const questions = questionsOf(lines, answers);
  const numberOf = new Map(questions.map(({ text }, index) => [text, index + 1]));
  const rowsOf = (is: (line: LineReading) => boolean): string[] =>
    lines.filter(is).flatMap((line) => lineRows(line, numberOf, answers));
  const asking = new Set(questions.flatMap((question) => question.lines)).size;
  const blank = lines.filter(({ kind }) => kind === 'blank').map(({ line }) => line);

  return [
    ...wrapText(`${source}: ${lines.length} lines: ${countText(lines)}`, 2),
    ...wrapText(`${proposals.length} feeds proposed; ${questions.length} questions, asked by ${asking} lines`, 2),
    ...section('Questions, by how many lines ask them', questions.flatMap(questionRows)),
    ...section(
      'Broken',
      rowsOf(({ kind }) => kind === 'broken'),
    ),
    ...section(
      'Not understood',
      rowsOf(({ kind }) => kind === 'not understood'),
    ),
    ...section('Guesses', rowsOf(isJob('guess'))),
    ...section('Likely', rowsOf(isJob('likely'))),
    ...section('Sure', rowsOf(isJob('sure'))),
    ...section(
      'Settings and comments',
      rowsOf(({ kind }) => kind === 'setting' || kind === 'comment'),
    ),
    ...(blank.length === 0 ? [] : ['', ...wrapText(`Blank lines: ${blank.join(', ')}`, 2)]),
    ...(unusedScripts.length === 0
      ? []
      : ['', ...wrapText(`Scripts that no line comes to: ${listed(unusedScripts)}`, 2)]),
    ...(skipped.length === 0
      ? []
      : [
          '',
          ...wrapText(`Files that were not read: ${listed(skipped.map(({ path, why }) => `${path} (${why})`))}`, 2),
        ]),
  ].join('\n');
};
