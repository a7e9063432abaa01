/** `breakaway cost`: estimates what the configuration costs per month, without AWS. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { wrapText } from '../shared/wrap-text.ts';
import { type CostLine, estimateCost, type Prices } from './cost/estimate.ts';
import { EXIT, type OptionsOf, perform, readConfiguration, UsageError, withHelp } from './stack-command.ts';
import { paint } from './terminal-style.ts';
import { truncateText } from './truncate.ts';

type Options = OptionsOf<typeof costCommand>;

type PriceList = {
  readonly date: string;
  readonly region: string;
  readonly currency: string;
  readonly remark: string;
  readonly pages: readonly string[];
  readonly usd: Prices;
};

/** @throws UsageError when a list lacks a field or price of the project's own list */
const checkPrices = (path: string, list: PriceList, own: PriceList): void => {
  const missing = ['date', 'region', 'currency', 'remark', 'usd'].find((name) => !Object.hasOwn(list, name));
  if (missing !== undefined) {
    throw new UsageError(`${path}: ${missing} is missing`);
  }
  const wrong = Object.keys(own.usd).find((name) => !Number.isFinite(new Map(Object.entries(list.usd)).get(name)));
  if (wrong !== undefined) {
    throw new UsageError(`${path}: usd.${wrong} is not a number`);
  }
};

const readList = async (path: string): Promise<PriceList> => {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path} is not JSON`, { cause: error });
  }
};

const PRICES = join(import.meta.dirname, 'cost/prices.json');

const readPrices = async (path: string): Promise<PriceList> => {
  const [list, own] = await Promise.all([readList(path), readList(PRICES)]);
  checkPrices(path, list, own);
  return list;
};

const TITLES: Readonly<Record<CostLine['kind'], string>> = {
  function: 'Functions, with the queues that they poll',
  queue: 'Job queues',
  cluster: 'Logical clusters',
  feed: 'Feeds, with their share of the ledger and the metrics',
  stack: 'Stack',
};

const KINDS: readonly CostLine['kind'][] = ['function', 'queue', 'cluster', 'feed', 'stack'];

const NAME_WIDTH = 24;
const USD_WIDTH = 8;

const usdText = (usd: number): string => usd.toFixed(2).padStart(USD_WIDTH);

const sumOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { usd }) => sum + usd, 0);

const groupLines = (kind: CostLine['kind'], lines: readonly CostLine[]): string[] => {
  const own = lines.filter((line) => line.kind === kind);
  return own.length === 0
    ? []
    : [
        paint('bold', `${usdText(sumOf(own))}  ${TITLES[kind]}`),
        ...own.flatMap(({ name, usd, why }) => [
          `${usdText(usd)}    ${truncateText(name, NAME_WIDTH)}`,
          `            ${why}`,
        ]),
        '',
      ];
};

const cost = async ({ json, prices: path = PRICES }: Options): Promise<number> => {
  const [configuration, prices] = await Promise.all([readConfiguration(), readPrices(path)]);
  const lines = estimateCost(configuration, prices.usd);
  const { date, region, currency, remark } = prices;
  if (json) {
    console.log(JSON.stringify({ prices: { date, region, currency }, total: sumOf(lines), lines }));
    return EXIT.fine;
  }
  console.log(
    [
      `At most ${sumOf(lines).toFixed(2)} ${currency} per month, with the prices of ${date} in ${region}.`,
      'Not included: jobs, EMR clusters, the load balancer, and objects in S3.',
      '',
      ...KINDS.flatMap((kind) => groupLines(kind, lines)),
      ...wrapText(remark).map((line) => paint('dim', line)),
    ].join('\n'),
  );
  return EXIT.fine;
};

const costCommand = (program: Command) =>
  program
    .command('cost')
    .summary('estimate what the configuration costs per month')
    .description(
      'Estimates an upper bound of what the suite costs per month, by function, job queue, cluster and feed. Metrics are most of it. A counted queue without a feed is not included, and costs the same as the others.',
    )
    .option('--prices <file>', 'another price list (default: cli/cost/prices.json)')
    .option('--json', 'print JSON', false);

/** Adds the command. */
export const addCost = (program: Command) =>
  withHelp(costCommand(program), {
    examples: ['cost', 'cost --json', 'cost --prices our-prices.json'],
    actions: [],
    fine: 'the estimate was printed',
    failed: 'the price list could not be read',
  }).action((options) => perform(() => cost(options)));
