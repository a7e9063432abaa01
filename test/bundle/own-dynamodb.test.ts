import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownDynamodb } from '../../bundle/own-dynamodb.ts';

type Answer = { readonly status: number; readonly body: string; readonly breaksOff?: boolean };

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly type: string;
  readonly body: { readonly ClientRequestToken?: string };
};

const ok = (body: object): Answer => ({ status: 200, body: JSON.stringify(body) });

const anItem = {
  pk: { S: 'a' },
  sk: { S: 'ü😀' },
  n: { N: '1' },
  l: { L: [{ BOOL: true }, { M: {} }] },
  e: { NULL: true },
};

const SUCCESSES: Readonly<Record<string, Answer>> = {
  GetItem: ok({ Item: anItem }),
  PutItem: ok({}),
  Query: ok({ Items: [anItem, anItem], Count: 2, ScannedCount: 2, LastEvaluatedKey: { pk: { S: 'a' } } }),
  UpdateItem: ok({ Attributes: anItem }),
  TransactWriteItems: ok({}),
  BatchGetItem: ok({ Responses: { ledger: [anItem] }, UnprocessedKeys: { ledger: { Keys: [{ pk: { S: 'b' } }] } } }),
};

const success = (operation: string): Answer => SUCCESSES[operation] ?? { status: 404, body: `No ${operation}` };

const refusal = (code: string, fields: object = {}, status = 400): Answer => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'No.', ...fields }),
});

const reasons = [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Message: 'No.', Item: anItem }];

type Script = (operation: string, attempt: number) => Answer;

const once =
  (first: Answer): Script =>
  (operation, attempt) =>
    attempt === 1 ? first : success(operation);

const SCENARIOS: readonly (readonly [string, Script])[] = [
  ['all calls succeed', success],
  ['a condition does not hold', () => refusal('ConditionalCheckFailedException', { Item: anItem })],
  ['a condition does not hold, and nothing is told of the item', () => refusal('ConditionalCheckFailedException')],
  ['a transaction is cancelled', () => refusal('TransactionCanceledException', { CancellationReasons: reasons })],
  ['a write meets a transaction', () => refusal('TransactionConflictException')],
  ['the table is gone', () => refusal('ResourceNotFoundException')],
  ['access is denied', () => refusal('AccessDeniedException')],
  ['calls are throttled once', once(refusal('ProvisionedThroughputExceededException'))],
  ['calls are throttled once in another way', once(refusal('ThrottlingException'))],
  ['a transaction is under way', once(refusal('TransactionInProgressException'))],
  ['calls are throttled', () => refusal('RequestLimitExceeded')],
  ['the service fails once', once(refusal('InternalServerError', {}, 500))],
  ['an answer is lost once', once({ status: 200, body: '', breaksOff: true })],
  ['every answer is lost', () => ({ status: 200, body: '', breaksOff: true })],
  ['the service fails', () => refusal('InternalServerError', {}, 500)],
  ['an error is new', () => refusal('SomethingNewException')],
];

const bundle = (outfile: string, plugins: Plugin[]) =>
  build({
    entryPoints: [join(import.meta.dirname, 'dynamodb-calls.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    plugins,
    // Waiting before the next attempt need not be the same in both.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); Math.random = () => 0.01;",
    },
  });

describe('ownDynamodb', () => {
  let asked: Asked[] = [];
  let script: Script = success;
  let endpoint = '';
  let folder = '';
  let server: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakaway-dynamodb-'));
    await bundle(join(folder, 'sdk.mjs'), []);
    await bundle(join(folder, 'own.mjs'), [ownDynamodb()]);
    server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const target = String(request.headers['x-amz-target']);
        const body = JSON.parse(text);
        const one = {
          method: request.method ?? '',
          path: request.url ?? '',
          target,
          type: String(request.headers['content-type']),
          body,
        };
        asked.push(one);
        const same = asked.filter(
          (other) => other.target === target && other.body.ClientRequestToken === body.ClientRequestToken,
        );
        const { status, body: answer, breaksOff } = script(target.replace(/^.*\./, ''), same.length);
        if (breaksOff === true) {
          request.socket.destroy();
          return;
        }
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    endpoint = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  }, 60_000);

  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (file: string): Promise<{ asked: Asked[]; tokens: number; outcomes: unknown }> => {
    asked = [];
    const env = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
    const stdout = await new Promise<string>((done, fail) => {
      execFile(process.execPath, [join(folder, file)], { env }, (error, out, stderr) => {
        if (error === null && stderr === '') done(out);
        else fail(error ?? new Error(stderr));
      });
    });
    const tokens = new Set<string>();
    const comparable = asked.map((one) => {
      const { ClientRequestToken: token, ...body } = one.body;
      if (token === undefined) return one;
      tokens.add(token);
      return { ...one, body: { ...body, ClientRequestToken: token === 'token' ? token : 'made up' } };
    });
    return { asked: comparable, tokens: tokens.size, outcomes: JSON.parse(stdout) };
  };

  it.each(SCENARIOS)("asks as the SDK's client does, as often, and tells the same, when %s", async (_, answer) => {
    script = answer;

    const sdk = await run('sdk.mjs');
    const own = await run('own.mjs');

    expect(new Set(sdk.asked.map(({ target }) => target.replace(/^.*\./, '')))).toEqual(
      new Set(Object.keys(SUCCESSES)),
    );
    expect(own).toEqual(sdk);
  });

  it('tells a failure that is not of DynamoDB as an error', async () => {
    script = () => ({ status: 502, body: '<html>Bad gateway</html>' });

    const { asked: requests, outcomes } = await run('own.mjs');

    expect(requests).toHaveLength(21);
    expect(outcomes).toMatchObject({
      getItem: { name: 'UnknownError', status: 502, message: 'DynamoDB answered 502', condition: false },
    });
  });
});
