import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createObjects } from '../../../shared/aws/s3.ts';

const { signal } = new AbortController();

const writtenAt = new Date('2026-11-22T02:31:07.000Z');

const HEADERS = { etag: '"abc"', 'content-length': '5', 'last-modified': 'Sun, 22 Nov 2026 02:31:07 GMT' };

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('createObjects, on the wire', () => {
  type Asked = { readonly method: string; readonly path: string; readonly headers: IncomingMessage['headers'] };
  type Responder = (response: ServerResponse, number: number) => void;

  /** Starts a server in the place of S3; `respond` is called for each request, with its number from 1. */
  const listen = async (respond: Responder): Promise<Asked[]> => {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
        respond(response, asked.length);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The stub has no port');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${address.port}`);
    return asked;
  };

  const answers =
    (status: number, headers: Readonly<Record<string, string>> = {}, code?: string): Responder =>
    (response) => {
      const body = code === undefined ? '' : `<Error><Code>${code}</Code><Message>No, no.</Message></Error>`;
      response.writeHead(status, headers).end(body);
    };

  it('reads the time of the answer by S3’s clock', async () => {
    const date = 'Sun, 22 Nov 2026 02:31:12 GMT';
    const asked = await listen(answers(200, { ...HEADERS, date }));

    const object = await createObjects().head('landing', 'a//b/../c d+e%2F&=?#ü~.tsv', signal);

    expect(object).toEqual({ etag: 'abc', sizeBytes: 5, writtenAt, answeredAt: new Date(date) });
    expect(asked).toMatchObject([{ method: 'HEAD', path: '/landing/a//b/../c%20d%2Be%252F%26%3D%3F%23%C3%BC~.tsv' }]);
  });

  it.each([301, 400, 403])(
    'names the Region of a bucket that is in another one, when S3 answers %i',
    async (status) => {
      const asked = await listen(answers(status, { 'x-amz-bucket-region': 'us-west-2' }));

      await expect(createObjects().head('landing', 'a key', signal)).rejects.toMatchObject({
        message: 'Could not HEAD s3://landing/a key',
        cause: { message: 'The bucket landing is in us-west-2, but S3 was called in eu-central-1' },
      });
      expect(asked).toHaveLength(1);
    },
  );

  it('names the Region in a listing and in a PUT too', async () => {
    await listen(answers(301, { 'x-amz-bucket-region': 'us-west-2' }, 'PermanentRedirect'));
    const objects = createObjects();
    const cause = { message: expect.stringContaining('is in us-west-2') };

    await expect(objects.list('landing', 'a/', undefined, signal).next()).rejects.toMatchObject({ cause });
    await expect(objects.put('landing', 'a', 'b', 'text/plain', signal)).rejects.toMatchObject({ cause });
  });

  it('says what a 403 without a reason can mean, and that it may be a missing key', async () => {
    await listen(answers(403, { 'x-amz-bucket-region': 'eu-central-1' }));

    await expect(createObjects().head('landing', 'k', signal)).rejects.toMatchObject({
      cause: {
        message:
          'S3 answered 403 without a reason: permission s3:GetObject is missing, or the key does not exist and ' +
          'permission s3:ListBucket is missing, or the KMS key of the object cannot be used',
      },
    });
  });

  it('finds nothing when S3 answers 404', async () => {
    await listen(answers(404));

    await expect(createObjects().head('landing', 'k', signal)).resolves.toBeUndefined();
  });

  it('tries again what may succeed then, three times at most', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const asked = await listen((response, number) =>
      [answers(500), answers(503), answers(200, HEADERS)][number - 1]?.(response, number),
    );

    await expect(createObjects().head('landing', 'k', signal)).resolves.toMatchObject({ sizeBytes: 5 });

    expect(asked).toHaveLength(3);
  });

  const failures: [string, Responder, string][] = [
    ['the service fails', answers(500, {}, 'InternalError'), 'S3 answered 500 InternalError No, no.'],
    [
      'S3 did not read the request in time',
      answers(400, {}, 'RequestTimeout'),
      'S3 answered 400 RequestTimeout No, no.',
    ],
    ['the connection is reset', (response) => void response.destroy(), 'socket hang up'],
  ];
  it.each(failures)('rejects after three attempts when %s', async (_, respond, message) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.01);
    const asked = await listen(respond);

    const failed = createObjects().put('own', 'k', 'b', 'text/plain', signal);

    await expect(failed).rejects.toMatchObject({ message: 'Could not PUT s3://own/k', cause: { message } });
    expect(asked).toHaveLength(3);
  });

  it('ends when nothing answers', async () => {
    await listen(() => {});

    const failed = createObjects({ timeoutMs: 150, maxAttempts: 1 }).head('landing', 'k', signal);

    await expect(failed).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['while it waits for an answer', () => {}],
    ['while it waits to try again', (response) => void response.writeHead(503).end()],
  ])('ends with its signal %s', async (_, respond) => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const abort = new AbortController();
    const asked = await listen((response) => {
      respond(response);
      abort.abort();
    });

    const failed = createObjects().head('landing', 'k', abort.signal);

    await expect(failed).rejects.toMatchObject({ cause: { name: 'AbortError' } });
    expect(asked).toHaveLength(1);
  });

  it('rejects without a Region', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');

    await expect(createObjects().head('landing', 'k', signal)).rejects.toMatchObject({
      cause: { message: 'Region is missing' },
    });
  });
});
