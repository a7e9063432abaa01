/** `breakaway workflow`: shows all feeds in a table or on a page. */
import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { localDateOf } from '../shared/feeds/zoned-time.ts';
import { EXIT, type OptionsOf, perform, readConfiguration, withHelp } from './stack-command.ts';
import { dayOf } from './workflow/day.ts';
import { layoutOf } from './workflow/layout.ts';
import { pageHtml } from './workflow/page.ts';
import { tableText } from './workflow/table.ts';
import { graphOf } from './workflow/workflow-graph.ts';

type Options = OptionsOf<typeof workflowCommand>;

const readDate = (text: string): string => {
  const at = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('write a date such as 2026-11-22');
  }
  return text;
};

const show = async ({ html, date }: Options): Promise<number> => {
  const configuration = await readConfiguration();
  const graph = graphOf(configuration);
  if (html === undefined) {
    console.log(tableText(configuration, graph));
    return EXIT.fine;
  }
  const day = dayOf(configuration, date ?? localDateOf(new Date(), configuration.timeZone, 'dd'));
  await writeFile(html, pageHtml(configuration, layoutOf(graph), day));
  console.log(`The workflow is in ${html}: open it in a browser`);
  return EXIT.fine;
};

const workflowCommand = (program: Command) =>
  program
    .command('workflow')
    .summary('show all feeds: what each waits for, and when')
    .description(
      'Shows what each feed waits for, and when: as a table, or as an HTML page with a graph of the feeds and a time line of one day. The page loads nothing from the network.',
    )
    .option('--html <file>', 'write the page to this file')
    .option('--date <date>', 'the day of the time line (default: today)', readDate);

/** Adds the command. */
export const addWorkflow = (program: Command) =>
  withHelp(workflowCommand(program), {
    examples: ['workflow', 'workflow --html workflow.html', 'workflow --html monday.html --date 2026-11-23'],
    actions: [],
    fine: 'the workflow was printed or written',
    failed: 'the file could not be written',
  }).action((options) => perform(() => show(options)));
