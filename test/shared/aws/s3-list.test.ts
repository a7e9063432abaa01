import { createHash, createHmac } from 'node:crypto';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ListedObject } from '../../../shared/aws/object-listing.ts';
import { createObjects } from '../../../shared/aws/s3.ts';
import {
  accessDenied,
  type Fault,
  halved,
  type ListRequest,
  listingXml,
  slowDown,
  startS3,
  truncated,
} from '../../support/s3-listing-stub.ts';

const SECRET = 'secret/Key+1';

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
  vi.stubEnv('AWS_SESSION_TOKEN', '');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const start = async (pageSize?: number) => {
  const s3 = await startS3(pageSize === undefined ? {} : { pageSize });
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.url);
  return s3;
};

type Listing = ReturnType<ReturnType<typeof createObjects>['list']>;

const pagesOf = async (listing: Listing) => {
  const pages: (readonly ListedObject[])[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
};

const keysOf = async (listing: Listing): Promise<string[]> => {
  const pages = await pagesOf(listing);
  return pages.flat().map(({ key }) => key);
};

describe('list', () => {
  it('lists what is under a prefix', async () => {
    const s3 = await start();
    const writtenAt = new Date('2026-11-22T02:31:07.000Z');
    s3.put('landing', 'sales/20261122/a', { etag: 'abc-2', sizeBytes: 5, writtenAt });
    s3.put('landing', 'salaries/20261122/a');
    s3.put('other', 'sales/20261122/b');

    const pages = await pagesOf(createObjects().list('landing', 'sales/', undefined));

    expect(pages).toEqual([[{ key: 'sales/20261122/a', etag: 'abc-2', sizeBytes: 5, writtenAt }]]);
  });

  it('tells that there is nothing', async () => {
    await start();

    await expect(pagesOf(createObjects().list('landing', 'sales/', undefined))).resolves.toEqual([[]]);
  });

  it('reads every page once, in order, and begins behind a key', async () => {
    const s3 = await start(3);
    const keys = Array.from({ length: 10 }, (_, index) => `k/${index}`);
    for (const key of keys.toReversed()) s3.put('landing', key);

    await expect(keysOf(createObjects().list('landing', 'k/', undefined))).resolves.toEqual(keys);
    expect(s3.requests).toHaveLength(4);
    await expect(keysOf(createObjects().list('landing', 'k/', 'k/4'))).resolves.toEqual(keys.slice(5));
  });

  it('asks for no page that is not taken', async () => {
    const s3 = await start(1);
    for (const key of ['a', 'b', 'c']) s3.put('landing', key);

    for await (const page of createObjects().list('landing', '', undefined)) {
      expect(page).toHaveLength(1);
      break;
    }

    expect(s3.requests).toHaveLength(1);
  });

  it('goes on after an empty page', async () => {
    const s3 = await start();
    s3.put('landing', 'a');
    s3.fault = ({ query }, response) => {
      if (query['continuation-token'] !== undefined) return false;
      response.writeHead(200).end(listingXml([], 'after:'));
      return true;
    };

    await expect(keysOf(createObjects().list('landing', '', undefined))).resolves.toEqual(['a']);
  });

  it('finds every key, and begins behind every one, whatever characters it has', async () => {
    const s3 = await start(2);
    const keys = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom(...' +%/\\&=?#<>"\'\n\r\u0001;~!*().aä新😀'), minLength: 1, maxLength: 12 }),
      { minLength: 1, maxLength: 6 },
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(keys, async (some) => {
        run += 1;
        const bucket = `landing-${run}`;
        for (const key of some) s3.put(bucket, key);

        const found = await keysOf(createObjects().list(bucket, '', undefined));
        const [first = ''] = found;

        expect(found.toSorted()).toEqual(some.toSorted());
        expect(await keysOf(createObjects().list(bucket, '', first))).toEqual(found.slice(1));
        expect(await keysOf(createObjects().list(bucket, first, undefined))).toContain(first);
      }),
      { numRuns: 60 },
    );
  });

  it('ends with an error when a token comes again, rather than never', async () => {
    const s3 = await start();
    s3.fault = (_, response) => {
      response.writeHead(200).end(listingXml([], 'again'));
      return true;
    };

    await expect(keysOf(createObjects().list('landing', 'sales/', undefined))).rejects.toThrow(
      'Could not list s3://landing/sales/: S3 repeated a page token after 1 pages',
    );
    expect(s3.requests).toHaveLength(2);
  });

  const failures: [string, Fault, string, number][] = [
    ['refuses', accessDenied, 'S3 answered 403 AccessDenied Access Denied', 1],
    ['asks for fewer requests again and again', slowDown, 'S3 answered 503 SlowDown', 3],
    ['breaks off', truncated, 'aborted', 3],
    ['answers with half a listing', halved, 'S3 did not answer with a listing', 1],
  ];
  it.each(failures)('rejects when S3 %s, naming the place', async (_, fault, reason, attempts) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const s3 = await start();
    s3.put('landing', 'sales/1');
    s3.fault = fault;

    const failed = keysOf(createObjects().list('landing', 'sales/', undefined));

    await expect(failed).rejects.toMatchObject({
      message: 'Could not list s3://landing/sales/',
      cause: { message: expect.stringContaining(reason) },
    });
    expect(s3.requests).toHaveLength(attempts);
  });

  it('tries a page again that may succeed then', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const s3 = await start(1);
    for (const key of ['a', 'b', 'c']) s3.put('landing', key);
    s3.fault = (...asked) => s3.requests.length === 2 && slowDown(...asked);

    await expect(keysOf(createObjects().list('landing', '', undefined))).resolves.toEqual(['a', 'b', 'c']);
    expect(s3.requests).toHaveLength(4);
  });

  it('is signed, its query too', async () => {
    const s3 = await start();
    const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
    const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
    const signatureOf = ({ url, headers }: ListRequest) => {
      const [, day = '', region = '', names = ''] =
        /Credential=\w+\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), /.exec(
          headers.authorization ?? '',
        ) ?? [];
      const [path = '', query = ''] = url.split('?');
      const signed = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
      const sorted = query.split('&').sort().join('&');
      const canonical = ['GET', path, sorted, signed.join(''), names, sha256('')].join('\n');
      const scope = `${day}/${region}/s3/aws4_request`;
      const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
      const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), 's3'), 'aws4_request');
      return hmac(key, toSign).toString('hex');
    };

    await keysOf(createObjects().list('landing', "a b+c/é&=?#%2F'()*!~", 'z \n'));

    expect(s3.requests[0]?.headers.authorization).toContain(`Signature=${signatureOf(s3.requests[0]!)}`);
  });

  describe('compared with the client of the SDK', () => {
    type Sent = { method: string; hostname: string; port?: number; path: string; query: Record<string, string> };

    const captured = (): Sent[] => {
      const sent: Sent[] = [];
      vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
        sent.push(request as unknown as Sent);
        throw new Error('Captured');
      });
      return sent;
    };

    const targetOf = ({ method, hostname, port, path, query }: Sent) => ({ method, hostname, port, path, query });

    it.each([
      ['a region', {}],
      ['FIPS endpoints', { AWS_REGION: 'us-west-2', AWS_USE_FIPS_ENDPOINT: 'true' }],
      ['an endpoint', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }],
      ['an endpoint with a path', { AWS_ENDPOINT_URL_S3: 'https://127.0.0.1:9000/base/' }],
    ])('asks the same with %s', async (_, env) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const sent = captured();
      const hasEndpoint = Object.keys(env).some((name) => name.startsWith('AWS_ENDPOINT'));
      const client = new S3Client({ maxAttempts: 1, forcePathStyle: hasEndpoint });
      const objects = createObjects({ maxAttempts: 1 });
      const keys = fc.string({ unit: fc.constantFrom(..." +%/&=?#'()*~.aä新😀\n"), maxLength: 8 });

      await fc.assert(
        fc.asyncProperty(fc.constantFrom('landing', 'landing.with.dots'), keys, keys, async (bucket, prefix, after) => {
          sent.length = 0;
          const input = { Bucket: bucket, Prefix: prefix, StartAfter: after, EncodingType: 'url' as const };
          await client.send(new ListObjectsV2Command(input)).catch(() => {});
          await keysOf(objects.list(bucket, prefix, after)).catch(() => {});

          expect(sent).toHaveLength(2);
          expect(targetOf(sent[1]!)).toEqual(targetOf(sent[0]!));
        }),
        { numRuns: 30 },
      );
    });

    it('asks for the next page, and reads it, in the same way', async () => {
      const s3 = await start(2);
      for (const key of ['a b', 'a+b', 'ä', '新/%']) s3.put('landing', key, { etag: 'e', sizeBytes: 7 });
      const client = new S3Client({ endpoint: s3.url, forcePathStyle: true });

      const ours = (await pagesOf(createObjects().list('landing', '', undefined))).flat();
      const [, asked] = s3.requests;
      const next = asked?.query['continuation-token'];
      const input = { Bucket: 'landing', Prefix: '', EncodingType: 'url' as const, ContinuationToken: next };
      const { Contents: theirs = [] } = await client.send(new ListObjectsV2Command(input));

      const [, , theirRequest] = s3.requests;
      expect(theirRequest?.query).toEqual(asked?.query);
      expect(ours.slice(2)).toEqual(
        theirs.map(({ Key, ETag, Size, LastModified }) => ({
          key: decodeURIComponent((Key ?? '').replaceAll('+', ' ')),
          etag: ETag?.replaceAll('"', ''),
          sizeBytes: Size,
          writtenAt: LastModified,
        })),
      );
    });
  });
});
