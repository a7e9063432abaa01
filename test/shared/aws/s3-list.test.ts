import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createObjects, type ListedObject, type ObjectPage } from '../../../shared/aws/s3.ts';
import {
  accessDenied,
  type Fault,
  halved,
  listingXml,
  slowDown,
  startS3,
  truncated,
} from '../../support/s3-listing-stub.ts';

const { signal } = new AbortController();

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
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

    const pages = await pagesOf(createObjects().list('landing', 'sales/', undefined, signal));

    expect(pages).toEqual([[{ key: 'sales/20261122/a', etag: 'abc-2', sizeBytes: 5, writtenAt }]]);
  });

  it('tells the time of each page by S3’s clock', async () => {
    const s3 = await start(1);
    for (const key of ['a', 'b']) s3.put('landing', key);
    const before = Date.now();

    const pages: ObjectPage[] = [];
    for await (const page of createObjects().pages('landing', '', undefined, signal)) pages.push(page);

    expect(pages.map(({ objects }) => objects.map(({ key }) => key))).toEqual([['a'], ['b']]);
    // The header has whole seconds.
    for (const { answeredAt } of pages) expect(answeredAt?.getTime()).toBeGreaterThan(before - 1_000);
  });

  it('tells that there is nothing', async () => {
    await start();

    await expect(pagesOf(createObjects().list('landing', 'sales/', undefined, signal))).resolves.toEqual([[]]);
  });

  it('reads every page once, in order, and begins behind a key', async () => {
    const s3 = await start(3);
    const keys = Array.from({ length: 10 }, (_, index) => `k/${index}`);
    for (const key of keys.toReversed()) s3.put('landing', key);

    await expect(keysOf(createObjects().list('landing', 'k/', undefined, signal))).resolves.toEqual(keys);
    expect(s3.requests).toHaveLength(4);
    await expect(keysOf(createObjects().list('landing', 'k/', 'k/4', signal))).resolves.toEqual(keys.slice(5));
  });

  it('asks for no page that is not taken', async () => {
    const s3 = await start(1);
    for (const key of ['a', 'b', 'c']) s3.put('landing', key);

    for await (const page of createObjects().list('landing', '', undefined, signal)) {
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
      response.writeHead(200).end(listingXml([], '00'));
      return true;
    };

    await expect(keysOf(createObjects().list('landing', '', undefined, signal))).resolves.toEqual(['a']);
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

        const found = await keysOf(createObjects().list(bucket, '', undefined, signal));
        const [first = ''] = found;

        expect(found.toSorted()).toEqual(some.toSorted());
        expect(await keysOf(createObjects().list(bucket, '', first, signal))).toEqual(found.slice(1));
        expect(await keysOf(createObjects().list(bucket, first, undefined, signal))).toContain(first);
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

    await expect(keysOf(createObjects().list('landing', 'sales/', undefined, signal))).rejects.toThrow(
      'Could not list s3://landing/sales/: S3 repeated a page token after 1 pages',
    );
    expect(s3.requests).toHaveLength(2);
  });

  const failures: [string, Fault, string, number][] = [
    ['refuses', accessDenied, 'S3 answered 403 AccessDenied Access Denied', 1],
    ['asks for fewer requests again and again', slowDown, 'S3 answered 503 SlowDown', 3],
    ['breaks off', truncated, 'aborted', 3],
    ['answers with half a listing', halved, 'unexpected end of input', 1],
  ];
  it.each(failures)('rejects when S3 %s, naming the place', async (_, fault, reason, attempts) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const s3 = await start();
    s3.put('landing', 'sales/1');
    s3.fault = fault;

    const failed = keysOf(createObjects().list('landing', 'sales/', undefined, signal));

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

    await expect(keysOf(createObjects().list('landing', '', undefined, signal))).resolves.toEqual(['a', 'b', 'c']);
    expect(s3.requests).toHaveLength(4);
  });
});
