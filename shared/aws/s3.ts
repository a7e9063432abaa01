/** Objects in S3: reads what a bucket holds now, and writes what the suite stores itself. */
import {
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NotFound,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { HttpResponse } from '@smithy/core/transport';
import { type ClientOverrides, clientSettings } from './client-settings.ts';
import { explainS3Error } from './s3-errors.ts';

/** An object of S3. */
export type FoundObject = {
  /** As in the events of EventBridge, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly writtenAt?: Date;
  /** Only in a bucket that has versions. */
  readonly versionId?: string;
  /** Only where it is not `STANDARD`. */
  readonly storageClass?: string;
  /** The time of the answer by S3's clock. */
  readonly answeredAt?: Date;
};

/** An object in a listing. */
export type ListedObject = {
  /** As it is in S3, never encoded. */
  readonly key: string;
  /** As in the events of EventBridge, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** In whole seconds. Of an object uploaded in parts, when its upload began. */
  readonly writtenAt: Date;
  /** Only where it is not `STANDARD`. */
  readonly storageClass?: string;
};

/** One answer of a listing. */
export type ObjectPage = {
  /** In the order of their keys. */
  readonly objects: readonly ListedObject[];
  /** The time of the answer by S3's clock. */
  readonly answeredAt?: Date;
};

export type Objects = {
  /**
   * Asks what S3 holds under a key now.
   *
   * @returns `undefined` when there is nothing
   * @throws Error that names the bucket and the key, when S3 does not say
   */
  readonly head: (bucket: string, key: string, signal: AbortSignal) => Promise<FoundObject | undefined>;
  /**
   * Writes an object, or replaces it.
   *
   * @throws Error that names the bucket and the key
   */
  readonly put: (bucket: string, key: string, body: string, contentType: string, signal: AbortSignal) => Promise<void>;
  /**
   * Lists the objects under a prefix, in the order of their keys: at most 1,000 a page, and one
   * request for each page that is taken.
   *
   * @param after - the key behind which the listing begins; `undefined` for all
   * @throws Error that names the bucket and the prefix, when S3 does not answer, or repeats a page
   */
  readonly pages: (
    bucket: string,
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ) => AsyncGenerator<ObjectPage, void, undefined>;
  /** Lists as `pages` does, and yields the objects alone. */
  readonly list: (
    bucket: string,
    prefix: string,
    after: string | undefined,
    signal: AbortSignal,
  ) => AsyncGenerator<readonly ListedObject[], void, undefined>;
};

type Metadata = ListObjectsV2CommandOutput['$metadata'];

/** Adds the `Date` header of each answer to the metadata of the answer. */
const keepAnswerTime = (client: S3Client): void => {
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { response, output } = answer;
      const date = HttpResponse.isInstance(response) ? response.headers['date'] : undefined;
      if (output !== undefined && date !== undefined) {
        Object.assign(output.$metadata, { answeredAt: new Date(date) });
      }
      return answer;
    },
    // Outside of the deserializer, which makes the output.
    { step: 'deserialize', priority: 'high', name: 'keepAnswerTime' },
  );
};

const answerTimeOf = (metadata: Metadata): { readonly answeredAt?: Date } =>
  'answeredAt' in metadata && metadata.answeredAt instanceof Date ? { answeredAt: metadata.answeredAt } : {};

/** A listing names it, the answer to a HEAD does not. */
const STANDARD = 'STANDARD';

const unquoted = (etag: string): string => etag.replaceAll('"', '');

/** S3 encodes a key as a form does: a space is a plus sign, and a plus sign is `%2B`. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

const foundObject = ({
  ETag,
  ContentLength: sizeBytes,
  LastModified,
  VersionId,
  StorageClass,
  $metadata,
}: HeadObjectCommandOutput): FoundObject => {
  if (ETag === undefined || sizeBytes === undefined) {
    throw new Error('S3 did not answer with the ETag and the size of the object');
  }
  return {
    etag: unquoted(ETag),
    sizeBytes,
    ...(LastModified === undefined ? {} : { writtenAt: LastModified }),
    ...(VersionId === undefined ? {} : { versionId: VersionId }),
    ...(StorageClass === undefined ? {} : { storageClass: StorageClass }),
    ...answerTimeOf($metadata),
  };
};

type Contents = NonNullable<ListObjectsV2CommandOutput['Contents']>[number];

const listedObject = (
  { Key, ETag, Size: sizeBytes, LastModified: writtenAt, StorageClass: storageClass }: Contents,
  isEncoded: boolean,
): ListedObject => {
  if (Key === undefined || ETag === undefined || sizeBytes === undefined || writtenAt === undefined) {
    throw new Error(`S3 listed an object without its key, ETag, size or time: ${JSON.stringify({ Key, ETag })}`);
  }
  return {
    key: isEncoded ? decoded(Key) : Key,
    etag: unquoted(ETag),
    sizeBytes,
    writtenAt,
    ...(storageClass === undefined || storageClass === STANDARD ? {} : { storageClass }),
  };
};

/**
 * @throws Error when the answer is not a whole listing: to take it for an empty one would lose
 * files
 */
const readPage = (answer: ListObjectsV2CommandOutput): ObjectPage & { readonly next: string | undefined } => {
  const { Contents = [], IsTruncated, KeyCount = Contents.length, NextContinuationToken, EncodingType } = answer;
  if (IsTruncated === undefined) {
    throw new Error('S3 did not answer with a listing');
  }
  if (KeyCount !== Contents.length) {
    throw new Error(`S3 listed ${Contents.length} objects and counted ${KeyCount}`);
  }
  if (IsTruncated && !NextContinuationToken) {
    throw new Error('S3 listed a part of the objects, without the token of the next page');
  }
  return {
    objects: Contents.map((object) => listedObject(object, EncodingType === 'url')),
    next: IsTruncated ? NextContinuationToken : undefined,
    ...answerTimeOf(answer.$metadata),
  };
};

/** Opens the objects of S3. */
export const createObjects = (overrides: ClientOverrides = {}): Objects => {
  const client = new S3Client(clientSettings(overrides));
  keepAnswerTime(client);

  const explained = async <Answer>(what: string, bucket: string, call: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await call();
    } catch (error) {
      throw new Error(`Could not ${what}`, { cause: await explainS3Error(error, bucket, client.config.region) });
    }
  };

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  async function* pages(bucket: string, prefix: string, after: string | undefined, abortSignal: AbortSignal) {
    const place = `s3://${bucket}/${prefix}`;
    const tokens = new Set<string>();
    let from: { StartAfter?: string; ContinuationToken?: string } = after === undefined ? {} : { StartAfter: after };
    for (;;) {
      const { next, ...page } = await explained(`list ${place}`, bucket, async () =>
        readPage(
          await client.send(
            // Encoded, since XML cannot hold every character that a key may have.
            new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, EncodingType: 'url', ...from }),
            { abortSignal },
          ),
        ),
      );
      yield page;
      if (next === undefined) return;
      if (tokens.has(next)) {
        throw new Error(`Could not list ${place}: S3 repeated a page token after ${tokens.size} pages`);
      }
      tokens.add(next);
      from = { ContinuationToken: next };
    }
  }

  return {
    pages,

    async *list(bucket, prefix, after, signal) {
      for await (const { objects } of pages(bucket, prefix, after, signal)) {
        yield objects;
      }
    },

    head: (bucket, key, abortSignal) =>
      explained(`HEAD s3://${bucket}/${key}`, bucket, async () => {
        try {
          return foundObject(await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }));
        } catch (error) {
          if (error instanceof NotFound) return undefined;
          throw error;
        }
      }),

    put: (bucket, key, body, contentType, abortSignal) =>
      explained(`PUT s3://${bucket}/${key}`, bucket, async () => {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }), {
          abortSignal,
        });
      }),
  };
};
