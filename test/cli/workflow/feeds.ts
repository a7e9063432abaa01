import type { Configuration } from '../../../configuration/configuration.ts';
import type { UserFeed } from '../../../configuration/define-feed.ts';
import { parseConfiguration } from '../../../configuration/load.ts';

const PROVIDERS = [
  'adventure',
  'contoso',
  'fabrikam',
  'litware',
  'lucerne',
  'northwind',
  'proseware',
  'tailspin',
  'wingtip',
  'woodgrove',
];

const job = (definition: string): UserFeed['job'] => ({ batch: { queue: 'recommendation-etl', definition } });

/** The feeds of one provider: three that wait for files, four that follow them, three that start by the clock or both. */
const feedsOf = (provider: string, which: number): UserFeed[] => {
  const file = (kind: string) => `s3://${provider}-landing/${kind}/{date:yyyyMMdd}/${kind}_*.csv`;
  const minute = String(which * 5).padStart(2, '0');
  const name = (kind: string): string => `${provider}-${kind}`;

  return [
    {
      name: name('orders'),
      slots: { orders: { files: file('orders') } },
      due: `0${which % 8}:${minute}`,
      job: job('load-orders'),
    },
    {
      name: name('catalog'),
      slots: { catalog: { files: file('catalog') } },
      due: `+1d 0${which % 9}:30`,
      job: job('load-catalog'),
    },
    {
      name: name('clicks'),
      slots: { clicks: { files: file('clicks') }, note: { files: file('note'), optional: true } },
      job: job('load-clicks'),
    },
    { name: name('sessions'), slots: { [name('clicks')]: { feed: name('clicks') } }, job: job('sessionize') },
    {
      name: name('features'),
      slots: {
        [name('orders')]: { feed: name('orders') },
        [name('catalog')]: { feed: name('catalog'), offset: '-1d' },
        [name('sessions')]: { feed: name('sessions') },
      },
      job: job('features'),
    },
    { name: name('train'), slots: { [name('features')]: { feed: name('features') } }, shadow: true, job: job('train') },
    {
      name: name('publish'),
      slots: { [name('orders')]: { feed: name('orders') }, time: { at: '07:15' } },
      job: job('publish'),
    },
    {
      name: name('kpi'),
      slots: { time: { at: `${which} 6 * * *` } },
      outputs: [`s3://reports/${provider}/{date:yyyyMMdd}.csv`],
      job: job('kpi'),
    },
    {
      name: name('report'),
      slots: { kpi: { files: `s3://reports/${provider}/{date:yyyyMMdd}.csv` } },
      job: job('report'),
    },
    { name: name('sync'), slots: { time: { at: '*/5 * * * *' } }, job: job('sync') },
    { name: name('billing'), slots: { time: { at: '0 9 1 * *' } }, job: job('bill') },
  ];
};

/** A workflow of any number of feeds, up to 110. */
export const workflowOf = (count: number): Configuration =>
  parseConfiguration({ timeZone: 'Asia/Tokyo', feeds: PROVIDERS.flatMap(feedsOf).slice(0, count) }).configuration;
