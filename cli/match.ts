/** `breakaway match`: tries a key against the configuration, offline. */
import type { Command } from 'commander';
import type { Configuration } from '../configuration/configuration.ts';
import { loadConfiguration } from '../configuration/load.ts';
import type { FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type Match, matchObject, type ObjectPlace } from '../shared/feeds/match-feeds.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { wantedUri } from '../shared/feeds/wanted-uri.ts';
import { EXIT, perform, UsageError, withHelp } from './stack-command.ts';
import { paint } from './terminal-style.ts';

/** Reads `s3://bucket/key`. The key is as S3 has it. */
export const readPlace = (uri: string): ObjectPlace => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UsageError(`${JSON.stringify(uri)} is no S3 URI: write s3://bucket/key`);
  }
  return { bucket, key };
};

const commonLength = (one: string, other: string): number => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length += 1;
  }
  return length;
};

/** The templates of a feed as people read them. */
const templateUri = ({ template }: FileSlot): string => wantedUri(template, { values: {} });

const MOST_NEAR = 3;

/** Lists the templates that begin most like a key. */
const nearest = (
  { feeds }: Configuration,
  uri: string,
): { readonly feed: string; readonly slot: string; readonly template: string }[] =>
  feeds
    .flatMap((feed) =>
      fileSlotsOf(feed).map((slot) => ({ feed: feed.name, slot: slot.name, template: templateUri(slot) })),
    )
    .map((one) => ({ ...one, common: commonLength(one.template, uri) }))
    .filter(({ common }) => common > 's3://'.length)
    .sort((one, other) => other.common - one.common)
    .slice(0, MOST_NEAR)
    .map(({ feed, slot, template }) => ({ feed, slot, template }));

const lineOf = ({ feed, slot, run }: Match): string[] => [
  `${paint('good', 'fills')} slot ${slot.name} of run ${runKeyId(run)}`,
  `      template ${templateUri(slot)}`,
  `      needs ${slot.min} ${slot.min === 1 ? 'file' : 'files'}${slot.minBytes > 0 ? ` of at least ${slot.minBytes} bytes` : ''}${slot.optional ? ', optional' : ''}; job ${feed.job.batch.definition} in ${feed.job.batch.queue}`,
];

const match = async (uri: string, { json }: { readonly json: boolean }): Promise<number> => {
  const place = readPlace(uri);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
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
    console.log(matches.flatMap(lineOf).join('\n'));
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

/** Adds the command. */
export const addMatch = (program: Command): void => {
  const command = program
    .command('match')
    .summary('try a key against the configuration')
    .description('Says which slots of which runs an object would fill. It asks nobody: the object need not exist.')
    .argument('<uri>', 's3://bucket/key, not encoded')
    .option('--json', 'print JSON', false)
    .action((uri: string, options: { readonly json: boolean }) => perform(() => match(uri, options)));
  withHelp(command, {
    examples: ['match s3://northwind-landing/sales/20261122/_SUCCESS'],
    actions: [],
    fine: 'a feed waits for it',
    problem: 'no feed does',
  });
};
