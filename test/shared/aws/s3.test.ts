import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createObjects } from '../../../shared/aws/s3.ts';

const SECRET = 'secret/Key+1';

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

/** A server in the place of S3, which answers as it is told. */
const listen = async (answer: (asked: Asked, response: ServerResponse) => void): Promise<Asked[]> => {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      asked.push(one);
      answer(one, response);
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

const found = ({ method }: Asked, response: ServerResponse): void => {
  const size = method === 'HEAD' ? '2048' : '0';
  response.writeHead(200, { etag: '"9b2cf535f27731c974343645a3985328"', 'content-length': size }).end();
};

const problem =
  (status: number, code?: string) =>
  (asked: Asked, response: ServerResponse): void => {
    const body =
      code === undefined || asked.method === 'HEAD'
        ? ''
        : `<Error><Code>${code}</Code><Message>No, no.</Message></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  };

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** What the Authorization header of a request has to be, after the description of Signature Version 4. */
const authorizationOf = ({ method, path, headers, body }: Asked): string => {
  const [, accessKey, day, region, names] =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), /.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (day === undefined || region === undefined || names === undefined) throw new Error('It is not signed for S3');
  const signed = names.split(';').map((name) => `${name}:${String(headers[name])}\n`);
  const canonical = [method, path, '', signed.join(''), names, sha256(body)].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${SECRET}`, day), region), 's3'), 'aws4_request');
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
};

beforeEach(() => {
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
  vi.stubEnv('AWS_SESSION_TOKEN', 'a token');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('createObjects', () => {
  describe('head', () => {
    it('tells the ETag as EventBridge does, and the size', async () => {
      const asked = await listen(found);

      const object = await createObjects().head('landing', 'sales/20261122/orders.tsv.gz');

      expect(object).toEqual({ etag: '9b2cf535f27731c974343645a3985328', sizeBytes: 2048 });
      expect(asked).toMatchObject([{ method: 'HEAD', path: '/landing/sales/20261122/orders.tsv.gz' }]);
    });

    it('tells when the object was written, where S3 says it', async () => {
      await listen((_, response) => {
        const headers = { etag: '"abc"', 'content-length': '5', 'last-modified': 'Sun, 22 Nov 2026 02:31:07 GMT' };
        response.writeHead(200, headers).end();
      });

      const object = await createObjects().head('landing', 'a key');

      expect(object).toEqual({ etag: 'abc', sizeBytes: 5, writtenAt: new Date('2026-11-22T02:31:07.000Z') });
    });

    it('tells that there is nothing', async () => {
      await listen(problem(404));

      await expect(createObjects().head('landing', 'gone.tsv')).resolves.toBeUndefined();
    });

    it.each([
      [403, 'S3 answered 403'],
      [301, 'S3 answered 301'],
      [400, 'S3 answered 400'],
    ])('rejects when S3 answers %i, naming the object, after one attempt', async (status, reason) => {
      const asked = await listen(problem(status));

      const failed = createObjects().head('landing', 'a key');

      await expect(failed).rejects.toThrow('Could not HEAD s3://landing/a key');
      await expect(failed).rejects.toMatchObject({ cause: { message: reason } });
      expect(asked).toHaveLength(1);
    });

    it.each([{ etag: '"abc"' }, { 'content-length': '5' }])('rejects an answer that has only %o', async (headers) => {
      await listen((_, response) => {
        response.useChunkedEncodingByDefault = false;
        response.writeHead(200, headers).end();
      });

      await expect(createObjects().head('landing', 'a')).rejects.toThrow(
        'S3 did not tell the ETag and the size of s3://landing/a',
      );
    });
  });

  describe('put', () => {
    it('writes text with its type, whole', async () => {
      const asked = await listen((_, response) => void response.writeHead(200).end());

      await createObjects().put('own', 'manifests/ä b.jsonl', '{"key":"ü"}\n', 'application/x-ndjson');

      expect(asked).toMatchObject([
        {
          method: 'PUT',
          path: '/own/manifests/%C3%A4%20b.jsonl',
          headers: { 'content-type': 'application/x-ndjson', 'content-length': '13' },
          body: '{"key":"ü"}\n',
        },
      ]);
    });

    it('rejects with what S3 says', async () => {
      await listen(problem(403, 'AccessDenied'));

      await expect(createObjects().put('own', 'a', 'b', 'text/plain')).rejects.toMatchObject({
        message: 'Could not PUT s3://own/a',
        cause: { message: 'S3 answered 403 AccessDenied No, no.' },
      });
    });
  });

  describe('every call', () => {
    it('is signed', async () => {
      const asked = await listen(found);
      const objects = createObjects();

      await objects.head('landing', "a//b/../c d+e%2F&=?#!'()*ü~.tsv");
      await objects.put('landing', 'k', 'some text\n', 'text/plain');
      vi.stubEnv('AWS_SESSION_TOKEN', '');
      await objects.head('landing', 'k');

      expect(asked).toHaveLength(3);
      expect(asked[0]?.headers['x-amz-security-token']).toBe('a token');
      for (const one of asked) expect(one.headers.authorization).toBe(authorizationOf(one));
    });

    it('tries again what may succeed then, three times at most', async () => {
      vi.spyOn(Math, 'random').mockReturnValue(0.01);
      const answers = [problem(500), problem(503, 'SlowDown'), found];
      const asked = await listen((one, response) => answers[asked.length - 1]?.(one, response));

      await expect(createObjects().head('landing', 'k')).resolves.toMatchObject({ sizeBytes: 2048 });

      expect(asked).toHaveLength(3);
    });

    it.each([
      ['the service fails', problem(500), 'S3 answered 500'],
      ['the connection is reset', (_: Asked, response: ServerResponse) => void response.destroy(), 'socket hang up'],
    ])('rejects after three attempts when %s', async (_, answer, reason) => {
      vi.spyOn(Math, 'random').mockReturnValue(0.01);
      const asked = await listen(answer);

      const failed = createObjects().put('own', 'k', 'b', 'text/plain');

      await expect(failed).rejects.toMatchObject({ message: 'Could not PUT s3://own/k', cause: { message: reason } });
      expect(asked).toHaveLength(3);
    });

    it('waits longer when S3 asks for fewer requests', async () => {
      vi.spyOn(Math, 'random').mockReturnValue(0.2);
      const asked = await listen((one, response) =>
        asked.length === 1 ? problem(503)(one, response) : found(one, response),
      );
      const startedAt = performance.now();

      await createObjects().head('landing', 'k');

      expect(performance.now() - startedAt).toBeGreaterThan(190);
    });

    it('ends when nothing answers', async () => {
      await listen(() => {});

      const failed = createObjects({ timeoutMs: 150, maxAttempts: 1 }).head('landing', 'k');

      await expect(failed).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
    });

    it.each([
      ['while it waits for an answer', () => {}],
      ['while it waits to try again', problem(503)],
    ])('ends with its signal %s', async (_, answer) => {
      vi.spyOn(Math, 'random').mockReturnValue(1);
      await listen(answer);
      const startedAt = performance.now();

      const failed = createObjects().head('landing', 'k', AbortSignal.timeout(100));

      await expect(failed).rejects.toMatchObject({ cause: { name: 'AbortError' } });
      expect(performance.now() - startedAt).toBeLessThan(900);
    });

    it('rejects without a region', async () => {
      vi.stubEnv('AWS_REGION', undefined);
      vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');

      await expect(createObjects().head('landing', 'k')).rejects.toMatchObject({
        cause: { message: 'Region is missing' },
      });
    });
  });

  describe('compared with the client of the SDK', () => {
    type Sent = {
      method: string;
      protocol: string;
      hostname: string;
      port?: number;
      path: string;
      headers: Record<string, string>;
    };

    /** What the HTTP handler, which both share, is asked to send. */
    const captured = (): Sent[] => {
      const sent: Sent[] = [];
      vi.spyOn(NodeHttpHandler.prototype, 'handle').mockImplementation(async (request) => {
        sent.push(request as Sent);
        throw new Error('Captured');
      });
      return sent;
    };

    const targetOf = ({ method, protocol, hostname, port, path }: Sent) => ({ method, protocol, hostname, port, path });

    it.each([
      ['a region', {}],
      ['the oldest region', { AWS_REGION: 'us-east-1' }],
      ['another partition', { AWS_REGION: 'cn-north-1' }],
      ['FIPS endpoints', { AWS_REGION: 'us-west-2', AWS_USE_FIPS_ENDPOINT: 'true' }],
      ['dual-stack endpoints', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
      ['both', { AWS_REGION: 'us-gov-west-1', AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
      ['an endpoint for all services', { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }],
      [
        'an endpoint for S3',
        { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_S3: 'https://127.0.0.1:9000/base/' },
      ],
    ])('asks the same host for the same path with %s', async (_, env) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const sent = captured();
      // Left to itself, the client asks landing.with.dots.127.0.0.1.
      const client = new S3Client({ maxAttempts: 1, forcePathStyle: 'AWS_ENDPOINT_URL' in env });
      const objects = createObjects({ maxAttempts: 1 });

      for (const bucket of ['landing', 'landing.with.dots']) {
        await client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a/b c' })).catch(() => {});
        await objects.head(bucket, 'a/b c').catch(() => {});
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'b' })).catch(() => {});
        await objects.put(bucket, 'k', 'b', 'text/plain').catch(() => {});
      }

      expect(sent).toHaveLength(8);
      for (let index = 0; index < sent.length; index += 2) {
        expect(targetOf(sent[index + 1]!)).toEqual(targetOf(sent[index]!));
      }
    });

    it('writes every key in the same way', async () => {
      const sent = captured();
      const client = new S3Client({ maxAttempts: 1 });
      const objects = createObjects({ maxAttempts: 1 });
      const keys = fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.string({
          unit: fc.constantFrom('/', '.', ' ', '+', '%', '\n', 'ä', "'", '(', '*', '~', '&', '?', '#', 'a'),
          minLength: 1,
        }),
      );

      await fc.assert(
        fc.asyncProperty(keys, async (key) => {
          sent.length = 0;
          await client.send(new HeadObjectCommand({ Bucket: 'landing', Key: key })).catch(() => {});
          await objects.head('landing', key).catch(() => {});

          expect(sent).toHaveLength(2);
          expect(sent[1]?.path).toBe(sent[0]?.path);
        }),
      );
    });
  });
});
