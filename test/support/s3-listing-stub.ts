/** A server in the place of S3 that lists objects and tells of one, in pages, with the faults that a test asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export type Stored = { readonly etag: string; readonly sizeBytes: number; readonly writtenAt: Date };

export type ListRequest = {
  readonly bucket: string;
  readonly query: Readonly<Record<string, string>>;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
};

/** Answers a list request instead of the stub; false to let it answer. */
export type Fault = (request: ListRequest, response: ServerResponse, listing: () => string) => boolean;

const byBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));

/** As S3 does: like a form, but that a slash stays. */
const encoded = (key: string): string =>
  encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }[character]};`);

export const listingXml = (
  objects: readonly (readonly [string, Stored])[],
  next?: string,
): string => `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>landing</Name><Prefix></Prefix><KeyCount>${objects.length}</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>${next !== undefined}</IsTruncated>${next === undefined ? '' : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`}${objects
  .map(
    ([key, { etag, sizeBytes, writtenAt }]) =>
      `<Contents><Key>${escaped(encoded(key))}</Key><LastModified>${writtenAt.toISOString().replace(/\.\d+/, '.000')}</LastModified><ETag>&quot;${etag}&quot;</ETag><Size>${sizeBytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  )
  .join('')}</ListBucketResult>`;

export const accessDenied: Fault = (_, response) => {
  response
    .writeHead(403, { 'content-type': 'application/xml' })
    .end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  return true;
};

export const slowDown: Fault = (_, response) => {
  response
    .writeHead(503, { 'content-type': 'application/xml' })
    .end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
  return true;
};

/** Says how much will come, and breaks off half way. */
export const truncated: Fault = (_, response, listing) => {
  const body = listing();
  response.writeHead(200, { 'content-length': Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
  return true;
};

/** Ends half way, as if that were all. */
export const halved: Fault = (_, response, listing) => {
  const body = listing();
  response.writeHead(200).end(body.slice(0, body.length / 2));
  return true;
};

/** Starts the stub; it ends with its test. */
export const startS3 = async ({ pageSize = 1_000 }: { pageSize?: number } = {}) => {
  const buckets = new Map<string, Map<string, Stored>>();
  const requests: ListRequest[] = [];
  const stub: { url: string; fault: Fault } = { url: '', fault: () => false };

  const listing = ({ bucket, query }: ListRequest): string => {
    const token = query['continuation-token'];
    const from = token === undefined ? (query['start-after'] ?? '') : Buffer.from(token, 'hex').toString();
    const under = [...(buckets.get(bucket) ?? [])]
      .filter(([key]) => key.startsWith(query['prefix'] ?? '') && byBytes(key, from) > 0)
      .sort(([one], [other]) => byBytes(one, other));
    const page = under.slice(0, pageSize);
    return listingXml(
      page,
      under.length > page.length ? Buffer.from(page.at(-1)?.[0] ?? '').toString('hex') : undefined,
    );
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://s3');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    if (request.method === 'HEAD') {
      const object = buckets.get(bucket)?.get(decodeURIComponent(rest.join('/')));
      const headers = object && { etag: `"${object.etag}"`, 'content-length': String(object.sizeBytes) };
      response.writeHead(object === undefined ? 404 : 200, headers).end();
      return;
    }
    const asked = {
      bucket,
      query: Object.fromEntries(url.searchParams),
      url: request.url ?? '',
      headers: request.headers,
    };
    requests.push(asked);
    if (!stub.fault(asked, response, () => listing(asked))) {
      response.writeHead(200, { 'content-type': 'application/xml' }).end(listing(asked));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  stub.url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  return Object.assign(stub, {
    requests,
    put: (bucket: string, key: string, object: Partial<Stored> = {}) => {
      const objects = buckets.get(bucket) ?? new Map<string, Stored>();
      buckets.set(bucket, objects);
      objects.set(key, { etag: 'etag-1', sizeBytes: 1_000, writtenAt: new Date('2026-11-22T03:00:00Z'), ...object });
    },
  });
};
