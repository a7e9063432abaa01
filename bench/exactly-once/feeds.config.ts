/** One feed of one file a day, whose arrivals all belong to one run. */
import { defineConfig } from '../../shared/config/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',
  feeds: [
    {
      name: 'sales',
      slots: { orders: { files: 's3://landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz' } },
      job: { batch: { queue: 'etl', definition: 'import-sales', parameters: { date: '{date:yyyy-MM-dd}' } } },
    },
  ],
});
