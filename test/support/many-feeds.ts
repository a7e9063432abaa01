import type { UserConfig } from '../../configuration/define.ts';

const PROVIDERS = [
  ...['adventure', 'contoso', 'fabrikam', 'fourth-coffee', 'litware'],
  ...['lucerne', 'northwind', 'proseware', 'tailspin', 'wingtip'],
];
const KINDS = [
  ...['catalog', 'coupons', 'customers', 'inventory', 'orders'],
  ...['prices', 'returns', 'reviews', 'sessions', 'shipments'],
];
const DATES = ['{date:yyyyMMdd}', '{date:yyyy}/{date:MM}/{date:dd}', 'dt={date:yyyy-MM-dd}'];

/** Makes the configuration of a hundred feeds of two slots: ten providers of ten kinds of files, each with a job of its own. */
export const manyFeeds = (): UserConfig => ({
  timeZone: 'Asia/Tokyo',
  feeds: PROVIDERS.flatMap((provider, which) =>
    KINDS.map((kind, index) => {
      const folder = `s3://${provider}-landing/${kind}/${DATES[which % DATES.length]}`;
      return {
        name: `${provider}-${kind}`,
        slots: {
          [kind]: { files: `${folder}/${kind}_{shop}_*.tsv.gz`, min: 1 + ((which + index) % 7), minBytes: 1 },
          complete: { files: `${folder}/_SUCCESS_{shop}` },
        },
        job: {
          batch: {
            queue: index % 3 === 0 ? 'recommendation-adhoc' : 'recommendation-etl',
            definition: `import-${kind}`,
            parameters: { date: '{date:yyyy-MM-dd}', shop: '{shop}', manifest: '{manifest}' },
            environment: { GENERATION: '{generation}', TARGET_TABLE: `warehouse.${provider}_${kind}` },
            resources: { vcpus: 2 ** (index % 4), memoryMiB: 2048 * (1 + (which % 5)) },
            timeoutSeconds: 600 * (1 + ((which * index) % 11)),
            retry: {
              attempts: 3,
              evaluateOnExit: [
                { action: 'RETRY', onStatusReason: 'Host EC2*' },
                { action: 'EXIT', onExitCode: '2' },
              ],
            },
            tags: { team: 'recommendation', provider },
          },
        },
        outputs: [`s3://recommendation-warehouse/${provider}/${kind}/{date:yyyyMMdd}/{shop}/`],
      };
    }),
  ),
  queues: { count: 'all' },
  emr: {
    clusters: [{ name: 'recommendation', pattern: 'recommendation-*' }],
    metrics: { maxNodes: 40 },
  },
});
