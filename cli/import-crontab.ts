/** `breakaway import-crontab`: from a crontab and its scripts to a configuration. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type Answers, answersText, mappingsOf, NO_ANSWERS, readAnswers } from '../import-crontab/answers.ts';
import { configurationText } from '../import-crontab/configuration-text.ts';
import { readCrontabFile } from '../import-crontab/crontab-file.ts';
import { type CrontabReading, readCrontabAndScripts } from '../import-crontab/reading.ts';
import { questionsOf, reportText } from '../import-crontab/report.ts';
import { readScripts } from '../import-crontab/scripts-folder.ts';
import { createReadShell } from '../import-crontab/shell.ts';
import { type FolderMapping, UNKNOWN_NAME } from '../import-crontab/templates.ts';
import { toError } from '../shared/to-error.ts';
import { review } from './import-crontab/review.ts';
import { EXIT, perform, UsageError, withHelp } from './stack-command.ts';

type Options = {
  readonly scripts?: string;
  readonly system: boolean;
  readonly json: boolean;
  readonly out?: string;
  readonly force: boolean;
  readonly answers?: string;
  readonly review: boolean;
  readonly map?: readonly FolderMapping[];
  readonly queue: string;
  readonly timeZone: string;
};

const readMapping = (text: string, before: readonly FolderMapping[] = []): FolderMapping[] => {
  const [, folder, uri] = /^([^=]+)=(s3:\/\/.+)$/.exec(text) ?? [];
  const bucket = /^s3:\/\/([^/]*)/.exec(uri ?? '')?.[1] ?? '';
  if (folder === undefined || uri === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new InvalidArgumentError('write FOLDER=s3://BUCKET/PREFIX, for example /data/in=s3://northwind-landing/in');
  }
  return [...before, { folder: folder.replace(/(?<=.)\/$/, ''), uri }];
};

const readCrontab = async (file: string): Promise<string> => {
  const read = readCrontabFile(await readFile(file));
  if (read.kind === 'refused') {
    throw new UsageError(`${file} cannot be imported: ${read.why}`);
  }
  if (read.encoding !== 'UTF-8') {
    console.error(`${file} is ${read.encoding}, and was read so`);
  }
  return read.text;
};

const importPathFrom = (out: string | undefined): string => {
  const define = resolve(import.meta.dirname, '../configuration/define.ts');
  const path = relative(out === undefined ? resolve(import.meta.dirname, '..') : dirname(resolve(out)), define);

  return path.startsWith('.') ? path : `./${path.split(sep).join('/')}`;
};

const loadAnswers = async (file: string): Promise<Answers> => {
  if (!existsSync(file)) {
    return NO_ANSWERS;
  }
  try {
    return readAnswers(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${toError(error).message}`);
  }
};

const print = (reading: CrontabReading, answers: Answers, file: string, options: Options): void => {
  if (options.json) {
    const { lines, unusedScripts, skipped, configuration } = reading;
    console.log(JSON.stringify({ lines, unusedScripts, skipped, configuration }));
  } else {
    console.log(reportText(reading, basename(file), answers));
  }
};

const importCrontab = async (file: string, options: Options): Promise<number> => {
  const { out, timeZone, queue, map = [] } = options;
  if (out !== undefined && existsSync(out) && !options.force) {
    throw new UsageError(`${out} is there already: take another name, or --force`);
  }
  const crontab = await readCrontab(file);
  const folder = await readScripts(options.scripts);
  const readShell = await createReadShell();
  const read = (answers: Answers): CrontabReading =>
    readCrontabAndScripts(
      { crontab, isSystem: options.system, ...folder },
      { timeZone, queue, mappings: [...mappingsOf(answers), ...map] },
      readShell,
    );
  const answersFile = options.answers ?? `${file}.answers.json`;
  const known = await loadAnswers(answersFile);
  const keep = (answers: Answers): Promise<void> => writeFile(answersFile, answersText(answers));
  const answers = options.review ? await review(questionsOf(read(known).lines, known), known, keep) : known;
  const reading = read(answers);
  const text = configurationText(reading, basename(file), importPathFrom(out), answers);

  print(reading, answers, file, options);
  if (out !== undefined) {
    await writeFile(out, text);
    console.error(`The configuration is in ${out}`);
  } else if (!options.json) {
    console.log(`\nThe configuration (--out <file> writes it into a file):\n\n${text}`);
  }
  return reading.lines.some(({ kind }) => kind === 'not understood' || kind === 'broken') ? EXIT.problem : EXIT.fine;
};

/** Adds the command. */
export const addImportCrontab = (program: Command): void => {
  const command = program
    .command('import-crontab')
    .summary('propose a configuration in place of a crontab')
    .description(
      'Reads a crontab and the shell scripts beside it, says of each line what it does, how sure that is and what a person must decide, and proposes feeds in place of it. Nothing of it is run.',
    )
    .argument('<file>', 'the crontab, as `crontab -l` prints it')
    .option('--scripts <folder>', 'the scripts that the crontab calls, in any folders below')
    .option('--system', 'a user stands between time and command, as in /etc/crontab', false)
    // Folder by folder: what is not named stays a question.
    .option('--map <folder=uri>', 'where the files of a folder come to now; may be repeated', readMapping)
    .option('--queue <name>', 'the job queue of the proposed feeds', UNKNOWN_NAME)
    .option('--time-zone <zone>', 'the zone of the server', Intl.DateTimeFormat().resolvedOptions().timeZone)
    .option('--json', 'print the report as JSON', false)
    .option('--out <file>', 'write the proposed configuration into a file')
    .option('--force', 'write over a file that is there', false)
    .option('--review', 'ask the questions one after another, and keep the answers', false)
    .option('--answers <file>', 'where the answers are kept (default: <file>.answers.json)');
  withHelp(command, {
    examples: [
      'import-crontab crontab --scripts /opt/batch        # after crontab -l > crontab',
      'import-crontab /etc/crontab --system --time-zone Asia/Tokyo',
      'import-crontab crontab --scripts scripts --review   # asks, and keeps the answers',
      'import-crontab crontab --scripts scripts --map /data/in=s3://northwind-landing/in --out imported.config.ts',
    ],
    actions: [],
    fine: 'every line was understood, as far as its report says',
    problem: 'there are lines that are broken or were not understood',
    failed: 'a file could not be read or written',
  }).action((file: string, options: Options) => perform(() => importCrontab(file, options)));
};
