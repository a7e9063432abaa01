/** Three ways to count the same queue: ours, a bare client, and the SDK's paginator. */
import { createHash, createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { BatchClient, paginateListJobs } from '@aws-sdk/client-batch';
import { createCountQueue } from '../../functions/count-stuck-jobs/count-queue.ts';
import { createJobListing } from '../../shared/aws/job-listing.ts';
import type { Status } from './listing.ts';

/** Counts the whole queue, and tells by status. */
export type CountAll = () => Promise<Readonly<Record<Status, number>>>;

const STATUSES: readonly Status[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'];

const ours = (): CountAll => {
  const count = createCountQueue({
    // Without the limit of calls a second, which is there for Batch and not for the bench.
    listing: createJobListing({ pace: async () => undefined }),
    now: () => new Date(),
  });
  const { signal } = new AbortController();
  return async () => (await count('etl', new Map(), signal)).jobs;
};

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Signature version 4, by hand.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
const signed = (host: string, body: string): Record<string, string> => {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/ap-northeast-1/batch/aws4_request`;
  const names = 'content-type;host;x-amz-date';
  const canonical = `POST\n/v1/listjobs\n\ncontent-type:application/json\nhost:${host}\nx-amz-date:${time}\n\n${names}\n${sha256(body)}`;
  const key = scope.split('/').reduce<string | Buffer>((outer, part) => hmac(outer, part), 'AWS4test');
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    host,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
};

type Page = { jobSummaryList: { createdAt?: number; arrayProperties?: object }[]; nextToken?: string };

/**
 * The least that a client can do: sign, ask over one connection, `JSON.parse`, count, find the
 * oldest.
 */
const bare = (url: string): CountAll => {
  const agent = new Agent({ keepAlive: true });
  const { host } = new URL(url);
  const ask = (body: string): Promise<Page> =>
    new Promise((resolve, reject) => {
      const post = request(`${url}/v1/listjobs`, { method: 'POST', agent, headers: signed(host, body) }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      });
      post.once('error', reject);
      post.end(body);
    });

  return async () => {
    const counts = { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 };
    let oldest = Number.POSITIVE_INFINITY;
    for (const jobStatus of STATUSES) {
      let nextToken: string | undefined;
      do {
        const page = await ask(JSON.stringify({ jobQueue: 'etl', jobStatus, maxResults: 1000, nextToken }));
        for (const { createdAt = oldest } of page.jobSummaryList) {
          oldest = Math.min(oldest, createdAt);
        }
        counts[jobStatus] += page.jobSummaryList.length;
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    }
    return counts;
  };
};

const paginator = (): CountAll => {
  const client = new BatchClient({});
  return async () => {
    const counts = { SUBMITTED: 0, PENDING: 0, RUNNABLE: 0, STARTING: 0, RUNNING: 0 };
    for (const jobStatus of STATUSES) {
      for await (const page of paginateListJobs({ client, pageSize: 1000 }, { jobQueue: 'etl', jobStatus })) {
        counts[jobStatus] += page.jobSummaryList?.length ?? 0;
      }
    }
    return counts;
  };
};

export const CLIENTS: Readonly<Record<string, (url: string) => CountAll>> = { ours, bare, paginator };
