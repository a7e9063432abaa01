/**
 * What this deployment does: which files it waits for, and which jobs it submits for them.
 *
 * Two data providers as an example. Replace them with your own; an editor completes and explains every field, and whatever does not fit
 * together is named when the configuration is read. `BREAKAWAY_CONFIG=path/to/another.config.ts` takes another file.
 */
import { defineConfig } from './configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',

  feeds: [
    // Northwind puts its shops' orders into one folder a day, in as many files as it likes but at least three, and then `_SUCCESS`.
    // The job starts when both are there, in whichever order they come.
    {
      name: 'northwind-sales',
      slots: {
        orders: {
          files: 's3://northwind-landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz',
          min: 3,
          // An empty object is an upload that went wrong.
          minBytes: 1,
        },
        complete: { files: 's3://northwind-landing/sales/{date:yyyyMMdd}/_SUCCESS' },
      },
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'import-sales',
          // `{manifest}` is the URI of a list of the run's files: a day may have more of them than a request can hold.
          parameters: { date: '{date:yyyy-MM-dd}', manifest: '{manifest}' },
          timeoutSeconds: 7200,
          retry: {
            attempts: 3,
            evaluateOnExit: [
              // A reclaimed Spot instance is worth another attempt; an import that says no (exit code 2) is not.
              { action: 'RETRY', onStatusReason: 'Host EC2*' },
              { action: 'EXIT', onExitCode: '2' },
            ],
          },
          tags: { team: 'recommendation', provider: 'northwind' },
        },
      },
      outputs: ['s3://recommendation-warehouse/sales/{date:yyyyMMdd}/'],
    },

    // One product list a shop and day: `{shop}` is captured, so every shop has a run, and a job, of its own.
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

    // The clickstream comes hourly. Corrections are rare: the job does not wait for them, and runs again when they come later.
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
            // Left out of the job when there is no such file.
            CORRECTIONS: '{corrections.uri}',
          },
          timeoutSeconds: 3000,
        },
      },
    },

    // Whatever an analyst uploads here is loaded by itself: nothing is captured, so every object is a run of its own.
    {
      name: 'segment-upload',
      slots: {
        segment: { files: 's3://clickstream-landing/segments/*.csv', minBytes: 1 },
      },
      // A job is already at work on the first version; a person decides about the second.
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

  // Jobs that are stuck are counted in every queue of the account and region, also in those that no feed uses.
  queues: { count: 'all', remindEvery: '24h' },

  // The cluster that computes recommendations is replaced every night (`recommendation-20261122`); its graphs and alarms run on.
  emr: {
    clusters: [{ name: 'recommendation', pattern: 'recommendation-*' }],
    // As many nodes as it ever has, old and new together: what the metrics cost follows from it.
    metrics: { maxNodes: 40 },
  },
});
