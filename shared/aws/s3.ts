/**
 * Objects in S3: what is there now, and what the suite writes itself.
 *
 * Made of the parts that the SDK's S3 client is made of. That client alone would fill a third of what a bundle may hold, nearly all of it
 * for operations and kinds of buckets that the suite does not use. A test compares the requests of the two.
 */
import { isVirtualHostableS3Bucket, partition } from '@aws-sdk/core/client';
import { escapeUriPath } from '@smithy/core/protocols';
import type { ClientOverrides } from './client-settings.ts';
import { type ListedObject, type ObjectListing, readListing } from './object-listing.ts';
import { type Answer, createSignedRequests, reasonOf, type Surroundings } from './signed-requests.ts';

/** What S3 holds under a key. */
export type FoundObject = {
  /** As EventBridge tells it, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly writtenAt?: Date;
};

export type Objects = {
  /**
   * Asks what S3 holds under a key now.
   *
   * @returns `undefined` when there is nothing
   * @throws Error that names the bucket and the key, when S3 does not say
   */
  readonly head: (bucket: string, key: string, signal?: AbortSignal) => Promise<FoundObject | undefined>;
  /**
   * Writes an object, or replaces it.
   *
   * @throws Error that names the bucket and the key
   */
  readonly put: (bucket: string, key: string, body: string, contentType: string, signal?: AbortSignal) => Promise<void>;
  /**
   * Lists what is under a prefix, in the order of the keys: a request and at most 1,000 objects a page, and no page is asked for before it is taken.
   *
   * @param after - the key behind which to begin; `undefined` for all
   * @throws Error that names the bucket and the prefix, when S3 does not say what is there, or would go on for ever
   */
  readonly list: (
    bucket: string,
    prefix: string,
    after: string | undefined,
    signal?: AbortSignal,
  ) => AsyncGenerator<readonly ListedObject[], void, undefined>;
};

type Call = {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/**
 * Finds the host that serves a bucket, and the path that a key has there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
const locate = (bucket: string, key: string, settings: Surroundings): { origin: URL; path: string } => {
  const path = `/${escapeUriPath(key)}`;
  if (settings.endpoint !== undefined) {
    const origin = new URL(settings.endpoint);
    return { origin, path: `${origin.pathname.replace(/\/$/, '')}/${bucket}${path}` };
  }
  const service = `s3${settings.fips ? '-fips' : ''}${settings.dualstack ? '.dualstack' : ''}`;
  const host = `${service}.${settings.region}.${partition(settings.region).dnsSuffix}`;
  // The certificate covers one label before the host, so a bucket with a dot in its name is part of the path.
  return isVirtualHostableS3Bucket(bucket)
    ? { origin: new URL(`https://${bucket}.${host}`), path }
    : { origin: new URL(`https://${host}`), path: `/${bucket}${path}` };
};

/** Makes the client of S3 objects. Region, endpoint and credentials come from the environment, as for every client of the SDK. */
export const createObjects = (overrides: ClientOverrides = {}): Objects => {
  const requests = createSignedRequests({ endpointName: 'S3', signingName: 's3', uriEscapePath: false }, overrides);

  const ask = async (
    { method, bucket, key, query, headers, body }: Call,
    signal: AbortSignal | undefined,
  ): Promise<Answer> => {
    const { origin, path } = locate(bucket, key, await requests.surroundings());
    return requests.send({ method, origin, path, query, headers, body }, signal);
  };

  const send = async (call: Call, signal: AbortSignal | undefined, expected: readonly number[]): Promise<Answer> => {
    try {
      const answer = await ask(call, signal);
      if (!expected.includes(answer.status)) throw new Error(reasonOf('S3', answer));
      return answer;
    } catch (error) {
      throw new Error(`Could not ${call.method} s3://${call.bucket}/${call.key}`, { cause: error });
    }
  };

  const pageOf = async (
    bucket: string,
    prefix: string,
    from: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<ObjectListing> => {
    try {
      // Encoded, since XML cannot hold every character that a key may have.
      const query = { 'list-type': '2', 'encoding-type': 'url', prefix, ...from };
      const answer = await ask({ method: 'GET', bucket, key: '', query }, signal);
      if (answer.status !== 200) throw new Error(reasonOf('S3', answer));
      return readListing(answer.body);
    } catch (error) {
      throw new Error(`Could not list s3://${bucket}/${prefix}`, { cause: error });
    }
  };

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  async function* list(bucket: string, prefix: string, after: string | undefined, signal?: AbortSignal) {
    const tokens = new Set<string>();
    let from: Readonly<Record<string, string>> = after === undefined ? {} : { 'start-after': after };
    for (;;) {
      const { objects, next } = await pageOf(bucket, prefix, from, signal);
      yield objects;
      if (next === undefined) return;
      if (tokens.has(next)) {
        throw new Error(`Could not list s3://${bucket}/${prefix}: S3 repeated a page token after ${tokens.size} pages`);
      }
      tokens.add(next);
      from = { 'continuation-token': next };
    }
  }

  return {
    list,
    head: async (bucket, key, signal) => {
      // S3 answers 403 for a missing key where listing is not allowed: that says nothing about the object.
      const { status, headers } = await send({ method: 'HEAD', bucket, key }, signal, [200, 404]);
      if (status === 404) return undefined;
      const etag = headers['etag']?.replaceAll('"', '');
      const sizeBytes = Number(headers['content-length']);
      if (etag === undefined || !Number.isSafeInteger(sizeBytes)) {
        throw new Error(`S3 did not tell the ETag and the size of s3://${bucket}/${key}`);
      }
      const writtenAt = new Date(headers['last-modified'] ?? '');
      return { etag, sizeBytes, ...(Number.isNaN(writtenAt.getTime()) ? {} : { writtenAt }) };
    },
    put: async (bucket, key, body, contentType, signal) => {
      const headers = { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) };
      await send({ method: 'PUT', bucket, key, headers, body }, signal, [200]);
    },
  };
};
