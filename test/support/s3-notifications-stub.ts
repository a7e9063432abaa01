/** An S3 that knows nothing but the notification configurations of its buckets, as the XML that was put. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

const EMPTY = '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';

export type Refusal = {
  readonly status: number;
  readonly code: string;
  /** The Region that S3 says the bucket is in. */
  readonly region?: string;
};

export type S3NotificationsStub = {
  readonly endpoint: string;
  /** What each bucket was given, inside the root element. */
  readonly buckets: Map<string, string>;
  readonly refusals: Map<string, Refusal>;
  readonly requests: { readonly method: string; readonly bucket: string; readonly skipsValidation: boolean }[];
};

const insideOf = (xml: string): string =>
  xml.replace(/^.*?<NotificationConfiguration[^>]*?(?:\/>|>)/s, '').replace(/<\/NotificationConfiguration>\s*$/, '');

/** Starts the stub on a free port; it ends with the test. */
export const startS3NotificationsStub = async (): Promise<S3NotificationsStub> => {
  const buckets = new Map<string, string>();
  const refusals = new Map<string, Refusal>();
  const requests: S3NotificationsStub['requests'] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bucket = new URL(request.url ?? '', 'http://s3').pathname.replaceAll('/', '');
    const skipsValidation = request.headers['x-amz-skip-destination-validation'] === 'true';
    requests.push({ method: request.method ?? '', bucket, skipsValidation });
    const body = await text(request);
    const known = buckets.get(bucket);
    const refusal = refusals.get(bucket) ?? (known === undefined ? { status: 404, code: 'NoSuchBucket' } : undefined);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, {
        'content-type': 'application/xml',
        ...(refusal.region === undefined ? {} : { 'x-amz-bucket-region': refusal.region }),
      });
      response.end(`<Error><Code>${refusal.code}</Code><Message>${refusal.code}</Message></Error>`);
      return;
    }
    if (request.method === 'PUT') {
      buckets.set(bucket, insideOf(body));
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(known === '' ? EMPTY : `<NotificationConfiguration>${known}</NotificationConfiguration>`);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port');
  return { endpoint: `http://127.0.0.1:${address.port}`, buckets, refusals, requests };
};
