/**
 * Objects in S3: what is there now, and what the suite writes itself.
 *
 * Made of the parts that the SDK's S3 client is made of. That client alone would fill a third of what a bundle may hold, nearly all of it
 * for operations and kinds of buckets that the suite does not use. A test compares the requests of the two.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isVirtualHostableS3Bucket, partition } from '@aws-sdk/core/client';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import {
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
} from '@smithy/core/config';
import { escapeUriPath, HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { type ClientOverrides, clientSettings } from './client-settings.ts';

/** What S3 holds under a key. */
export type FoundObject = {
  /** As EventBridge tells it, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
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
};

type Call = {
  readonly method: 'HEAD' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };

type Settings = {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly fips: boolean;
  readonly dualstack: boolean;
};

const FIRST_BACKOFF_MS = 50;
const FIRST_THROTTLED_BACKOFF_MS = 1_000;

const ENDPOINT_URL = {
  environmentVariableSelector: (env: Record<string, string | undefined>) =>
    env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined,
  configFileSelector: (profile: Record<string, string | undefined>) => profile['endpoint_url'],
  default: async () => undefined,
};

/**
 * Finds the host that serves a bucket, and the path that a key has there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
const locate = (bucket: string, key: string, settings: Settings): { origin: URL; path: string } => {
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

/** Tells what went wrong, from the XML that S3 answers with; a HEAD has no body. */
const reasonOf = ({ status, body }: Answer): string => {
  const code = /<Code>([^<]+)<\/Code>/.exec(body)?.[1];
  const message = /<Message>([^<]+)<\/Message>/.exec(body)?.[1];
  return ['S3 answered', status, code, message].filter((part) => part !== undefined).join(' ');
};

/** How long to wait before another attempt, or `undefined` when it would end as this one did. Without an answer, it may not. */
const backoffMs = (status: number | undefined, attempt: number): number | undefined => {
  const factor = Math.random() * 2 ** (attempt - 1);
  if (status === 429 || status === 503) return factor * FIRST_THROTTLED_BACKOFF_MS;
  return status === undefined || status >= 500 ? factor * FIRST_BACKOFF_MS : undefined;
};

/** Makes the client of S3 objects. Region, endpoint and credentials come from the environment, as for every client of the SDK. */
export const createObjects = (overrides: ClientOverrides = {}): Objects => {
  const { maxAttempts, requestHandler } = clientSettings(overrides);
  const region = loadConfig(NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS);
  const endpoint = loadConfig<string | undefined>(ENDPOINT_URL);
  const fips = loadConfig(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS);
  const dualstack = loadConfig(NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS);
  const signer = new SignatureV4({
    credentials: defaultProvider(),
    region,
    service: 's3',
    sha256: Sha256,
    // S3 alone takes a path as it is: a//b and a/../b are keys of their own.
    uriEscapePath: false,
  });

  const requestOf = async ({ method, bucket, key, headers, body }: Call): Promise<HttpRequest> => {
    const { origin, path } = locate(bucket, key, {
      region: await region(),
      endpoint: await endpoint(),
      fips: (await fips()) === true,
      dualstack: (await dualstack()) === true,
    });
    const request = new HttpRequest({
      method,
      protocol: origin.protocol,
      hostname: origin.hostname,
      ...(origin.port !== '' && { port: Number(origin.port) }),
      path,
      headers: { host: origin.host, ...headers },
      ...(body !== undefined && { body }),
    });
    return new HttpRequest(await signer.sign(request));
  };

  const ask = async (request: HttpRequest, signal: AbortSignal | undefined): Promise<Answer> => {
    const { response } = await requestHandler.handle(request, signal === undefined ? {} : { abortSignal: signal });
    return { status: response.statusCode, headers: response.headers, body: await text(response.body) };
  };

  /** Asks until there is an answer that another attempt would not better. */
  const persist = async (request: HttpRequest, signal: AbortSignal | undefined): Promise<Answer> => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await ask(request, signal).catch((error: unknown) => ({ status: undefined, error }));
      const waitMs = attempt < maxAttempts ? backoffMs(result.status, attempt) : undefined;
      if (waitMs !== undefined) {
        await sleep(waitMs, undefined, { ...(signal && { signal }) });
      } else if (result.status === undefined) {
        throw result.error;
      } else {
        return result;
      }
    }
  };

  const send = async (call: Call, signal: AbortSignal | undefined, expected: readonly number[]): Promise<Answer> => {
    try {
      const answer = await persist(await requestOf(call), signal);
      if (!expected.includes(answer.status)) throw new Error(reasonOf(answer));
      return answer;
    } catch (error) {
      throw new Error(`Could not ${call.method} s3://${call.bucket}/${call.key}`, { cause: error });
    }
  };

  return {
    head: async (bucket, key, signal) => {
      // S3 answers 403 for a missing key where listing is not allowed: that says nothing about the object.
      const { status, headers } = await send({ method: 'HEAD', bucket, key }, signal, [200, 404]);
      if (status === 404) return undefined;
      const etag = headers['etag']?.replaceAll('"', '');
      const sizeBytes = Number(headers['content-length']);
      if (etag === undefined || !Number.isSafeInteger(sizeBytes)) {
        throw new Error(`S3 did not tell the ETag and the size of s3://${bucket}/${key}`);
      }
      return { etag, sizeBytes };
    },
    put: async (bucket, key, body, contentType, signal) => {
      const headers = { 'content-type': contentType, 'content-length': String(Buffer.byteLength(body)) };
      await send({ method: 'PUT', bucket, key, headers, body }, signal, [200]);
    },
  };
};
