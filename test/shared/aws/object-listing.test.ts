import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readListing } from '../../../shared/aws/object-listing.ts';
import { listingXml } from '../../support/s3-listing-stub.ts';

const anObject = {
  etag: '9b2cf535f27731c974343645a3985328-2',
  sizeBytes: 2_048,
  writtenAt: new Date('2026-11-22T02:31:07Z'),
};

const oneObject = (replace: (xml: string) => string): (() => unknown) => {
  const xml = listingXml([['a', anObject]]);
  const changed = replace(xml);
  expect(changed).not.toBe(xml);
  return () => readListing(changed);
};

describe('readListing', () => {
  it('reads every object, with its ETag as EventBridge tells it', () => {
    const listing = readListing(
      listingXml([
        ['sales/a', anObject],
        ['sales/b', { ...anObject, sizeBytes: 0 }],
      ]),
    );

    expect(listing).toEqual({
      objects: [
        { key: 'sales/a', ...anObject },
        { key: 'sales/b', ...anObject, sizeBytes: 0 },
      ],
      next: undefined,
    });
  });

  it('reads an empty listing', () => {
    expect(readListing(listingXml([]))).toEqual({ objects: [], next: undefined });
  });

  it('reads the token of the next page, whatever characters it has', () => {
    expect(readListing(listingXml([], '1ueGcx/"<&>+=')).next).toBe('1ueGcx/"<&>+=');
  });

  it('reads every key as it is in S3', () => {
    const keys = fc.array(
      fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
        fc.string({ unit: fc.constantFrom(...' +%/\\&<>"\'\n\r\t\u0001;~!*()ä新😀'), minLength: 1 }),
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(keys, (some) => {
        const { objects } = readListing(listingXml(some.map((key) => [key, anObject] as const)));

        expect(objects.map(({ key }) => key)).toEqual(some);
      }),
    );
  });

  it('takes keys as they stand where S3 has not encoded them', () => {
    const xml = listingXml([['a+b', anObject]])
      .replace('<EncodingType>url</EncodingType>', '')
      .replace('<Key>a%2Bb<', '<Key>a+b%20&#39;&#x1F600;&lt;&unknown;<');

    expect(readListing(xml).objects.map(({ key }) => key)).toEqual([`a+b%20'😀<&unknown;`]);
  });

  it.each(['Key', 'Size', 'LastModified', 'ETag'])('refuses an object without its %s', (name) => {
    expect(oneObject((xml) => xml.replace(new RegExp(`<${name}>[^<]*</${name}>`), ''))).toThrow(
      `S3 listed something without ${name}`,
    );
  });

  it.each([
    [/<Size>\d+/, '<Size>many'],
    [/<LastModified>[^<]+/, '<LastModified>today'],
  ])('refuses what it cannot read: %s', (written, other) => {
    expect(oneObject((xml) => xml.replace(written, other))).toThrow('S3 did not tell the size and the time of a');
  });

  it.each([
    ['', 'S3 did not answer with a listing'],
    ['<Error><Code>InternalError</Code></Error>', 'S3 did not answer with a listing'],
    [listingXml([['a', anObject]]).slice(0, -20), 'S3 did not answer with a listing'],
    [listingXml([['a', anObject]]).replace('<KeyCount>1<', '<KeyCount>2<'), 'S3 listed 1 objects and counted 2'],
    [listingXml([]).replace('false', 'true'), 'S3 listed something without NextContinuationToken'],
    [listingXml([]).replace('<IsTruncated>false</IsTruncated>', ''), 'S3 listed something without IsTruncated'],
  ])('refuses %j, rather than take it for an empty bucket', (xml, problem) => {
    expect(() => readListing(xml)).toThrow(problem);
  });

  it('counts for itself where S3 does not', () => {
    expect(readListing(listingXml([['a', anObject]]).replace(/<KeyCount>.*<\/KeyCount>/, '')).objects).toHaveLength(1);
  });
});
