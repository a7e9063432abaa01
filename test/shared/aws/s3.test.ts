import {
  HeadObjectCommand,
  ListObjectsV2Command,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createObjects } from '../../../shared/aws/s3.ts';
import { mockAws } from '../../support/mock-aws.ts';

const { signal } = new AbortController();

const writtenAt = new Date('2026-11-22T02:31:07.000Z');

const s3 = mockAws(S3Client);

describe('createObjects', () => {
  it('reads the ETag without quotes, and the size', async () => {
    s3.on(HeadObjectCommand, { Bucket: 'landing', Key: 'sales/orders.tsv.gz' }).resolves({
      ETag: '"9b2cf535f27731c974343645a3985328"',
      ContentLength: 2048,
      $metadata: {},
    });

    const object = await createObjects().head('landing', 'sales/orders.tsv.gz', signal);

    expect(object).toEqual({ etag: '9b2cf535f27731c974343645a3985328', sizeBytes: 2048 });
  });

  it('reads the time, the version and the storage class, where S3 sends them', async () => {
    s3.on(HeadObjectCommand).resolves({
      ETag: '"abc"',
      ContentLength: 0,
      LastModified: writtenAt,
      VersionId: 'v1',
      StorageClass: 'GLACIER',
      $metadata: {},
    });

    const object = await createObjects().head('landing', 'k', signal);

    expect(object).toEqual({ etag: 'abc', sizeBytes: 0, writtenAt, versionId: 'v1', storageClass: 'GLACIER' });
  });

  it('finds nothing under a key that does not exist', async () => {
    s3.on(HeadObjectCommand).rejects(new NotFound({ message: 'UnknownError', $metadata: { httpStatusCode: 404 } }));

    await expect(createObjects().head('landing', 'gone.tsv', signal)).resolves.toBeUndefined();
  });

  it.each([{ ETag: '"abc"' }, { ContentLength: 5 }])('rejects an answer that has only %o', async (answer) => {
    s3.on(HeadObjectCommand).resolves({ ...answer, $metadata: {} });

    await expect(createObjects().head('landing', 'a', signal)).rejects.toMatchObject({
      message: 'Could not HEAD s3://landing/a',
      cause: { message: 'S3 did not answer with the ETag and the size of the object' },
    });
  });

  it('writes text with its type', async () => {
    s3.on(PutObjectCommand).resolves({});

    await createObjects().put('own', 'manifests/ä b.jsonl', '{"key":"ü"}\n', 'application/jsonl', signal);

    const input = {
      Bucket: 'own',
      Key: 'manifests/ä b.jsonl',
      Body: '{"key":"ü"}\n',
      ContentType: 'application/jsonl',
    };
    expect(s3.commandCalls(PutObjectCommand).map(({ args: [command] }) => command.input)).toEqual([input]);
  });

  const anObject = { Key: 'a', ETag: '"e"', Size: 5, LastModified: writtenAt };

  it.each(['Key', 'ETag', 'Size', 'LastModified'])('rejects a listing with an object without %s', async (name) => {
    s3.on(ListObjectsV2Command).resolves({
      IsTruncated: false,
      Contents: [{ ...anObject, [name]: undefined }],
      $metadata: {},
    });

    await expect(createObjects().list('landing', '', undefined, signal).next()).rejects.toMatchObject({
      message: 'Could not list s3://landing/',
      cause: { message: expect.stringContaining('S3 listed an object without') },
    });
  });

  it.each([
    [{ IsTruncated: false, KeyCount: 2, Contents: [anObject] }, 'S3 listed 1 objects and counted 2'],
    [
      { IsTruncated: true, Contents: [anObject] },
      'S3 listed a part of the objects, without the token of the next page',
    ],
    [{}, 'S3 did not answer with a listing'],
  ])('rejects the listing %o', async (answer, problem) => {
    s3.on(ListObjectsV2Command).resolves({ ...answer, $metadata: {} });

    await expect(createObjects().list('landing', '', undefined, signal).next()).rejects.toMatchObject({
      cause: { message: problem },
    });
  });

  it('takes a key as it is, when S3 did not encode it', async () => {
    const Contents = [{ ...anObject, Key: 'a+b', StorageClass: 'GLACIER' as const }];
    s3.on(ListObjectsV2Command).resolves({ IsTruncated: false, Contents, $metadata: {} });

    const { value } = await createObjects().list('landing', 'a', undefined, signal).next();

    expect(value).toEqual([{ key: 'a+b', etag: 'e', sizeBytes: 5, writtenAt, storageClass: 'GLACIER' }]);
  });

  it('names what S3 answered', async () => {
    const error = new S3ServiceException({
      name: 'AccessDenied',
      message: 'No, no.',
      $fault: 'client',
      $metadata: { httpStatusCode: 403 },
    });
    s3.on(PutObjectCommand).rejects(error);

    await expect(createObjects().put('own', 'a', 'b', 'text/plain', signal)).rejects.toMatchObject({
      message: 'Could not PUT s3://own/a',
      cause: { message: 'S3 answered 403 AccessDenied No, no.', cause: error },
    });
  });
});
