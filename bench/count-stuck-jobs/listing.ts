/** A queue of up to a million listed jobs, made up page by page, and the right count of it. */

const PAGE_SIZE = 1000;

/** The pages of each status in the smallest queue: 20 in all. */
const PAGES = { SUBMITTED: 2, PENDING: 4, RUNNABLE: 10, STARTING: 1, RUNNING: 3 } as const;

/** So many times the smallest queue has a million jobs. */
export const MILLION = 50;

export type Status = keyof typeof PAGES;

export const isStatus = (text: unknown): text is Status => typeof text === 'string' && text in PAGES;

/** Counts the pages of a queue that is so many times the smallest one. */
export const pageCount = (times: number): number =>
  times * Object.values(PAGES).reduce((sum, number) => sum + number, 0);

/** Every hundredth PENDING job is an array. */
const ARRAY_EVERY = 100;
const CHILDREN = { PENDING: 40, RUNNABLE: 160, SUCCEEDED: 790, FAILED: 10 };

const NEWEST = Date.parse('2026-11-22T03:00:00Z');
const OLDEST_AGE_MS = 7_919_000;

const uuid = (index: number): string =>
  `${((index * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}-c02c-4f15-8e6f-${index.toString(16).padStart(12, '0')}`;

/** Spread over two hours, in no order. */
const createdAt = (index: number): number => NEWEST - ((index * 48_271) % OLDEST_AGE_MS);

const jobJson = (status: Status, index: number): string => {
  const id = uuid(index);
  const array =
    status === 'PENDING' && index % ARRAY_EVERY === 0
      ? `,"arrayProperties":{"size":1000,"statusSummary":${JSON.stringify(CHILDREN)},"statusSummaryLastUpdatedAt":${NEWEST}}`
      : '';
  const started = status === 'RUNNING' ? `,"startedAt":${createdAt(index) + 60_000}` : '';
  return `{"jobArn":"arn:aws:batch:ap-northeast-1:123456789012:job/${id}","jobId":"${id}","jobName":"breakaway-prod-northwind-sales-20261122-${id.slice(-12)}","capacityUsage":[{"capacityUnit":"VCPU","quantity":4}],"createdAt":${createdAt(index)},"status":"${status}"${started}${array},"jobDefinition":"arn:aws:batch:ap-northeast-1:123456789012:job-definition/import-sales:7"}`;
};

/** Writes one page of `ListJobs`, as AWS does: no blanks, and a token unless it is the last. */
export const pageJson = (times: number, status: Status, page: number): string => {
  const jobs = Array.from({ length: PAGE_SIZE }, (_, index) => jobJson(status, page * PAGE_SIZE + index));
  const token = page + 1 < times * PAGES[status] ? `,"nextToken":"${status}-${page + 1}"` : '';
  return `{"jobSummaryList":[${jobs.join(',')}]${token}}`;
};

/**
 * Counts the jobs of a queue that is so many times the smallest one: array jobs by their children
 * that have not ended.
 */
export const expectedJobs = (times: number): Readonly<Record<Status, number>> => {
  const listed = (status: Status): number => times * PAGES[status] * PAGE_SIZE;
  const arrays = listed('PENDING') / ARRAY_EVERY;
  return {
    SUBMITTED: listed('SUBMITTED'),
    PENDING: listed('PENDING') - arrays + arrays * CHILDREN.PENDING,
    RUNNABLE: listed('RUNNABLE') + arrays * CHILDREN.RUNNABLE,
    STARTING: listed('STARTING'),
    RUNNING: listed('RUNNING'),
  };
};
