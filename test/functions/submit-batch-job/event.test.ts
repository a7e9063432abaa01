import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsOf } from '../../../functions/submit-batch-job/event.ts';

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

const objectsOf = (event: unknown) => recordsOf(event).map(({ objects }) => objects());

describe('recordsOf', () => {
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

  it('reads each record of a queue by itself, under the name that SQS has for it', async () => {
    const records = recordsOf(await fileOf('submit-batch-job-sqs'));

    expect(records.map(({ messageId }) => messageId)).toEqual([
      '059f36b4-87a3-44ab-83d2-661975830a7d',
      '2e1424d4-f796-459a-8184-9c92662be6da',
    ]);
    expect(records.flatMap(({ objects }) => objects())).toMatchObject([
      { key: 'sales/20261122/orders_shinjuku.tsv.gz', etag: '9b2cf535f27731c974343645a3985328-1' },
      { key: 'sales/20261122/_SUCCESS', sizeBytes: 0 },
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
    ['a body that is no JSON', queued('{'), 'Event field body is not JSON: "{"'],
    ['a body that is no text', queued(undefined), 'Event field body is not JSON: undefined'],
  ])('refuses %s, naming the field and the value', (_, event, message) => {
    expect(() => objectsOf(event)).toThrow(new Error(message));
  });

  it('shows no more of a value than helps', () => {
    expect(() => objectsOf({ 'detail-type': 'x'.repeat(1_000) })).toThrow(/: "x{99}$/);
  });

  it.each([
    ['is no object', [...queued('{}').Records, 7], 'Event field Records[1] is not an object: 7'],
    [
      'has no message id',
      [{ eventSource: 'aws:sqs', eventSourceARN: QUEUE_ARN }],
      'Event field Records[0].messageId is not a text: undefined',
    ],
  ])('refuses the whole batch when a record %s, since SQS could not be told which', (_, Records, message) => {
    expect(() => recordsOf({ Records })).toThrow(new Error(message));
  });

  it('fails one record of a queue alone', () => {
    const [bad, good] = recordsOf(queued('{', JSON.stringify(anEvent())));

    expect(() => bad?.objects()).toThrow('is not JSON');
    expect(good?.objects()).toHaveLength(1);
  });
});
