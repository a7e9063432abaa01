import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import { type ActualJob, expectedJobs, jobProblems } from '../../local/expected-jobs.ts';
import { sampleFiles } from '../../local/samples.ts';

const { configuration } = await loadConfiguration();

const put = (key: string, sizeBytes = 10, bucket = 'northwind-landing') => ({ bucket, key, sizeBytes });

const runsOf = (files: Parameters<typeof expectedJobs>[1]): string[] =>
  expectedJobs(configuration, files).map(({ run }) => run);

describe('expectedJobs', () => {
  it('expects a job of a run when each of its required slots has enough files', () => {
    const orders = ['a', 'b', 'c'].map((shop) => put(`sales/20261120/orders_${shop}.tsv.gz`));
    const marker = put('sales/20261120/_SUCCESS', 0);

    expect(runsOf([...orders, marker])).toEqual(['northwind-sales@2026-11-20']);
    expect(runsOf(orders)).toEqual([]);
    expect(runsOf([...orders.slice(1), marker])).toEqual([]);
  });

  it('does not count a file that is too small, or that comes for another date', () => {
    const orders = ['a', 'b'].map((shop) => put(`sales/20261120/orders_${shop}.tsv.gz`));
    const marker = put('sales/20261120/_SUCCESS', 0);

    expect(runsOf([...orders, put('sales/20261120/orders_c.tsv.gz', 0), marker])).toEqual([]);
    expect(runsOf([...orders, put('sales/20261121/orders_c.tsv.gz'), marker])).toEqual([]);
  });

  it('expects a job for each captured value, hour and object', () => {
    const files = [
      put('catalog/2026/11/20/products_tokyo.tsv.gz'),
      put('catalog/2026/11/20/products_osaka.tsv.gz'),
      put('events/2026-11-20/07/events_a.json.gz', 10, 'clickstream-landing'),
      put('events/2026-11-20/07/events_b.json.gz', 10, 'clickstream-landing'),
      put('segments/x (1).csv', 10, 'clickstream-landing'),
      put('segments/deeper/x.csv', 10, 'clickstream-landing'),
    ];

    expect(runsOf(files)).toEqual([
      'northwind-catalog@2026-11-20,shop=tokyo',
      'northwind-catalog@2026-11-20,shop=osaka',
      'clickstream-hourly@2026-11-20T07',
      'segment-upload,object=s3://clickstream-landing/segments/x (1).csv',
    ]);
  });

  it('expects jobs in both queues for the sample files, and none for the day without its marker', () => {
    const files = sampleFiles().map(({ bucket, key, body }) => put(key, body.length, bucket));

    const jobs = expectedJobs(configuration, files);

    expect(Map.groupBy(jobs, ({ queue }) => queue).get('recommendation-etl')).toHaveLength(17);
    expect(Map.groupBy(jobs, ({ queue }) => queue).get('recommendation-adhoc')).toHaveLength(3);
    expect(jobs.map(({ run }) => run)).not.toContain('northwind-sales@2026-11-22');
    expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length);
  });
});

describe('sampleFiles', () => {
  it('makes the same files each time', () => {
    const [one, other] = [sampleFiles(), sampleFiles()];

    expect(one.map(({ key }) => key)).toEqual(other.map(({ key }) => key));
    expect(one.every(({ body }, index) => body.equals(other[index]?.body ?? Buffer.alloc(0)))).toBe(true);
  });
});

describe('jobProblems', () => {
  const expected = [
    { name: 'job-a', queue: 'etl', run: 'a@2026-11-20' },
    { name: 'job-b', queue: 'etl', run: 'b@2026-11-20' },
  ];
  const job = (name: string, id: string, queue = 'etl'): ActualJob => ({ name, id, queue });

  it('finds no problem when exactly the expected jobs exist', () => {
    expect(jobProblems(expected, [job('job-b', '2'), job('job-a', '1')])).toEqual([]);
  });

  it('says why AWS Batch refused the job of a run', () => {
    const refusals = new Map([['b@2026-11-20', 'JobQueue etl is disabled']]);

    expect(jobProblems(expected, [job('job-a', '1')], refusals)).toEqual([
      'missing: job-b in etl (b@2026-11-20), refused: JobQueue etl is disabled',
    ]);
  });

  it('names each job that is missing, duplicate, in the wrong queue or unexpected', () => {
    const actual = [job('job-a', '1'), job('job-a', '2'), job('job-b', '3', 'adhoc'), job('job-c', '4')];

    expect(jobProblems(expected, actual)).toEqual([
      'duplicate: job-a 2 times (1, 2)',
      'in the wrong queue: job-b in adhoc, not etl (3)',
      'unexpected: job-c in etl (4)',
    ]);
    expect(jobProblems(expected, [job('job-a', '1')])).toEqual(['missing: job-b in etl (b@2026-11-20)']);
  });
});
