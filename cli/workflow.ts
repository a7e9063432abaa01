/** `breakaway workflow`: one overview of all feeds. */
import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfiguration } from '../shared/config/load.ts';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
import { dayOf } from './workflow/day.ts';
import { placed } from './workflow/layout.ts';
import { pageHtml } from './workflow/page.ts';
import { tableText } from './workflow/table.ts';
import { graphOf } from './workflow/workflow-graph.ts';

const COULD_NOT = 1;

type Options = { readonly html?: string; readonly date?: string };

const readDate = (text: string): string => {
  const at = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('write a date such as 2026-11-22');
  }
  return text;
};

const run = async ({ html, date }: Options): Promise<void> => {
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const graph = graphOf(configuration);
  if (html === undefined) {
    console.log(tableText(configuration, graph));
    return;
  }
  const day = dayOf(configuration, date ?? localDateOf(new Date(), configuration.timeZone, 'dd'));
  try {
    await writeFile(html, pageHtml(configuration, placed(graph), day));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = COULD_NOT;
    return;
  }
  console.log(`The workflow is in ${html}: open it in a browser`);
};

/** Adds the command. */
export const addWorkflow = (program: Command): void => {
  program
    .command('workflow')
    .summary('show all feeds: what waits for what, and when')
    .description(
      'Shows what each feed waits for and when: as a table, or as one page that needs no network, with the workflow drawn as a graph and the day as a time line.',
    )
    .option('--html <file>', 'write the page into a file')
    .option('--date <date>', 'the day of the time line (default: today)', readDate)
    .addHelpText(
      'after',
      `
Examples:
  $ npx breakaway workflow
  $ npx breakaway workflow --html workflow.html
  $ BREAKAWAY_CONFIG=imported.config.ts npx breakaway workflow --html workflow.html --date 2026-11-23

Exit codes:
  0  the workflow was shown
  1  the configuration has problems, or the file could not be written`,
    )
    .action(run);
};
