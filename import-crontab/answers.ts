/** The answers that people gave to the questions of an import; a second import keeps them. */
import type { FolderMapping } from './templates.ts';

/** Answers by question. */
export type Answers = ReadonlyMap<string, string>;

export const NO_ANSWERS: Answers = new Map();

type Answer = { readonly question: string; readonly answer: string };

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' &&
  value !== null &&
  'question' in value &&
  'answer' in value &&
  typeof value.question === 'string' &&
  typeof value.answer === 'string';

/**
 * Reads a file of answers.
 *
 * @throws SyntaxError when it is not the JSON that `answersText` writes.
 */
export const readAnswers = (text: string): Answers => {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every(isAnswer)) {
    throw new SyntaxError('the answers are a list of objects with "question" and "answer"');
  }
  return new Map(value.map(({ question, answer }) => [question, answer]));
};

/** Writes a file of answers. */
export const answersText = (answers: Answers): string =>
  `${JSON.stringify(
    [...answers].map(([question, answer]) => ({ question, answer })),
    undefined,
    2,
  )}\n`;

/** Takes the answers that name the bucket of a folder. */
export const mappingsOf = (answers: Answers): FolderMapping[] =>
  [...answers].flatMap(([question, answer]) => {
    const [, folder] = /^to which bucket do the files of (\S+) come\?/.exec(question) ?? [];
    return folder !== undefined && /^s3:\/\/[^/]+/.test(answer) ? [{ folder, uri: answer }] : [];
  });

const HINTS: readonly { readonly question: RegExp; readonly hint: string }[] = [
  { question: /^to which bucket/, hint: '--map FOLDER=s3://BUCKET/PREFIX, or the URI as an answer' },
  { question: /not among the scripts/, hint: 'copy it into the folder of --scripts, and import again' },
  { question: /--system/, hint: 'import again with --system, if it is one' },
  { question: /take the waiting out/, hint: 'a script without the waiting, and its path in `command`' },
  {
    question: /what does the job (read|take)|where does the job write/,
    hint: 'an S3 URI or a value in `command`, and `outputs`',
  },
  { question: /^the job starts in the folder|does its image have/, hint: 'the image of the job, or another `command`' },
  { question: /^(goes on only|does not go on)/, hint: 'leave it to the job, or a slot that says the same' },
  { question: /^cron starts it/, hint: 'a slot of files in place of `at`, or a rarer time' },
  { question: /`min`/, hint: '`min` of the slot, or a marker that the provider writes last' },
  { question: /is enough|different files/, hint: 'one feed for each, or one name for both' },
  { question: /^no feed /, hint: 'a feed of your own' },
  { question: /switched off|meant to run|needed once the server/, hint: 'nothing, if not' },
];

/** Says what a person can write in answer to a question. */
export const hintFor = (question: string): string =>
  HINTS.find((each) => each.question.test(question))?.hint ?? 'a change of the proposed feed';
