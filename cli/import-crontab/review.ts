/** Asks the questions of an import one after another. */
import { createInterface } from 'node:readline/promises';
import { type Answers, hintFor } from '../../import-crontab/answers.ts';
import type { Question } from '../../import-crontab/report.ts';
import { wrapText } from '../../shared/wrap-text.ts';

const print = (text: string, indent = 0): void => {
  for (const row of wrapText(text, indent)) {
    console.log(row);
  }
};

/**
 * Asks each question, until the input ends.
 *
 * @param keep - Keeps the answers so far, so that an interrupted review loses nothing.
 */
export const review = async (
  questions: readonly Question[],
  known: Answers,
  keep: (answers: Answers) => Promise<void>,
): Promise<Answers> => {
  const answers = new Map(known);
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  print(`${questions.length} questions. An empty answer leaves a question open; end with Control-D.`);
  for (const [index, { text, lines: asking }] of questions.entries()) {
    console.log('');
    print(`${index + 1} of ${questions.length}: ${text}`, 4);
    print(`    ${asking.length === 1 ? 'line' : 'lines'} ${asking.join(', ')}; write: ${hintFor(text)}`, 4);
    process.stdout.write('> ');
    const { value, done = false } = await lines.next();
    if (done) {
      break;
    }
    const answer = String(value).trim();
    if (answer !== '') {
      answers.set(text, answer);
      await keep(answers);
    }
  }
  console.log('');
  return answers;
};
