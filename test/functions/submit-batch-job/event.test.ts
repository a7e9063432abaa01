import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivalsOf } from '../../../functions/submit-batch-job/event.ts';
import { queueRecords } from '../../../shared/lambda/queue-records.ts';

const fileOf = async (name: string): Promise<unknown> => JSON.parse(await readFile(`events/${name}.json`, 'utf8'));

const anEvent = (object: object = { key: 'a.csv' }, bucket: object = { name: 'landing' }) => ({
  'detail-type': 'Object Created',
  detail: { bucket, object },
});

const aNotification = (object: object = { key: 'a.csv' }, bucket: object = { name: 'landing' }) => ({
  Records: [{ eventSource: 'aws:s3', s3: { bucket, object } }],
});

const QUEUE_ARN = 'arn:aws:sqs:ap-northeast-1:123456789012:breakaway-test-arrivals';

const queued = (...bodies: unknown[]) => ({
  Records: bodies.map((body, index) => ({
    eventSource: 'aws:sqs',
    eventSourceARN: QUEUE_ARN,
    messageId: `message-${index}`,
    body,
  })),
});

const objectsOf = (event: unknown) => queueRecords(event).map((record) => arrivalsOf(record.event()));

describe('arrivalsOf', () => {
  it('reads the event of EventBridge', async () => {
    expect(objectsOf(await fileOf('submit-batch-job-eventbridge'))).toEqual([
      [
        {
          bucket: 'northwind-landing',
          key: 'catalog/2026/11/22/products_shibuya.tsv.gz',
          etag: 'b1946ac92492d2347c6235b4d2611184',
          sizeBytes: 48_213,
        },
      ],
    ]);
  });

  it('reads the event inside a record of a queue', async () => {
    expect(objectsOf(await fileOf('submit-batch-job-sqs'))).toMatchObject([
      [{ key: 'sales/20261122/orders_shinjuku.tsv.gz', etag: '9b2cf535f27731c974343645a3985328-1' }],
      [{ key: 'sales/20261122/_SUCCESS', sizeBytes: 0 }],
    ]);
  });

  it('reads the classic notification, whose key is form-encoded', async () => {
    expect(objectsOf(await fileOf('submit-batch-job-s3'))).toEqual([
      [
        {
          bucket: 'clickstream-landing',
          key: 'segments/spring sale (kids, café).csv',
          etag: 'd41d8cd98f00b204e9800998ecf8427e',
          sizeBytes: 20_480,
        },
      ],
    ]);
  });

  it('reads a classic notification of several objects inside a record of a queue', () => {
    const [record] = aNotification().Records;

    expect(objectsOf(queued(JSON.stringify({ Records: [record, record] })))).toEqual([
      [
        { bucket: 'landing', key: 'a.csv' },
        { bucket: 'landing', key: 'a.csv' },
      ],
    ]);
  });

  it("takes S3's test notification for no object", () => {
    const test = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'landing' };

    expect(objectsOf(test)).toEqual([[]]);
    expect(objectsOf(queued(JSON.stringify(test)))).toEqual([[]]);
  });

  it.each([
    ['ObjectCreated:Put', 1],
    ['ObjectCreated:CompleteMultipartUpload', 1],
    ['s3:ObjectCreated:Copy', 1],
    ['ObjectRemoved:Delete', 0],
    ['ObjectRemoved:DeleteMarkerCreated', 0],
    ['ObjectRestore:Post', 0],
    ['ObjectTagging:Put', 0],
  ])('takes a classic record of %s for %i objects, since nothing else says that a file came', (eventName, count) => {
    const [record] = aNotification().Records;
    const event = { Records: [{ ...record, eventName }] };

    expect(objectsOf(event)[0]).toHaveLength(count);
    expect(objectsOf(queued(JSON.stringify(event)))[0]).toHaveLength(count);
  });

  it('takes from a classic notification what was created, whatever else is in it', () => {
    const [record] = aNotification().Records;
    const Records = [
      { ...record, eventName: 'ObjectRemoved:Delete' },
      { ...record, eventName: 'ObjectCreated:Put' },
    ];

    expect(objectsOf({ Records })).toEqual([[{ bucket: 'landing', key: 'a.csv' }]]);
  });

  it('decodes no key of EventBridge, and every key of a classic notification', () => {
    const keys = fc.string({ unit: 'grapheme', minLength: 1 });

    fc.assert(
      fc.property(keys, (key) => {
        const formEncoded = encodeURIComponent(key).replaceAll('%20', '+');

        expect(objectsOf(anEvent({ key }))).toEqual([[{ bucket: 'landing', key }]]);
        expect(objectsOf(aNotification({ key: formEncoded }))).toEqual([[{ bucket: 'landing', key }]]);
      }),
    );
  });

  it.each([
    ['neither', {}, {}],
    ['an empty etag and a negative size', { etag: '', size: -1 }, {}],
    ['an etag and a size of another type', { etag: 5, size: '5' }, {}],
    ['a quoted etag', { etag: '"abc"' }, { etag: 'abc' }],
    ['no content', { etag: 'abc', size: 0 }, { etag: 'abc', sizeBytes: 0 }],
  ])('leaves out what S3 does not say: %s', (_, fields, expected) => {
    expect(objectsOf(anEvent({ key: 'a.csv', ...fields }))).toEqual([
      [{ bucket: 'landing', key: 'a.csv', ...expected }],
    ]);
  });

  it.each([
    ['no object', 5, 'Event field (all of it) is not an object: 5'],
    ['nothing', undefined, 'Event field (all of it) is not an object: undefined'],
    [
      'another event',
      { 'detail-type': 'Object Deleted' },
      `Event field detail-type is not 'Object Created': "Object Deleted"`,
    ],
    ['no detail', { 'detail-type': 'Object Created' }, 'Event field detail is not an object: undefined'],
    ['no bucket', anEvent({ key: 'a' }, [] as object), 'Event field detail.bucket is not an object: []'],
    ['a bucket without a name', anEvent({ key: 'a' }, {}), 'Event field detail.bucket.name is not a text: undefined'],
    ['an empty key', anEvent({ key: '' }), 'Event field detail.object.key is not a text: ""'],
    ['a record that is none', { Records: [null] }, 'Event field Records[0] is not an object: null'],
    [
      'a record of another service',
      { Records: [{ sns: {} }] },
      'Event field Records[0].s3 is not an object: undefined',
    ],
    [
      'a key that is not form-encoded',
      aNotification({ key: '100%' }),
      'Event field Records[0].s3.object.key is not form-encoded: "100%"',
    ],
  ])('refuses %s, naming the field and the value', (_, event, message) => {
    expect(() => objectsOf(event)).toThrow(new Error(message));
  });

  it('shows no more of a value than helps', () => {
    expect(() => objectsOf({ 'detail-type': 'x'.repeat(1_000) })).toThrow(/: "x{99}$/);
  });
});
