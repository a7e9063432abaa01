/**
 * AWS as far as the measurement needs it, in a process of its own: a table with the conditions that
 * are asked of it, a topic, logs, and an array job of so many failed children.
 *
 * `server.ts <children>`; prints its port. `GET /requests` tells how many requests there were of
 * each operation, `GET /reset` forgets everything.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { requestedOperation } from '../../test/support/requested-operation.ts';
import { ARRAY_ID, children, listedChildren } from './events.ts';

const size = Number(process.argv[2] ?? 10_000);

const PAGE_SIZE = 1_000;

type Value = {
  readonly S?: string;
  readonly N?: string;
  readonly SS?: readonly string[];
  readonly L?: readonly unknown[];
};
type Item = Readonly<Record<string, Value>>;
type Input = {
  readonly Key: Item;
  readonly Item: Item;
  readonly ConditionExpression: string;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Item;
};
type Answer = { readonly code: number; readonly body: unknown };

const items = new Map<string, Item>();
const requests = new Map<string, number>();

const idOf = ({ pk, sk }: Item): string => `${pk?.S} ${sk?.S}`;
const done = (body: unknown = {}): Answer => ({ code: 200, body });
const refused = (known?: Item): Answer => ({
  code: 400,
  body: {
    __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
    message: 'The conditional request failed',
    Item: known,
  },
});

/** Writes the names of attributes in place of their placeholders. */
const named = (expression: string, { ExpressionAttributeNames: names }: Input): string =>
  expression.replaceAll(/#\d+/g, (name) => names[name] ?? name);

/** Returns the value whose placeholder is found in an expression. */
const valueIn = (expression: string, pattern: RegExp, { ExpressionAttributeValues: values }: Input): Value =>
  values[pattern.exec(expression)?.[1] ?? ''] ?? {};

const putItem = (input: Input): Answer => {
  const { Item: item, ConditionExpression: condition } = input;
  const known = items.get(idOf(item));
  const holds = condition.startsWith('attribute_not_exists')
    ? known === undefined
    : known?.['version']?.N === valueIn(named(condition, input), /^version = (:\d+)$/, input).N;
  if (holds) {
    items.set(idOf(item), item);
  }
  return holds ? done() : refused(known);
};

/** The three changes that are made of notes, each with its condition. */
const updateItem = (input: Input): Answer => {
  const known = items.get(idOf(input.Key)) ?? input.Key;
  const keep = (more: Item): Answer => {
    items.set(idOf(input.Key), { ...known, ...more });
    return done({ Attributes: items.get(idOf(input.Key)) });
  };
  const change = named(input.UpdateExpression, input);
  const condition = named(input.ConditionExpression, input);
  const union = (name: string, more: Value): string[] => [...new Set([...(known[name]?.SS ?? []), ...(more.SS ?? [])])];
  if (change.includes('ADD placed')) {
    const placed = union('placed', valueIn(change, /ADD placed (:\d+)/, input));
    const places = Number(valueIn(condition, /size\(placed\) < (:\d+)/, input).N);
    return placed.length > places ? refused() : keep({ placed: { SS: placed } });
  }
  if (change.includes('ADD counted')) {
    return keep({ counted: { SS: union('counted', valueIn(change, /ADD counted (:\d+)/, input)) } });
  }
  if (change.startsWith('SET samples')) {
    const samples = valueIn(change, /, (:\d+)\)$/, input);
    return keep({ samples: { L: [...(known['samples']?.L ?? []), ...(samples.L ?? [])] } });
  }
  if (change === 'SET notified = jobs') {
    // No job failed because of these.
    return refused();
  }
  throw new Error(`Unexpected change: ${change}`);
};

const [firstBatch] = children(1);
const child = JSON.parse(firstBatch?.Records[0]?.body ?? '{}').detail;

const listJobs = (nextToken = '0'): Answer => {
  const from = Number(nextToken);
  const next = from + PAGE_SIZE;
  return done({
    jobSummaryList: listedChildren(from, Math.min(PAGE_SIZE, size - from)),
    ...(next < size ? { nextToken: String(next) } : {}),
  });
};

const describeJobs = (ids: readonly string[]): Answer =>
  done({ jobs: ids.filter((id) => id.startsWith(ARRAY_ID)).map((jobId) => ({ ...child, jobId })) });

const answer = (operation: string, body: string): Answer => {
  switch (operation) {
    case 'GetItem': {
      const item = items.get(idOf(JSON.parse(body).Key));
      return done(item === undefined ? {} : { Item: item });
    }
    case 'PutItem':
      return putItem(JSON.parse(body));
    case 'UpdateItem':
      return updateItem(JSON.parse(body));
    case 'listjobs':
      return listJobs(JSON.parse(body).nextToken);
    case 'describejobs':
      return describeJobs(JSON.parse(body).jobs);
    case 'GetLogEvents':
      return done({
        events: Array.from({ length: 60 }, (_, line) => ({ timestamp: line, message: `line ${line} of the log` })),
      });
    case 'Publish':
      return done('<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>');
    default:
      throw new Error(`Unexpected request: ${operation}`);
  }
};

const server = createServer(async (request, response) => {
  const { url: path = '', method } = request;
  const received = await text(request);
  if (method === 'GET') {
    if (path === '/reset') {
      items.clear();
      requests.clear();
    }
    response.end(JSON.stringify(Object.fromEntries(requests)));
    return;
  }
  const operation = requestedOperation(request, received);
  requests.set(operation, (requests.get(operation) ?? 0) + 1);
  const { code, body } = answer(operation, received);
  // SNS answers with XML.
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // The clock of the function is moved; the SDK would see that by the date, set its own right, and
  // ask again.
  response.sendDate = false;
  response.writeHead(code, { 'content-type': 'application/x-amz-json-1.0', 'content-length': bytes.length }).end(bytes);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});
