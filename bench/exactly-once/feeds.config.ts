/** One feed, of whose files each is a run of its own. */
import { defineConfig } from '../../configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',
  feeds: [
    {
      name: 'catalog',
      slots: { products: { files: 's3://landing/catalog/{date:yyyyMMdd}/products_{shop}.tsv.gz' } },
      job: {
        batch: {
          queue: 'etl',
          definition: 'import-catalog',
          parameters: { date: '{date:yyyy-MM-dd}', shop: '{shop}' },
        },
      },
    },
  ],
});
