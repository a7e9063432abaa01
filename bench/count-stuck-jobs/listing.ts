/** A queue of a million listed jobs, made up page by page, and what a right count of it is. */

export const PAGE_SIZE = 1000;

/** How many pages each status has: a thousand in all. */
export const PAGES = { SUBMITTED: 100, PENDING: 200, RUNNABLE: 500, STARTING: 50, RUNNING: 150 } as const;

export type Status = keyof typeof PAGES;

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
export const pageJson = (status: Status, page: number): string => {
  const jobs = Array.from({ length: PAGE_SIZE }, (_, index) => jobJson(status, page * PAGE_SIZE + index));
  const token = page + 1 < PAGES[status] ? `,"nextToken":"${status}-${page + 1}"` : '';
  return `{"jobSummaryList":[${jobs.join(',')}]${token}}`;
};

const arrays = (PAGES.PENDING * PAGE_SIZE) / ARRAY_EVERY;

/** What a right count finds: array jobs by their children that have not ended. */
export const EXPECTED: Readonly<Record<Status, number>> = {
  SUBMITTED: PAGES.SUBMITTED * PAGE_SIZE,
  PENDING: PAGES.PENDING * PAGE_SIZE - arrays + arrays * CHILDREN.PENDING,
  RUNNABLE: PAGES.RUNNABLE * PAGE_SIZE + arrays * CHILDREN.RUNNABLE,
  STARTING: PAGES.STARTING * PAGE_SIZE,
  RUNNING: PAGES.RUNNING * PAGE_SIZE,
};
