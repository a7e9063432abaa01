/**
 * What the bundles have in the place of the SDK's client of DynamoDB: its classes by their names, as far as `shared/aws` uses them, made of signed
 * requests. The SDK's own, with all that it needs, is a third of what a bundle may hold, and describes what DynamoDB's JSON has already as it is.
 *
 * The sources import the SDK, whose types they are checked against; `bundle/own-dynamodb.ts` puts this in its place. A test makes the same calls
 * with both and compares requests, answers, errors and attempts.
 */
import { randomUUID } from 'node:crypto';
import { type Fields, optionalFields, optionalText } from '../fields.ts';
import type { ClientOverrides } from './client-settings.ts';
import { type Answer, createSignedRequests, errorTypeOf, hostOf, type SignedRequests } from './signed-requests.ts';

/** Thrown when DynamoDB answers with an error. */
export class DynamoDBServiceException extends Error {
  override name = 'DynamoDBServiceException';
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(answer: Answer, fields: Fields) {
    super(optionalText(fields['message']) ?? optionalText(fields['Message']) ?? `DynamoDB answered ${answer.status}`);
    this.name = errorTypeOf(answer) || 'UnknownError';
    this.$metadata = { httpStatusCode: answer.status };
  }
}

/** Thrown when a condition does not hold. */
export class ConditionalCheckFailedException extends DynamoDBServiceException {
  readonly Item: unknown;

  constructor(answer: Answer, fields: Fields) {
    super(answer, fields);
    this.Item = fields['Item'];
  }
}

/** Thrown when nothing of a transaction was written. */
export class TransactionCanceledException extends DynamoDBServiceException {
  readonly CancellationReasons: unknown;

  constructor(answer: Answer, fields: Fields) {
    super(answer, fields);
    this.CancellationReasons = fields['CancellationReasons'];
  }
}

/** Thrown when a single write met a transaction on its item. */
export class TransactionConflictException extends DynamoDBServiceException {}

const EXCEPTIONS = { ConditionalCheckFailedException, TransactionCanceledException, TransactionConflictException };

const fieldsOf = (body: string): Fields => {
  try {
    return optionalFields(JSON.parse(body));
  } catch {
    // From something before DynamoDB: the status has to do.
    return {};
  }
};

const errorFrom = (answer: Answer): Error => {
  const type = errorTypeOf(answer);
  const Exception = Object.entries(EXCEPTIONS).find(([name]) => name === type)?.[1] ?? DynamoDBServiceException;
  return new Exception(answer, fieldsOf(answer.body));
};

type Input = Readonly<Record<string, unknown>>;

type Command = { readonly operation: string; readonly input: Input };

const commandOf = (operation: string) =>
  class implements Command {
    readonly operation = operation;
    readonly input: Input;

    constructor(input: Input) {
      this.input = input;
    }
  };

export const BatchGetItemCommand = commandOf('BatchGetItem');
export const GetItemCommand = commandOf('GetItem');
export const PutItemCommand = commandOf('PutItem');
export const QueryCommand = commandOf('Query');
export const TransactWriteItemsCommand = commandOf('TransactWriteItems');
export const UpdateItemCommand = commandOf('UpdateItem');

/** The client. It takes the settings that every client of the SDK is made with. */
export class DynamoDBClient {
  readonly #requests: SignedRequests;

  constructor(overrides: ClientOverrides = {}) {
    this.#requests = createSignedRequests(
      { endpointName: 'DYNAMODB', signingName: 'dynamodb', uriEscapePath: true },
      overrides.maxAttempts === undefined ? {} : { maxAttempts: overrides.maxAttempts },
    );
  }

  async send(
    { operation, input }: Command,
    { abortSignal }: { readonly abortSignal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { endpoint, ...where } = await this.#requests.surroundings();
    const origin = new URL(endpoint ?? `https://${hostOf('dynamodb', where)}`);
    // The same for every attempt: a transaction that was made is not made again.
    const token = operation === 'TransactWriteItems' ? { ClientRequestToken: randomUUID() } : {};
    const body = JSON.stringify({ ...token, ...input });
    const answer = await this.#requests.send(
      {
        method: 'POST',
        origin,
        path: origin.pathname,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'content-length': String(Buffer.byteLength(body)),
          'x-amz-target': `DynamoDB_20120810.${operation}`,
        },
        body,
      },
      abortSignal,
    );
    if (answer.status !== 200) {
      throw errorFrom(answer);
    }
    return JSON.parse(answer.body);
  }
}
