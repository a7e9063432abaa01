/**
 * What `crontab` did, proposed by `breakaway import-crontab`: each feed names the line that it takes the place of.
 *
 * All feeds are shadows: they do everything but submit their jobs, until `shadow` is taken away. Queue and definitions are to be filled in.
 */
import { defineConfig } from '../../../configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',

  calendars: { 'mon-tue-wed-thu-sun': { weekdays: ['mon', 'tue', 'wed', 'thu', 'sun'] } },

  feeds: [
    // Line 10, polls for a file, likely: */5 4-9 * * * flock -n /tmp/northwind_orders.lock
    // $BATCH/bin/check_northwind_orders.sh >> $LOG/northwind_orders.log 2>&1
    {
      name: 'northwind-orders',
      slots: { orders: { files: 's3://reco-landing/northwind/orders_{date:yyyyMMdd}.tsv.gz', minBytes: 1 } },
      due: '09:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: [
            '/opt/batch/jobs/load_orders.py',
            '--shop',
            'northwind',
            '--date',
            '{date:yyyyMMdd}',
            '{orders.uri}',
          ],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 11, polls for a file, guess: */5 4-9 * * * flock -n /tmp/contoso_orders.lock
    // $BATCH/bin/check_contoso_orders.sh >> $LOG/contoso_orders.log 2>&1
    // To decide: `mysql reco -e "load data local infile '$DIR/orders.csv' into table orders"`,
    // `/opt/batch/jobs/aggregate_orders.py contoso $D` follow the waiting in bin/check_contoso_orders.sh; it runs also
    // `zcat $DIR/orders_*.csv.gz`: take the waiting out of the script, and let it be the job
    {
      name: 'contoso-orders',
      slots: {
        'orders-flag': { files: 's3://reco-landing/contoso/{date:yyyyMMdd}/orders_flag.ok' },
        orders: { files: 's3://reco-landing/contoso/{date:yyyyMMdd}/orders_*.csv.gz', min: 3 },
      },
      due: '09:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_contoso_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/check_contoso_orders.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 12, polls for a file, guess: */10 3-8 * * 1-5 $BATCH/bin/check_fabrikam_orders.sh
    // To decide: `/opt/batch/jobs/load_orders.py --shop fabrikam --date $YESTERDAY $F` follows the waiting in
    // bin/check_fabrikam_orders.sh; it runs also `mv $F /data/done/fabrikam/`: take the waiting out of the script, and
    // let it be the job
    {
      name: 'fabrikam-orders',
      slots: { orders: { files: 's3://reco-landing/fabrikam/{date:yyyy-MM-dd}_orders.csv' } },
      due: '+1d 08:50',
      calendar: 'mon-tue-wed-thu-sun',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_fabrikam_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/check_fabrikam_orders.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 13, polls for a file, likely: 2-59/5 * * * * [ -f $IN/litware/orders_$(date +\%Y\%m\%d).csv ] &&
    // $BATCH/jobs/load_orders.py --shop litware $IN/litware/orders_$(date +\%Y\%m\%d).csv
    {
      name: 'load-orders-litware',
      slots: { orders: { files: 's3://reco-landing/litware/orders_{date:yyyyMMdd}.csv' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_orders.py', '--shop', 'litware', '{orders.uri}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 14, polls for a file, likely: */5 5-11 * * * test -s $IN/tailspin/$(date -d yesterday +\%F)/orders.tsv.gz &&
    // nice -n 10 $BATCH/jobs/load_orders.py --shop tailspin --date $(date -d yesterday +\%F)
    {
      name: 'load-orders-tailspin',
      slots: { orders: { files: 's3://reco-landing/tailspin/{date:yyyy-MM-dd}/orders.tsv.gz', minBytes: 1 } },
      due: '+1d 11:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_orders.py', '--shop', 'tailspin', '--date', '{date:yyyy-MM-dd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 15, polls for a file, guess: */15 * * * * $BATCH/bin/check_products.sh northwind
    // To decide: `/opt/batch/jobs/load_products.py $SHOP $F` follows the waiting in bin/check_products.sh; it runs also
    // `mv $F /data/done/$SHOP/`: take the waiting out of the script, and let it be the job
    {
      name: 'products-northwind',
      slots: { products: { files: 's3://reco-landing/northwind/products.csv' } },
      onOverwrite: 'rerun',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_products',
          command: ['/opt/batch/bin/check_products.sh', 'northwind'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 16, polls for a file, guess: */15 * * * * $BATCH/bin/check_products.sh contoso
    // To decide: `/opt/batch/jobs/load_products.py $SHOP $F` follows the waiting in bin/check_products.sh; it runs also
    // `mv $F /data/done/$SHOP/`: take the waiting out of the script, and let it be the job
    {
      name: 'products-contoso',
      slots: { products: { files: 's3://reco-landing/contoso/products.csv' } },
      onOverwrite: 'rerun',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_products',
          command: ['/opt/batch/bin/check_products.sh', 'contoso'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 17, polls for a file, guess: */15 * * * * $BATCH/bin/check_products.sh fabrikam
    // To decide: `/opt/batch/jobs/load_products.py $SHOP $F` follows the waiting in bin/check_products.sh; it runs also
    // `mv $F /data/done/$SHOP/`: take the waiting out of the script, and let it be the job
    {
      name: 'products-fabrikam',
      slots: { products: { files: 's3://reco-landing/fabrikam/products.csv' } },
      onOverwrite: 'rerun',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_products',
          command: ['/opt/batch/bin/check_products.sh', 'fabrikam'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 18, polls for a file, likely: 5 6 * * * $BATCH/bin/wait_customers.sh
    {
      name: 'customers',
      slots: {
        customers: { files: 's3://reco-landing/crm/customers_{date:yyyyMMdd}.csv' },
        consents: { files: 's3://reco-landing/crm/consents_{date:yyyyMMdd}.csv' },
        time: { at: '06:05' },
      },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_customers',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_customers.py', '{date:yyyyMMdd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 19, polls for a file, likely: */10 2-7 * * tue-sat $BATCH/bin/poll_prices.sh > /dev/null 2>&1
    {
      name: 'prices',
      slots: { files: { files: 's3://reco-landing/prices/{shop}_{date:yyyyMMdd}.csv' } },
      values: { shop: ['northwind', 'contoso', 'fabrikam', 'litware'] },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_prices',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_prices.py', '{shop}', '{date:yyyyMMdd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 20, polls for a file, guess: * * * * * $BATCH/bin/pickup_uploads.sh
    // To decide: `/opt/batch/jobs/load_upload.py "$f"` follows the waiting in bin/pickup_uploads.sh; it runs also `mv
    // "$f" /data/done/uploads/`: take the waiting out of the script, and let it be the job
    {
      name: 'pickup-uploads',
      slots: { files: { files: 's3://reco-landing/uploads/*.csv' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'pickup_uploads',
          command: ['/opt/batch/bin/pickup_uploads.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 21, time-driven, guess: */2 * * * * /usr/bin/python3 $BATCH/jobs/watch_coupons.py
    // To decide: cron starts it 720 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    {
      name: 'coupons',
      slots: { time: { at: '*/2 * * * *' } },
      lookback: 1,
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'watch_coupons',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['/usr/bin/python3', '/opt/batch/jobs/watch_coupons.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 25, polls for a file, likely: */3 * * * * $BATCH/bin/check_clicks_hourly.sh
    {
      name: 'clicks-hourly',
      timeZone: 'UTC',
      slots: { success: { files: 's3://clicks-landing/raw/{date:yyyyMMdd}/{date:HH}/_SUCCESS' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_clicks',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}' },
          command: ['python3', '/opt/batch/jobs/load_clicks.py', '--hour', '{date:yyyyMMdd}/{date:HH}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 26, time-driven, guess: 10 0 * * * $BATCH/bin/clicks_daily.sh `date -d yesterday +\%Y\%m\%d`
    // To decide: what does the job take in place of `{date:yyyyMMdd}` (1 day before the run), which the run does not
    // tell? Until then the command is as cron has it
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (clicks_daily.py)?
    {
      name: 'clicks-daily',
      timeZone: 'UTC',
      slots: { time: { at: '10 0 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'clicks_daily',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['bash', '-c', '$BATCH/bin/clicks_daily.sh `date -d yesterday +%Y%m%d`'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch', TZ: 'UTC' },
        },
      },
    },

    // Line 27, polls for a file, likely: */10 0-5 * * * until [ -e $IN/clicks/$(date +\%Y\%m\%d)/_COMPLETE ]; do sleep
    // 30; done; $BATCH/jobs/sessionize.py
    {
      name: 'sessionize',
      timeZone: 'UTC',
      slots: { complete: { files: 's3://reco-landing/clicks/{date:yyyyMMdd}/_COMPLETE' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'sessionize',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/sessionize.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 31, polls for a file, likely: */5 1-6 * * * $BATCH/bin/emr_features.sh
    // To decide: to which bucket do the files of /warehouse/sessions come? (--map
    // /warehouse/sessions=s3://bucket/folder)
    {
      name: 'emr-features',
      slots: { success: { files: 's3://replace-me/warehouse/sessions/dt={date:yyyy-MM-dd}/_SUCCESS' } },
      due: '06:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'features',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: [
            'spark-submit',
            '--master',
            'yarn',
            '--deploy-mode',
            'cluster',
            '/opt/batch/jobs/features.py',
            '{date:yyyy-MM-dd}',
          ],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 32, called by another, likely: */5 1-8 * * * $BATCH/bin/emr_train.sh
    {
      name: 'emr-train',
      slots: { 'emr-features': { feed: 'emr-features' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'train',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['spark-submit', '--master', 'yarn', '/opt/batch/jobs/train.py', '{date:yyyy-MM-dd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 33, time-driven, sure: 0 23 * * * $BATCH/bin/emr_start.sh && $BATCH/bin/emr_warmup.sh
    {
      name: 'emr-start',
      slots: { time: { at: '0 23 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'emr_start',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/emr_start.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 33, time-driven, sure: 0 23 * * * $BATCH/bin/emr_start.sh && $BATCH/bin/emr_warmup.sh
    {
      name: 'emr-warmup',
      slots: { 'emr-start': { feed: 'emr-start' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'emr_warmup',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/emr_warmup.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 34, time-driven, sure: 30 9 * * * timeout 30m $BATCH/bin/emr_stop.sh || echo "EMR did not stop" | mail -s
    // EMR oncall@example.com
    {
      name: 'emr-stop',
      slots: { time: { at: '30 9 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'emr_stop',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/emr_stop.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
          timeoutSeconds: 1800,
        },
      },
    },

    // Line 35, called by another, likely: */20 * * * * hadoop fs -test -e /warehouse/features/dt=$(date +\%F)/_SUCCESS
    // && hive -f $BATCH/jobs/feature_report.hql
    {
      name: 'feature-report',
      slots: { 'emr-features': { feed: 'emr-features' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'feature_report',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['hive', '-f', '/opt/batch/jobs/feature_report.hql'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 39, polls for a file, guess: 15 2 * * * $BATCH/bin/nightly.sh > $LOG/nightly.log 2>&1
    {
      name: 'import-stock',
      slots: { stock: { files: 's3://reco-landing/wms/stock_{date:yyyyMMdd}.csv' }, time: { at: '02:15' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'import_stock',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/import_stock.sh', '{date:yyyyMMdd}'],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 39, polls for a file, guess: 15 2 * * * $BATCH/bin/nightly.sh > $LOG/nightly.log 2>&1
    {
      name: 'similar-items',
      slots: { 'import-stock': { feed: 'import-stock' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'similar_items',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/similar_items.sh', '{date:yyyyMMdd}'],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 39, polls for a file, guess: 15 2 * * * $BATCH/bin/nightly.sh > $LOG/nightly.log 2>&1
    {
      name: 'popular-items',
      slots: { 'import-stock': { feed: 'import-stock' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'popular_items',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/popular_items.sh', '{date:yyyyMMdd}'],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 39, polls for a file, guess: 15 2 * * * $BATCH/bin/nightly.sh > $LOG/nightly.log 2>&1
    {
      name: 'rank-items',
      slots: { 'similar-items': { feed: 'similar-items' }, 'popular-items': { feed: 'popular-items' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'rank_items',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/rank_items.sh', '{date:yyyyMMdd}'],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 39, polls for a file, guess: 15 2 * * * $BATCH/bin/nightly.sh > $LOG/nightly.log 2>&1
    {
      name: 'export-reco',
      slots: { 'rank-items': { feed: 'rank-items' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'export_reco',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/export_reco.sh', '{date:yyyyMMdd}'],
          environment: {
            BATCH: '/opt/batch',
            IN: '/data/in',
            LOG: '/var/log/batch',
            BATCH_HOME: '/opt/batch',
            IN_DIR: '/data/in',
            RUN_DIR: '/var/run/batch',
            LOG_DIR: '/var/log/batch',
          },
        },
      },
    },

    // Line 40, time-driven, guess: 45 5 * * 1-5 cd $BATCH && ./bin/publish.sh prod
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (publish.py)?
    // To decide: the job starts in the folder `/opt/batch`: is it in its image?
    {
      name: 'publish-prod',
      slots: { time: { at: '45 5 * * 1-5' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'publish-prod',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['bash', '-c', 'cd $BATCH && ./bin/publish.sh prod'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 41, called by another, guess: */5 6-10 * * * [ -f /var/run/batch/publish.done ] && [ ! -f
    // /var/run/batch/notified ] && $BATCH/jobs/notify_shops.py && touch /var/run/batch/notified
    // Doubtful: the mark that `[ -f /var/run/batch/publish.done ]` looks for has no date: it is taken for one of the
    // same date
    {
      name: 'notify-shops',
      slots: { 'publish-prod': { feed: 'publish-prod' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'notify_shops',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/notify_shops.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 42, called by another, guess: 0 8 * * * $BATCH/bin/rank_items.sh
    {
      name: 'rank-items-2',
      slots: { time: { at: '0 8 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'rank_items',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/rank_items.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 43, called by another, likely: */10 3-9 * * * $BATCH/bin/after_nightly.sh
    {
      name: 'after-nightly',
      slots: { 'export-reco': { feed: 'export-reco' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_quality',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/check_quality.py', '{date:yyyyMMdd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 46, time-driven, likely: 0 7 * * mon $BATCH/jobs/weekly_report.py
    {
      name: 'weekly-report',
      slots: { time: { at: '0 7 * * 1' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'weekly_report',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/weekly_report.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 47, time-driven, guess: 30 7 1 * * $BATCH/jobs/monthly_report.py $(date -d "last month" +\%Y\%m)
    // To decide: what does the job take in place of `{date:yyyyMM}` (1 month before the run), which the run does not
    // tell? Until then the command is as cron has it
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (monthly_report.py)?
    {
      name: 'monthly-report',
      slots: { time: { at: '30 7 1 * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'monthly_report',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['bash', '-c', '$BATCH/jobs/monthly_report.py $(date -d "last month" +%Y%m)'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch', TZ: 'Asia/Tokyo' },
        },
      },
    },

    // Line 48, time-driven, likely: 0 6 1 jan,apr,jul,oct * $BATCH/jobs/quarterly_report.py
    {
      name: 'quarterly-report',
      slots: { time: { at: '0 6 1 1,4,7,10 *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'quarterly_report',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/quarterly_report.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 49, time-driven, likely: @daily $BATCH/jobs/daily_kpi.py
    {
      name: 'daily-kpi',
      slots: { time: { at: '0 0 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'daily_kpi',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/daily_kpi.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 50, time-driven, likely: @hourly $BATCH/jobs/hourly_kpi.py --hour $(date +\%Y\%m\%d\%H)
    {
      name: 'hourly-kpi',
      slots: { time: { at: '0 * * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'hourly_kpi',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}' },
          command: ['/opt/batch/jobs/hourly_kpi.py', '--hour', '{date:yyyyMMddHH}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 51, time-driven, likely: @weekly $BATCH/bin/report_segments.sh
    {
      name: 'report-segments',
      slots: { time: { at: '0 0 * * 0' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'report_segments',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/report_segments.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 52, time-driven, likely: @monthly $BATCH/jobs/billing.py
    {
      name: 'billing',
      slots: { time: { at: '0 0 1 * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'billing',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/billing.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 53, time-driven, likely: @yearly $BATCH/jobs/archive_year.py
    {
      name: 'archive-year',
      slots: { time: { at: '0 0 1 1 *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'archive_year',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/archive_year.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 54, time-driven, likely: @annually $BATCH/jobs/new_year.py
    {
      name: 'new-year',
      slots: { time: { at: '0 0 1 1 *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'new_year',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/new_year.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 55, time-driven, likely: @midnight $BATCH/jobs/reset_counters.py
    {
      name: 'reset-counters',
      slots: { time: { at: '0 0 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'reset_counters',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/reset_counters.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 57, time-driven, likely: 0 10-18/2 * * 1-5 $BATCH/jobs/dashboard_refresh.py
    {
      name: 'dashboard-refresh',
      slots: { time: { at: '0 10-18/2 * * 1-5' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'dashboard_refresh',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}' },
          command: ['/opt/batch/jobs/dashboard_refresh.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 58, time-driven, likely: 0 9 1-7 * 1 $BATCH/jobs/first_monday.py
    {
      name: 'first-monday',
      slots: { time: { at: '0 9 1-7 * 1' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'first_monday',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/first_monday.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 59, time-driven, guess: 15,45 8-20 * * * $BATCH/jobs/stock_sync.py
    // To decide: cron starts it 26 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    {
      name: 'stock-sync',
      slots: { time: { at: '15,45 8-20 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'stock_sync',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['/opt/batch/jobs/stock_sync.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 60, time-driven, likely: 0 5 * * 7 $BATCH/jobs/sunday_full.py
    {
      name: 'sunday-full',
      slots: { time: { at: '0 5 * * 7' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'sunday_full',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/sunday_full.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 67, polls for a file, likely: */5 * * * * aws s3 ls s3://adventure-landing/sales/$(date +\%Y\%m\%d)/_SUCCESS
    // && $BATCH/jobs/load_orders.py --shop adventure --date $(date +\%Y\%m\%d)
    {
      name: 'load-orders-adventure',
      slots: { success: { files: 's3://adventure-landing/sales/{date:yyyyMMdd}/_SUCCESS' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_orders',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_orders.py', '--shop', 'adventure', '--date', '{date:yyyyMMdd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 68, polls for a file, guess: */5 * * * * $BATCH/bin/check_wingtip_s3.sh
    // To decide: how many files of s3://wingtip-landing/orders/{date:yyyy}/{date:MM}/{date:dd}/* are all? The job
    // starts with the first of them (`min`)
    // To decide: `/opt/batch/jobs/load_orders.py --shop wingtip --dir /data/in/wingtip` follows the waiting in
    // bin/check_wingtip_s3.sh; it runs also `aws s3 cp --recursive $BUCKET/orders/${D}/ /data/in/wingtip/`: take the
    // waiting out of the script, and let it be the job
    {
      name: 'wingtip-s3',
      slots: { files: { files: 's3://wingtip-landing/orders/{date:yyyy}/{date:MM}/{date:dd}/*' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_wingtip_s3',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/check_wingtip_s3.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 70, polls for a file, likely: */10 * * * * aws s3api head-object --bucket proseware-landing --key
    // catalog/$(date +\%Y/\%m/\%d)/catalog.json.gz > /dev/null 2>&1 && python3 $BATCH/jobs/load_catalog.py proseware
    // $(date +\%F)
    {
      name: 'load-catalog-proseware',
      slots: { catalog: { files: 's3://proseware-landing/catalog/{date:yyyy}/{date:MM}/{date:dd}/catalog.json.gz' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_catalog',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['python3', '/opt/batch/jobs/load_catalog.py', 'proseware', '{date:yyyy-MM-dd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 71, polls for a file, guess: */10 * * * * s3cmd ls s3://woodgrove-landing/reviews/$(date +\%Y\%m\%d).json |
    // grep -q json && $BATCH/jobs/load_reviews.py woodgrove
    // Doubtful: grep looks for json anywhere in a name
    {
      name: 'load-reviews-woodgrove',
      slots: { files: { files: 's3://woodgrove-landing/reviews/{date:yyyyMMdd}.json' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_reviews',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_reviews.py', 'woodgrove'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 72, polls for a file, guess: */30 * * * * $BATCH/bin/sync_images.sh
    // To decide: cron ran it once for all files of s3://reco-landing/images/*.jpg; the feed runs it for each: is that
    // right?
    // To decide: `/opt/batch/jobs/resize.py /data/in/images` follows the waiting in bin/sync_images.sh; it runs also
    // `touch /var/run/batch/images.stamp`: take the waiting out of the script, and let it be the job
    {
      name: 'sync-images',
      slots: { files: { files: 's3://reco-landing/images/*.jpg' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'sync_images',
          command: ['/opt/batch/bin/sync_images.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 74, polls for a file, guess: */5 * * * * $BATCH/bin/check_shops_s3.sh
    // Doubtful: nothing says what {shop} may be: each value that comes makes a run of its own
    // To decide: `/opt/batch/jobs/load_shop_stock.py $SHOP $D` follows the waiting in bin/check_shops_s3.sh: take the
    // waiting out of the script, and let it be the job
    {
      name: 'shops-s3',
      slots: { stock: { files: 's3://shops-landing/{shop}/stock_{date:yyyyMMdd}.csv' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'check_shops_s3',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/check_shops_s3.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 75, polls for a file, likely: */5 7-12 * * * $BATCH/bin/wait_for.sh s3://fourthcoffee-landing/stock/$(date
    // +\%Y\%m\%d).csv && $BATCH/jobs/load_stock.py fourthcoffee $(date +\%Y\%m\%d)
    {
      name: 'load-stock-fourthcoffee',
      slots: { files: { files: 's3://fourthcoffee-landing/stock/{date:yyyyMMdd}.csv' } },
      due: '12:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_stock',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/load_stock.py', 'fourthcoffee', '{date:yyyyMMdd}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 78, time-driven, guess: */10 * * * * ssh batch@legacy02 test -f /export/ready && $BATCH/jobs/fetch_legacy.py
    // To decide: cron starts it 144 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (fetch_legacy.py)?
    {
      name: 'fetch-legacy',
      slots: { time: { at: '*/10 * * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'fetch-legacy',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['bash', '-c', 'ssh batch@legacy02 test -f /export/ready && $BATCH/jobs/fetch_legacy.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 79, time-driven, guess: */10 * * * * curl -sf http://provider.example.com/ready > /dev/null &&
    // $BATCH/jobs/fetch_provider.py
    // To decide: cron starts it 144 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (curl,
    // fetch_provider.py)?
    {
      name: 'fetch-provider',
      slots: { time: { at: '*/10 * * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'fetch-provider',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: [
            'bash',
            '-c',
            'curl -sf http://provider.example.com/ready > /dev/null && $BATCH/jobs/fetch_provider.py',
          ],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 80, time-driven, sure: 0 1 * * * ssh -p 2222 batch@legacy02 '/opt/export/dump.sh --full'
    {
      name: 'ssh-batch-legacy02',
      slots: { time: { at: '0 1 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'ssh',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['ssh', '-p', '2222', 'batch@legacy02', '/opt/export/dump.sh --full'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 81, time-driven, guess: */15 6-8 * * * mysql -N -e "select 1 from ready where d = curdate()" | grep -q 1 &&
    // $BATCH/jobs/load_crm.py
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (mysql,
    // load_crm.py)?
    {
      name: 'load-crm',
      slots: { time: { at: '*/15 6-8 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load-crm',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: [
            'bash',
            '-c',
            'mysql -N -e "select 1 from ready where d = curdate()" | grep -q 1 && $BATCH/jobs/load_crm.py',
          ],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 85, time-driven, likely: 25 4 * * * /opt/vendor/agent/rotate
    {
      name: 'rotate',
      slots: { time: { at: '25 4 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'rotate',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/vendor/agent/rotate'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 86, time-driven, likely: 15 6 * * * flock -n /tmp/vacuum.lock -c "$BATCH/jobs/vacuum.py --full"
    {
      name: 'vacuum',
      slots: { time: { at: '15 6 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'vacuum',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/vacuum.py', '--full'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 87, polls for a file, likely: */5 22-23 * * * /bin/bash -lc 'test -e $IN/late/$(date +\%Y\%m\%d).ok &&
    // $BATCH/jobs/late_run.py'
    {
      name: 'late-run',
      slots: { files: { files: 's3://reco-landing/late/{date:yyyyMMdd}.ok' } },
      due: '23:55',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'late_run',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/jobs/late_run.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 97, time-driven, guess: */5 * * * * pgrep -f listener > /dev/null || /opt/batch/bin/start_listener.sh
    // To decide: cron starts it 288 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (listener.py)?
    {
      name: 'listener-2',
      slots: { time: { at: '*/5 * * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'listener-2',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['bash', '-c', 'pgrep -f listener > /dev/null || /opt/batch/bin/start_listener.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 100, time-driven, guess: */5 9-18 * * 1-5 $BATCH/bin/ab_test.sh variant_a
    // To decide: cron starts it 120 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    {
      name: 'ab-test-variant-a',
      slots: { time: { at: '*/5 9-18 * * 1-5' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'ab_test',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['/opt/batch/bin/ab_test.sh', 'variant_a'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 101, time-driven, guess: */5 9-18 * * 1-5 $BATCH/bin/ab_test.sh variant_b
    // To decide: cron starts it 120 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    {
      name: 'ab-test-variant-b',
      slots: { time: { at: '*/5 9-18 * * 1-5' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'ab_test',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['/opt/batch/bin/ab_test.sh', 'variant_b'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 102, time-driven, guess: 0 */6 * * * for m in als bpr; do $BATCH/jobs/evaluate.py $m; done
    // To decide: what does the job take in place of `{m}`, which the run does not tell? Until then the command is as
    // cron has it
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (evaluate.py)?
    {
      name: 'evaluate',
      slots: { time: { at: '0 */6 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'evaluate',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}' },
          command: ['bash', '-c', 'for m in als bpr; do $BATCH/jobs/evaluate.py $m; done'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 103, time-driven, likely: 0 2 * * 6 $BATCH/bin/tune.sh & $BATCH/bin/tune_text.sh & wait;
    // $BATCH/bin/rank_items.sh
    {
      name: 'tune',
      slots: { time: { at: '0 2 * * 6' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'tune',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/tune.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 103, time-driven, likely: 0 2 * * 6 $BATCH/bin/tune.sh & $BATCH/bin/tune_text.sh & wait;
    // $BATCH/bin/rank_items.sh
    {
      name: 'tune-text',
      slots: { time: { at: '0 2 * * 6' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'tune_text',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/tune_text.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 103, time-driven, likely: 0 2 * * 6 $BATCH/bin/tune.sh & $BATCH/bin/tune_text.sh & wait;
    // $BATCH/bin/rank_items.sh
    {
      name: 'rank-items-3',
      slots: { tune: { feed: 'tune' }, 'tune-text': { feed: 'tune-text' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'rank_items',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/rank_items.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 105, polls for a file, guess: 40 * * * * ls $IN/feedback/*.json > /dev/null 2>&1 && for f in
    // $IN/feedback/*.json; do $BATCH/jobs/load_feedback.py "$f"; mv "$f" $IN/feedback/done/; done
    // To decide: the waiting cannot be taken out of the line, which runs `$BATCH/jobs/load_feedback.py "$f"`: put them
    // into one script, which is the job
    {
      name: 'load-feedback',
      slots: { files: { files: 's3://reco-landing/feedback/*.json' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load-feedback',
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 106, polls for a file, guess: 50 * * * * find $IN/returns -name 'returns_*.xml' -mmin +5 -exec
    // $BATCH/jobs/load_returns.py {} \;
    {
      name: 'load-returns',
      slots: { returns: { files: 's3://reco-landing/returns/returns_*.xml' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'load_returns',
          command: ['/opt/batch/jobs/load_returns.py', '{returns.uri}'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 107, time-driven, guess: 55 23 * * * [ $(date -d tomorrow +\%d) = 01 ] && $BATCH/jobs/close_month.py
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (close_month.py)?
    // To decide: the command takes a date from the clock: a run that is late works on the wrong day
    {
      name: 'close-month',
      slots: { time: { at: '55 23 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'close-month',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['bash', '-c', '[ $(date -d tomorrow +%d) = 01 ] && $BATCH/jobs/close_month.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch', TZ: 'Asia/Tokyo' },
        },
      },
    },

    // Line 117, polls for a file, guess: 0 5 * * * if [ -f $IN/half; then $BATCH/jobs/half.py; fi
    // To decide: cron looked at 05:00 only: the feed starts as soon as the file is there, also before. Is that right?
    {
      name: 'half',
      slots: { half: { files: 's3://reco-landing/half' } },
      onOverwrite: 'rerun',
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'half',
          command: ['/opt/batch/jobs/half.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 118, time-driven, guess: 30 5 * * * $BATCH/bin/loops.sh \
    {
      name: 'loops',
      slots: { time: { at: '30 5 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'loops',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['/opt/batch/bin/loops.sh'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },

    // Line 119, time-driven, guess: 0 3 * * * case $(date +\%u) in 6|7) ;; *) $BATCH/jobs/workdays.py ;; esac
    // To decide: the job runs what is left of the line by `bash -c`: does its image have all of it (workdays.py)?
    // To decide: the command takes a date from the clock: a run that is late works on the wrong day
    {
      name: 'workdays',
      slots: { time: { at: '0 3 * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'workdays',
          parameters: { date: '{date:yyyy-MM-dd}' },
          command: ['bash', '-c', 'case $(date +%u) in 6|7) ;; *) $BATCH/jobs/workdays.py ;; esac'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch', TZ: 'Asia/Tokyo' },
        },
      },
    },

    // Line 120, time-driven, guess: -*/10 * * * * $BATCH/jobs/quiet_kpi.py
    // To decide: cron starts it 144 times a day: what does it look for? A feed should wait for that; or start it less
    // often
    {
      name: 'quiet-kpi',
      slots: { time: { at: '*/10 * * * *' } },
      shadow: true,
      job: {
        batch: {
          queue: 'recommendation-etl',
          definition: 'quiet_kpi',
          parameters: { date: '{date:yyyy-MM-dd}T{date:HH}:{date:mm}' },
          command: ['/opt/batch/jobs/quiet_kpi.py'],
          environment: { BATCH: '/opt/batch', IN: '/data/in', LOG: '/var/log/batch' },
        },
      },
    },
  ],
});
