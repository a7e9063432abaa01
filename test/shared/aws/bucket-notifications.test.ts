import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createBucketNotifications } from '../../../shared/aws/bucket-notifications.ts';
import { type S3NotificationsStub, startS3NotificationsStub } from '../../support/s3-notifications-stub.ts';

/** One destination of each kind, as S3 writes them. */
const ALL_KINDS =
  '<TopicConfiguration><Id>one</Id><Topic>arn:aws:sns:eu-west-1:123456789012:t</Topic><Event>s3:ObjectCreated:*</Event>' +
  '<Filter><S3Key><FilterRule><Name>Prefix</Name><Value>a b/</Value></FilterRule></S3Key></Filter></TopicConfiguration>' +
  '<QueueConfiguration><Id>q &amp; "x"</Id><Queue>arn:aws:sqs:eu-west-1:123456789012:q</Queue><Event>s3:ObjectCreated:Put</Event>' +
  '<Event>s3:ObjectCreated:Copy</Event></QueueConfiguration>' +
  '<CloudFunctionConfiguration><Id>f</Id><CloudFunction>arn:aws:lambda:eu-west-1:123456789012:function:f</CloudFunction>' +
  '<Event>s3:ObjectRemoved:*</Event></CloudFunctionConfiguration>';

const READ = {
  TopicConfigurations: [
    {
      Id: 'one',
      TopicArn: 'arn:aws:sns:eu-west-1:123456789012:t',
      Events: ['s3:ObjectCreated:*'],
      Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'a b/' }] } },
    },
  ],
  QueueConfigurations: [
    {
      Id: 'q & "x"',
      QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:q',
      Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
    },
  ],
  LambdaFunctionConfigurations: [
    {
      Id: 'f',
      LambdaFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:f',
      Events: ['s3:ObjectRemoved:*'],
    },
  ],
};

let s3: S3NotificationsStub;

beforeEach(async () => {
  s3 = await startS3NotificationsStub();
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  return () => vi.unstubAllEnvs();
});

describe('read', () => {
  it('gives empty settings for a bucket that tells nobody', async () => {
    s3.buckets.set('landing', '');

    const settings = await createBucketNotifications('eu-west-1').read('landing');

    expect(settings).toEqual({});
  });

  it.each(['<EventBridgeConfiguration/>', '<EventBridgeConfiguration></EventBridgeConfiguration>'])(
    'sees EventBridge in %s',
    async (xml) => {
      s3.buckets.set('landing', xml);

      const settings = await createBucketNotifications('eu-west-1').read('landing');

      expect(settings).toEqual({ EventBridgeConfiguration: {} });
    },
  );

  it('gives every kind of destination', async () => {
    s3.buckets.set('landing', ALL_KINDS);

    const settings = await createBucketNotifications('eu-west-1').read('landing');

    expect(settings).toEqual(READ);
  });

  it.each([
    [404, 'NoSuchBucket', 'There is no bucket landing'],
    [403, 'AccessDenied', 'Access denied: it takes the permission s3:GetBucketNotification on the bucket landing'],
    [
      301,
      'PermanentRedirect',
      'The bucket landing is not in eu-west-1: its events reach EventBridge in its own Region only',
    ],
    [400, 'MalformedXML', 'S3 did not answer for the bucket landing: MalformedXML'],
  ])('says what %i %s means', async (status, code, message) => {
    s3.refusals.set('landing', { status, code });

    await expect(createBucketNotifications('eu-west-1').read('landing')).rejects.toThrow(message);
  });

  it('names the Region that the bucket is in', async () => {
    s3.refusals.set('landing', { status: 301, code: 'PermanentRedirect', region: 'us-west-2' });

    await expect(createBucketNotifications('eu-west-1').read('landing')).rejects.toThrow(
      'The bucket landing is in us-west-2, not in eu-west-1: its events reach EventBridge in its own Region only',
    );
  });
});

describe('createBucketNotifications', () => {
  it('says what is wrong with a connection', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:1');

    await expect(createBucketNotifications('eu-west-1').read('landing')).rejects.toThrow(
      /^S3 did not answer for the bucket landing: .*(ECONNREFUSED|bad port)/i,
    );
  });
});

describe('write', () => {
  it('puts back what was read, and tests no destination with a message', async () => {
    s3.buckets.set('landing', ALL_KINDS);
    const notifications = createBucketNotifications('eu-west-1');

    await notifications.write('landing', { ...(await notifications.read('landing')), EventBridgeConfiguration: {} });

    expect(await notifications.read('landing')).toEqual({ ...READ, EventBridgeConfiguration: {} });
    expect(s3.requests.at(1)).toEqual({ method: 'PUT', bucket: 'landing', skipsValidation: true });
  });

  it('names the permission that it takes', async () => {
    s3.refusals.set('landing', { status: 403, code: 'AccessDenied' });

    await expect(createBucketNotifications('eu-west-1').write('landing', {})).rejects.toThrow(
      'Access denied: it takes the permission s3:PutBucketNotification on the bucket landing',
    );
  });
});
