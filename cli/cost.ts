/** `breakaway cost`: what the configuration costs a month, offline. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfiguration } from '../configuration/load.ts';
import { type CostLine, estimateCost, type Prices } from './cost/estimate.ts';
import { EXIT, perform, UsageError, withHelp } from './stack-command.ts';
import { paint } from './terminal-style.ts';

type Options = { readonly json: boolean; readonly prices?: string };

type PriceList = {
  readonly date: string;
  readonly region: string;
  readonly currency: string;
  readonly remark: string;
  readonly pages: readonly string[];
  readonly usd: Prices;
};

/** @throws UsageError that says what the list lacks, by the one that is there */
const checkPrices = (path: string, list: PriceList, complete: PriceList): void => {
  const missing = ['date', 'region', 'currency', 'remark', 'usd'].find((name) => !Object.hasOwn(list, name));
  if (missing !== undefined) {
    throw new UsageError(`${path}: ${missing} is missing`);
  }
  const odd = Object.keys(complete.usd).find((name) => !Number.isFinite(new Map(Object.entries(list.usd)).get(name)));
  if (odd !== undefined) {
    throw new UsageError(`${path}: usd.${odd} is no number`);
  }
};

const readList = async (path: string): Promise<PriceList> => {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is no JSON`, { cause: error });
  }
};

const readPrices = async (path: string): Promise<PriceList> => {
  const [list, complete] = await Promise.all([readList(path), readList(PRICES)]);
  checkPrices(path, list, complete);
  return list;
};

const PRICES = join(import.meta.dirname, 'cost/prices.json');

const TITLES: Readonly<Record<CostLine['kind'], string>> = {
  function: 'Functions, with the queues that they poll',
  queue: 'Job queues',
  cluster: 'Logical clusters',
  feed: 'Feeds, their part of the ledger and of the metrics',
  stack: 'Stack',
};

const KINDS: readonly CostLine['kind'][] = ['function', 'queue', 'cluster', 'feed', 'stack'];

const NAME_WIDTH = 24;
const USD_WIDTH = 8;

const usdText = (usd: number): string => usd.toFixed(2).padStart(USD_WIDTH);

const sumOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);

const short = (name: string): string => (name.length <= NAME_WIDTH ? name : `${name.slice(0, NAME_WIDTH - 1)}~`);

const groupLines = (kind: CostLine['kind'], lines: readonly CostLine[]): string[] => {
  const own = lines.filter((line) => line.kind === kind);
  return own.length === 0
    ? []
    : [
        paint('bold', `${usdText(sumOf(own))}  ${TITLES[kind]}`),
        ...own.flatMap(({ name, usd, why }) => [
          `${usdText(usd)}    ${short(name).padEnd(NAME_WIDTH)}`.trimEnd(),
          `            ${why}`,
        ]),
        '',
      ];
};

const cost = async ({ json, prices: path = PRICES }: Options): Promise<number> => {
  const [{ configuration }, prices] = await Promise.all([
    loadConfiguration(process.env['BREAKAWAY_CONFIG']),
    readPrices(path),
  ]);
  const lines = estimateCost(configuration, prices.usd);
  const { date, region, currency, remark } = prices;
  if (json) {
    console.log(JSON.stringify({ prices: { date, region, currency }, total: sumOf(lines), lines }));
    return EXIT.fine;
  }
  console.log(
    [
      `At most ${sumOf(lines).toFixed(2)} ${currency} a month, by the prices of ${date} in ${region}.`,
      'Not in it: the jobs, the EMR clusters, the load balancer, and what S3 keeps.',
      '',
      ...KINDS.flatMap((kind) => groupLines(kind, lines)),
      ...(remark.match(/.{1,80}(?:\s|$)/g) ?? []).map((line) => paint('dim', line.trimEnd())),
    ].join('\n'),
  );
  return EXIT.fine;
};

/** Adds the command. */
export const addCost = (program: Command): void => {
  const command = program
    .command('cost')
    .summary('say what the configuration costs a month')
    .description(
      'Estimates, from above, what the suite costs a month: by function, job queue, cluster and feed. Metrics are most of it. Queues that are counted beside those of the feeds cost as much as these.',
    )
    .option('--prices <file>', 'another price list (default: cli/cost/prices.json)')
    .option('--json', 'print JSON', false)
    .action((options: Options) => perform(() => cost(options)));
  withHelp(command, {
    examples: ['cost', 'cost --json', 'cost --prices our-prices.json'],
    actions: [],
    fine: 'the estimate',
    failed: 'the price list could not be read',
  });
};
