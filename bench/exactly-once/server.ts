/**
 * AWS as far as a measurement needs it, in a process of its own: it answers every request at once,
 * and always the same.
 *
 * `node server.ts complete|waiting`: whether each arrival completes its run.
 */
import { createServer } from 'node:http';
import { requestedOperation } from '../../test/support/requested-operation.ts';
import { REQUEST, runItemOf } from './requests.ts';

const isComplete = process.argv[2] === 'complete';

const json = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

const EMPTY = json({});
const ANSWERS: Readonly<Record<string, Buffer>> = {
  TransactWriteItems: EMPTY,
  UpdateItem: EMPTY,
  GetItem: json({ Item: runItemOf(isComplete) }),
  submitjob: json({ jobId: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8', jobName: REQUEST.jobName }),
};

let requests = 0;

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    if (request.url === '/requests') {
      response.end(String(requests));
      return;
    }
    requests += 1;
    const answer = ANSWERS[requestedOperation(request, '')];
    response
      .writeHead(answer === undefined ? 400 : 200, {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': answer?.length ?? 0,
      })
      .end(answer);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});
