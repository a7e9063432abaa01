import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  eventually,
  jobsIn,
  logLines,
  messagesIn,
  put,
  queueUrl,
  read,
  receive,
  setPolling,
  setVisibilityTimeout,
  sqs,
  visibilityTimeout,
} from './deployed.ts';

const FUNCTION = 'breakaway-local-submit-batch-job';
const QUEUE = 'breakaway-local-arrivals';
const FAILURE_QUEUE = 'breakaway-local-arrivals-failed';
const SUITE_BUCKET = 'breakaway-local-123456789012-ap-northeast-1';

const etlJobs = (isOwn: (parameters: Record<string, string>) => boolean) =>
  jobsIn('recommendation-etl', ({ parameters = {} }) => isOwn(parameters));

describe('the deployed service', () => {
  it('submits one job, with exactly the parameters of the configuration, for a file that completes a run', async () => {
    await put('northwind-landing', 'catalog/2031/01/05/products_kyoto.tsv.gz');

    const [job, ...others] = await eventually(async () => {
      const jobs = await etlJobs(({ date }) => date === '2031-01-05');
      expect(jobs).not.toEqual([]);
      return jobs;
    });
    expect(others).toEqual([]);
    expect(job?.jobName).toMatch(/^breakaway-local-northwind-catalog-20310105-[0-9a-f]{12}$/);
    expect(job?.jobDefinition).toMatch(/job-definition\/import-catalog:1$/);
    expect(job?.jobQueue).toMatch(/job-queue\/recommendation-etl$/);
    expect(job?.parameters).toEqual({
      date: '2031-01-05',
      shop: 'kyoto',
      products: 's3://northwind-landing/catalog/2031/01/05/products_kyoto.tsv.gz',
    });
    expect(job?.tags).toEqual({ team: 'recommendation', provider: 'northwind' });
  });

  it('waits for every slot of a run, and passes the files on as a manifest', async () => {
    const folder = 'sales/20310106';
    const ofDay = () => etlJobs(({ date, manifest }) => date === '2031-01-06' && manifest !== undefined);
    for (const shop of ['tokyo', 'osaka', 'nagoya']) {
      await put('northwind-landing', `${folder}/orders_${shop}.tsv.gz`, `orders of ${shop}`);
    }
    await eventually(async () => {
      const lines = await logLines(FUNCTION);
      const waits = lines.filter(
        ({ message, run }) => message === 'Run waits for more' && run === 'northwind-sales@2031-01-06',
      );
      expect(waits).toHaveLength(3);
    });
    expect(await ofDay()).toEqual([]);

    await put('northwind-landing', `${folder}/_SUCCESS`, '');

    const [job] = await eventually(async () => {
      const jobs = await ofDay();
      expect(jobs).toHaveLength(1);
      return jobs;
    });
    const manifest = job?.parameters?.['manifest'] ?? '';
    expect(manifest).toMatch(new RegExp(`^s3://${SUITE_BUCKET}/manifests/northwind-sales/`));
    const files = (await read(manifest))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).uri);
    expect(files).toEqual([
      `s3://northwind-landing/${folder}/_SUCCESS`,
      `s3://northwind-landing/${folder}/orders_nagoya.tsv.gz`,
      `s3://northwind-landing/${folder}/orders_osaka.tsv.gz`,
      `s3://northwind-landing/${folder}/orders_tokyo.tsv.gz`,
    ]);
    expect(job?.timeout?.attemptDurationSeconds).toBe(7_200);
  });

  it('hands a key to the job as it is in S3, whatever characters it has', async () => {
    const name = 'a b+c é&=%25 100% 新規 (1)';

    await put('clickstream-landing', `segments/${name}.csv`);

    await eventually(async () => {
      const jobs = await jobsIn(
        'recommendation-adhoc',
        ({ parameters }) => parameters?.['segment']?.includes('新規') === true,
      );
      expect(jobs.map(({ parameters }) => parameters)).toEqual([
        { segment: `s3://clickstream-landing/segments/${name}.csv` },
      ]);
    });
  });

  it('submits nothing again for a file that is put again', async () => {
    const ofDay = () => etlJobs(({ date }) => date === '2031-01-07');
    const key = 'catalog/2031/01/07/products_kobe.tsv.gz';
    await put('northwind-landing', key, 'first');
    await eventually(async () => expect(await ofDay()).toHaveLength(1));

    await put('northwind-landing', key, 'first');
    await put('northwind-landing', key, 'second');

    await eventually(async () => {
      const handled = (await logLines(FUNCTION)).filter(
        ({ run, message }) =>
          run === 'northwind-catalog@2031-01-07,shop=kobe' &&
          (message === 'Job submitted' || message === 'Run needs nothing'),
      );
      expect(handled).toHaveLength(3);
    });
    expect(await ofDay()).toHaveLength(1);
  });

  describe('with a malformed message among ten', () => {
    let restore: () => Promise<void> = async () => undefined;

    afterEach(() => restore());

    it('puts that message alone into the failure queue, after its retries, and does the other nine once', async () => {
      const [queue, failureQueue] = [await queueUrl(QUEUE), await queueUrl(FAILURE_QUEUE)];
      const before = await visibilityTimeout(queue);
      restore = async () => {
        await setVisibilityTimeout(queue, before);
        await setPolling(FUNCTION, true);
      };
      expect(await messagesIn(failureQueue)).toBe(0);
      await setPolling(FUNCTION, false);
      // Five tries at the deployed timeout would take a quarter of an hour.
      await setVisibilityTimeout(queue, 4);
      const shops = Array.from({ length: 9 }, (_, index) => `shop${index}`);
      for (const shop of shops) {
        await put('northwind-landing', `catalog/2031/01/08/products_${shop}.tsv.gz`);
      }
      const poison = JSON.stringify({
        'detail-type': 'Object Created',
        detail: { bucket: { name: 'northwind-landing' } },
      });
      const { MessageId: poisonId } = await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: poison }));
      // Files of other tests may wait there too.
      await eventually(async () => expect(await messagesIn(queue)).toBeGreaterThanOrEqual(10));

      await setPolling(FUNCTION, true);

      await eventually(async () => expect(await messagesIn(failureQueue)).toBe(1), 120_000);
      expect((await receive(failureQueue)).map(({ Body }) => Body)).toEqual([poison]);
      await eventually(async () => expect(await messagesIn(queue)).toBe(0));
      const jobs = await etlJobs(({ date }) => date === '2031-01-08');
      expect(jobs.map(({ parameters }) => parameters?.['shop']).sort()).toEqual(shops);
      const lines = await logLines(FUNCTION);
      const failures = lines.filter(({ message }) => message === 'Arrival not handled');
      expect(failures.map(({ messageId }) => messageId)).toEqual(Array.from({ length: 5 }, () => poisonId));
      const submitted = lines.filter(
        ({ message, run }) => message === 'Job submitted' && String(run).startsWith('northwind-catalog@2031-01-08'),
      );
      expect(submitted).toHaveLength(9);
    });
  });
});
