/**
 * A workflow of ten feeds: files of several providers, jobs that wait for jobs, times, and the time
 * when each is late. Every name is an example.
 *
 * `BREAKAWAY_CONFIG=docs/examples/workflow.config.ts npm run package` packages it.
 */
import { defineConfig } from '../../configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',

  calendars: {
    // The path is relative to this file.
    office: { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], holidays: 'holidays.txt' },
    'new-york': { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'], holidays: ['2026-11-26', '2026-12-25'] },
  },

  feeds: [
    // Files of one provider, every day. A late run is reported at nine, and every two hours until
    // the evening of the next day.
    {
      name: 'northwind-sales',
      slots: {
        orders: { files: 's3://northwind-landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz', min: 3, minBytes: 1 },
        complete: { files: 's3://northwind-landing/sales/{date:yyyyMMdd}/_SUCCESS' },
      },
      due: '09:00',
      cutOff: '+1d 18:00',
      remindEvery: '2h',
      onOverwrite: 'rerun',
      job: { batch: { queue: 'etl', definition: 'import-sales', parameters: { manifest: '{manifest}' } } },
    },

    // One file per shop and day. The shops are listed, so a shop that sends nothing is reported as
    // late.
    {
      name: 'northwind-catalog',
      slots: { products: { files: 's3://northwind-landing/catalog/{date:yyyyMMdd}/products_{shop}.tsv.gz' } },
      values: { shop: ['tokyo', 'osaka', 'nagoya'] },
      calendar: 'office',
      due: '10:30',
      job: { batch: { queue: 'etl', definition: 'import-catalog', parameters: { products: '{products.uri}' } } },
    },

    // Follows another feed shop by shop: a feed without files has the dates and captures of the
    // feeds that it waits for.
    {
      name: 'catalog-index',
      slots: { catalog: { feed: 'northwind-catalog' } },
      job: {
        batch: { queue: 'etl', definition: 'index-catalog', parameters: { date: '{date:yyyyMMdd}', shop: '{shop}' } },
      },
    },

    // Waits for all shops of the date, and for yesterday's sales.
    {
      name: 'daily-features',
      slots: {
        catalog: { feed: 'catalog-index', all: ['shop'] },
        sales: { feed: 'northwind-sales', offset: '-1d' },
      },
      calendar: 'office',
      due: '13:00',
      job: { batch: { queue: 'etl', definition: 'compute-features', parameters: { date: '{date:yyyy-MM-dd}' } } },
    },

    // Another provider, in its own time zone. The provider corrects its rates until 18:00, so the
    // job waits.
    {
      name: 'contoso-rates',
      timeZone: 'America/New_York',
      slots: {
        rates: { files: 's3://contoso-landing/rates/{date:yyyy-MM-dd}.csv', minBytes: 100 },
        closed: { at: '0 18 * * mon-fri' },
      },
      calendar: 'new-york',
      due: '19:30',
      lookback: 5,
      job: { batch: { queue: 'etl', definition: 'import-rates', parameters: { rates: '{rates.uri}' } } },
    },

    // Every hour, due 20 minutes after the end of the hour.
    {
      name: 'clickstream-hourly',
      slots: { events: { files: 's3://clickstream-landing/{date:yyyy-MM-dd}/{date:HH}/events_*.json.gz', min: 2 } },
      due: '+1h20m',
      lookback: 1,
      job: { batch: { queue: 'etl', definition: 'sessionize', parameters: { manifest: '{manifest}' } } },
    },

    // A cron line that waits only for a time. After an outage, one run is enough.
    {
      name: 'warehouse-vacuum',
      slots: { time: { at: '30 3 * * *' } },
      job: { batch: { queue: 'adhoc', definition: 'vacuum', parameters: { date: '{date:yyyyMMdd}' } } },
    },

    // Another cron line, of which every missed run is made up for.
    {
      name: 'price-snapshot',
      slots: { time: { at: '*/15 8-19 * * 1-5' } },
      calendar: 'office',
      catchUp: 'all',
      job: {
        batch: {
          queue: 'adhoc',
          definition: 'snapshot-prices',
          parameters: { at: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
        },
      },
    },

    // A monthly report, from the third of the month on, when the provider has sent its invoice.
    {
      name: 'monthly-report',
      slots: {
        invoice: { files: 's3://northwind-landing/invoices/{date:yyyy-MM}.pdf' },
        third: { at: '0 9 3 * *' },
      },
      due: '+4d 12:00',
      lookback: 1,
      job: { batch: { queue: 'adhoc', definition: 'monthly-report', parameters: { invoice: '{invoice.uri}' } } },
    },

    // A shadow, while the old server still does the work: no job is submitted.
    {
      name: 'recommendation-train',
      slots: { features: { feed: 'daily-features' }, night: { at: '22:00' } },
      shadow: true,
      job: { batch: { queue: 'gpu', definition: 'train', parameters: { date: '{date:yyyy-MM-dd}' } } },
    },
  ],
});
