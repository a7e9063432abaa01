/**
 * The configuration of this deployment: the files that it waits for, and the jobs that it submits.
 *
 * The two data providers are examples. Replace them with your own. An editor completes and explains
 * every field, and the suite reports all problems when it reads the file.
 * `BREAKAWAY_CONFIG=path/to/another.config.ts` uses another file.
 */
import { defineConfig } from './configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',

  feeds: [
    // Northwind puts the orders of its shops into one folder per day: three or more files, and then
    // `_SUCCESS`. The job starts when all of them are there, in any order.
    {
      name: 'northwind-sales',
      slots: {
        orders: {
          files: 's3://northwind-landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz',
          min: 3,
          // An empty object is a failed upload.
          minBytes: 1,
        },
        complete: { files: 's3://northwind-landing/sales/{date:yyyyMMdd}/_SUCCESS' },
      },
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'import-sales',
          // `{manifest}` is the URI of a list of the run's files, since a request has no room for
          // all names.
          parameters: { date: '{date:yyyy-MM-dd}', manifest: '{manifest}' },
          timeoutSeconds: 7200,
          retry: {
            attempts: 3,
            evaluateOnExit: [
              // Retry after a reclaimed Spot instance, but not after exit code 2 of the import.
              { action: 'RETRY', onStatusReason: 'Host EC2*' },
              { action: 'EXIT', onExitCode: '2' },
            ],
          },
          tags: { team: 'recommendation', provider: 'northwind' },
        },
      },
      outputs: ['s3://recommendation-warehouse/sales/{date:yyyyMMdd}/'],
    },

    // One product list per shop and day: `{shop}` is a capture, so every shop has its own run and
    // job.
    {
      name: 'northwind-catalog',
      slots: {
        products: {
          files: 's3://northwind-landing/catalog/{date:yyyy}/{date:MM}/{date:dd}/products_{shop}.tsv.gz',
          minBytes: 1,
        },
      },
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'import-catalog',
          parameters: { date: '{date:yyyy-MM-dd}', shop: '{shop}', products: '{products.uri}' },
          resources: { vcpus: 1, memoryMiB: 2048 },
          tags: { team: 'recommendation', provider: 'northwind' },
        },
      },
    },

    // The clickstream comes every hour. Corrections are rare: the job does not wait for them, and
    // runs again when they come later.
    {
      name: 'clickstream-hourly',
      slots: {
        events: {
          files: 's3://clickstream-landing/events/{date:yyyy-MM-dd}/{date:HH}/events_*.json.gz',
          min: 2,
        },
        corrections: {
          files: 's3://clickstream-landing/events/{date:yyyy-MM-dd}/{date:HH}/corrections.json.gz',
          optional: true,
        },
      },
      onOverwrite: 'rerun',
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'sessionize',
          parameters: { hour: '{date:yyyy-MM-dd}T{date:HH}', manifest: '{manifest}' },
          environment: {
            GENERATION: '{generation}',
            // Without corrections, the job does not get this variable.
            CORRECTIONS: '{corrections.uri}',
          },
          timeoutSeconds: 3000,
        },
      },
    },

    // Loads each file that an analyst uploads: the template has no date and no capture, so every
    // object has its own run.
    {
      name: 'segment-upload',
      slots: {
        segment: { files: 's3://clickstream-landing/segments/*.csv', minBytes: 1 },
      },
      // The job already processes the first version. A person decides about the second one.
      onOverwrite: 'alert',
      job: {
        batch: {
          queue: 'recommendation-adhoc',
          definition: 'load-segment',
          parameters: { segment: '{segment.uri}' },
        },
      },
    },
  ],

  // Counts stuck jobs in every queue of the account and Region, also in queues without a feed.
  queues: { count: 'all', remindEvery: '24h' },

  // The cluster for recommendations is replaced every night (`recommendation-20261122`). Its graphs
  // and alarms continue.
  emr: {
    clusters: [{ name: 'recommendation', pattern: 'recommendation-*' }],
    // The most nodes of the old and the new cluster together. The cost of the metrics depends on
    // it.
    metrics: { maxNodes: 40 },
  },
});
