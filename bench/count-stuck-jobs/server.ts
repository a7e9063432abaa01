/**
 * Speaks `ListJobs` in pages of a thousand, in a process of its own, so that its work is not
 * measured.
 *
 * `server.ts <size> <share of answers that are 429 or 500>`; prints its port, and answers `GET
 * /requests` with how many requests it had of each status code.
 */
import { createServer } from 'node:http';
import { isStatus, pageJson, type Status } from './listing.ts';

const [, , times = '1', faults = '0'] = process.argv;
const requests = { 200: 0, 429: 0, 500: 0 };

/** The same faults in every run (xorshift). */
let state = 88_172_645;
const random = (): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
};

const pages = new Map<string, Buffer>();
const pageOf = (status: Status, page: number): Buffer => {
  const key = `${status} ${page}`;
  const bytes = pages.get(key) ?? Buffer.from(pageJson(Number(times), status, page));
  // The bench asks for the same pages many times; a thousand of them would be 400 MB.
  if (pages.size < 100) pages.set(key, bytes);
  return bytes;
};

const answer = (body: string): { code: keyof typeof requests; bytes: Buffer } => {
  if (random() < Number(faults)) {
    const code = random() < 0.5 ? 429 : 500;
    const name = code === 429 ? 'TooManyRequestsException' : 'ServerException';
    return { code, bytes: Buffer.from(JSON.stringify({ __type: name, message: 'scripted' })) };
  }
  const { jobStatus, nextToken, maxResults } = JSON.parse(body);
  if (!isStatus(jobStatus) || maxResults !== 1000) {
    throw new Error(`Unexpected request ${body}`);
  }
  return { code: 200, bytes: pageOf(jobStatus, Number(String(nextToken ?? '-0').split('-')[1])) };
};

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(requests));
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.once('end', () => {
    const { code, bytes } = answer(body);
    requests[code] += 1;
    response.writeHead(code, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      'x-amzn-requestid': 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    });
    response.end(bytes);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
