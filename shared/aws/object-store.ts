/** The landing buckets, as an evaluation asks for them. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import type { StoredObject } from '../runs/listing.ts';
import { type ObjectStore, StoreRefusedError } from '../runs/observe-run.ts';
import { createObjects, type FoundObject, type ListedObject, type Objects } from './s3.ts';
import { bucketRegionOf } from './s3-errors.ts';

/** Status codes by which S3 refuses: the same request leads to the same answer until a person has acted. */
const REFUSING = [301, 400, 401, 403, 404, 405];

const refusal = (error: unknown): S3ServiceException | undefined => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof S3ServiceException) {
      return cause;
    }
  }
  return undefined;
};

const adviceFor = (bucket: string, error: S3ServiceException, partition: string): string => {
  const status = error.$metadata.httpStatusCode;
  if (status === 403) {
    const arn = `arn:${partition}:s3:::${bucket}`;
    return `The roles of the suite need s3:ListBucket on ${arn} and s3:GetObject on ${arn}/*. If the bucket belongs to another account, its bucket policy has to allow both too; if the requester pays, the suite cannot read it.`;
  }
  const region = bucketRegionOf(error);
  return status === 404
    ? `There is no bucket ${bucket}.`
    : region === undefined
      ? ''
      : `The bucket is in ${region}: deploy the suite there, or replicate the bucket.`;
};

/** Turns the refusal of S3 into an outcome that a person can act on, and leaves every other error as it is. */
const explained = (bucket: string, error: unknown, partition: string): unknown => {
  const answer = refusal(error);
  const status = answer?.$metadata.httpStatusCode;
  if (answer === undefined || status === undefined || !REFUSING.includes(status)) {
    return error;
  }
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return new StoreRefusedError(bucket, [reason, adviceFor(bucket, answer, partition)].filter(Boolean).join('. '), {
    cause: error,
  });
};

const storedObject = ({ writtenAt, ...object }: ListedObject): StoredObject => ({ ...object, lastModified: writtenAt });

const foundObject = (key: string, { answeredAt: _, writtenAt, ...found }: FoundObject): StoredObject => {
  if (writtenAt === undefined) {
    throw new Error(`S3 answered for ${key} without Last-Modified`);
  }
  return { key, ...found, lastModified: writtenAt };
};

const atOf = (answeredAt: Date | undefined): { readonly at?: Date } =>
  answeredAt === undefined ? {} : { at: answeredAt };

/** Opens the landing buckets. `partition` is that of the suite: `aws`, `aws-cn`, `aws-us-gov`. */
export const createObjectStore = (
  objects: Pick<Objects, 'head' | 'pages'> = createObjects(),
  partition = 'aws',
): ObjectStore => ({
  head: async (bucket, key, signal) => {
    try {
      const found = await objects.head(bucket, key, signal);
      return found === undefined ? {} : { object: foundObject(key, found), ...atOf(found.answeredAt) };
    } catch (error) {
      throw explained(bucket, error, partition);
    }
  },

  async *list(bucket, prefix, after, signal) {
    try {
      for await (const { objects: listed, answeredAt } of objects.pages(bucket, prefix, after, signal)) {
        yield { objects: listed.map(storedObject), ...atOf(answeredAt) };
      }
    } catch (error) {
      throw explained(bucket, error, partition);
    }
  },
});
