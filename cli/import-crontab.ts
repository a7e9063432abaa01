/** `breakaway import-crontab`: from a crontab and its scripts to a configuration. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { configurationText } from '../import-crontab/configuration-text.ts';
import { readCrontabFile } from '../import-crontab/crontab-file.ts';
import { readCrontabAndScripts } from '../import-crontab/reading.ts';
import { reportText } from '../import-crontab/report.ts';
import { readScripts } from '../import-crontab/scripts-folder.ts';
import { createReadShell } from '../import-crontab/shell.ts';
import { type FolderMapping, UNKNOWN_NAME } from '../import-crontab/templates.ts';
import { EXIT, type OptionsOf, perform, UsageError, withHelp } from './stack-command.ts';

type Options = OptionsOf<typeof importCrontabCommand>;

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

const importCrontab = async (file: string, options: Options): Promise<number> => {
  const { out, timeZone, queue, map: mappings = [] } = options;
  if (out !== undefined && existsSync(out) && !options.force) {
    throw new UsageError(`${out} is there already: take another name, or --force`);
  }
  const crontab = await readCrontab(file);
  const folder = await readScripts(options.scripts);
  const readShell = await createReadShell();
  const reading = readCrontabAndScripts(
    { crontab, isSystem: options.system, ...folder },
    { timeZone, queue, mappings },
    readShell,
  );
  const text = configurationText(reading, basename(file), importPathFrom(out));

  if (options.json) {
    const { lines, unusedScripts, configuration } = reading;
    console.log(JSON.stringify({ lines, unusedScripts, configuration }));
  } else {
    console.log(reportText(reading, basename(file)));
  }
  if (out !== undefined) {
    await writeFile(out, text);
    console.error(`The configuration is in ${out}`);
  } else if (!options.json) {
    console.log(`\nThe configuration (--out <file> writes it into a file):\n\n${text}`);
  }
  return reading.lines.some(({ kind }) => kind === 'not understood' || kind === 'broken') ? EXIT.problem : EXIT.fine;
};

const importCrontabCommand = (program: Command) =>
  program
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
    .option('--force', 'write over a file that is there', false);

/** Adds the command. */
export const addImportCrontab = (program: Command) =>
  withHelp(importCrontabCommand(program), {
    examples: [
      'import-crontab crontab --scripts /opt/batch        # after crontab -l > crontab',
      'import-crontab /etc/crontab --system --time-zone Asia/Tokyo',
      'import-crontab crontab --scripts scripts --map /data/in=s3://northwind-landing/in --out imported.config.ts',
    ],
    actions: [],
    fine: 'every line was understood, as far as its report says',
    problem: 'there are lines that are broken or were not understood',
    failed: 'a file could not be read or written',
  }).action((file, options) => perform(() => importCrontab(file, options)));
