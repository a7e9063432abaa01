/** `breakaway match`: tests a key against the configuration, without AWS. */
import type { Command } from '@commander-js/extra-typings';
import type { Configuration } from '../configuration/configuration.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type Match, matchObject } from '../shared/feeds/match-feeds.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { readS3Uri } from './s3-uri.ts';
import { EXIT, perform, readConfiguration, withHelp } from './stack-command.ts';
import { paint } from './terminal-style.ts';

const commonLength = (one: string, other: string): number => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length += 1;
  }
  return length;
};

const MAX_NEAREST = 3;

/** Lists the templates that share the longest beginning with a key. */
const nearest = (
  { feeds }: Configuration,
  uri: string,
): { readonly feed: string; readonly slot: string; readonly template: string }[] =>
  feeds
    .flatMap((feed) =>
      fileSlotsOf(feed).map(({ name, template }) => ({ feed: feed.name, slot: name, template: template.uri })),
    )
    .map((one) => ({ ...one, common: commonLength(one.template, uri) }))
    .filter(({ common }) => common > 's3://'.length)
    .sort((one, other) => other.common - one.common)
    .slice(0, MAX_NEAREST)
    .map(({ feed, slot, template }) => ({ feed, slot, template }));

const matchLines = ({ feed, slot, run }: Match): string[] => [
  `${paint('good', 'fills')} slot ${slot.name} of run ${runKeyId(run)}`,
  `      template ${slot.template.uri}`,
  `      needs ${slot.min} ${slot.min === 1 ? 'file' : 'files'}${slot.minBytes > 0 ? ` of at least ${slot.minBytes} bytes` : ''}${slot.optional ? ', optional' : ''}; job ${feed.job.batch.definition} in ${feed.job.batch.queue}`,
];

const match = async (uri: string, json: boolean): Promise<number> => {
  const place = readS3Uri(uri);
  const configuration = await readConfiguration();
  const matches = matchObject(configuration.feeds, place);
  const near = matches.length === 0 ? nearest(configuration, uri) : [];
  if (json) {
    const found = matches.map(({ slot, run }) => ({
      ...run,
      slot: slot.name,
      run: runKeyId(run),
    }));
    console.log(JSON.stringify({ ...place, matches: found, nearest: near }));
  } else if (matches.length > 0) {
    console.log(matches.flatMap(matchLines).join('\n'));
  } else {
    const hints = near.map(({ feed, slot, template }) => `  ${feed}, ${slot}: ${template}`);
    console.log(
      [`${paint('warn', 'No feed waits for')} ${uri}`, ...(hints.length === 0 ? [] : ['Nearest:', ...hints])].join(
        '\n',
      ),
    );
  }
  return matches.length > 0 ? EXIT.fine : EXIT.problem;
};

const matchCommand = (program: Command) =>
  program
    .command('match')
    .summary('test a key against the configuration')
    .description('Shows the slots and runs that an object would fill. The object need not exist.')
    .argument('<uri>', 's3://bucket/key, not URL-encoded')
    .option('--json', 'print JSON', false);

/** Adds the command. */
export const addMatch = (program: Command) =>
  withHelp(matchCommand(program), {
    examples: ['match s3://northwind-landing/sales/20261122/_SUCCESS'],
    actions: [],
    fine: 'a feed waits for the object',
    problem: 'no feed waits for it',
  }).action((uri, { json }) => perform(() => match(uri, json)));
