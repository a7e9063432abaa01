/** Spells out the expressions of a request to DynamoDB, and evaluates its condition. */
import { expect } from 'vitest';
import type { Value, Values } from '../../shared/aws/expressions.ts';

/** The part of a request that its expressions refer to. */
type Attributes = {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined;
};

const shown = (value: unknown): string => {
  if (value instanceof Set) {
    return `{${[...value].map(shown).join(', ')}}`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** Writes an expression with its names and values in place of their placeholders. */
export const spelled = (expression: string | undefined, request: Attributes): string =>
  (expression ?? '')
    .replaceAll(/#\w+/g, (name) => request.ExpressionAttributeNames?.[name] ?? name)
    .replaceAll(/:\d+/g, (name) => shown(request.ExpressionAttributeValues?.[name] ?? name));

/** Writes all expressions of a request with their names and values. */
export const spelledOut = (
  request: Attributes & {
    readonly ConditionExpression?: string | undefined;
    readonly UpdateExpression?: string | undefined;
    readonly KeyConditionExpression?: string | undefined;
    readonly FilterExpression?: string | undefined;
  },
) => {
  const { ConditionExpression, UpdateExpression, KeyConditionExpression, FilterExpression } = request;
  return {
    ...(UpdateExpression === undefined ? {} : { update: spelled(UpdateExpression, request) }),
    ...(ConditionExpression === undefined ? {} : { condition: spelled(ConditionExpression, request) }),
    ...(KeyConditionExpression === undefined ? {} : { keys: spelled(KeyConditionExpression, request) }),
    ...(FilterExpression === undefined ? {} : { filter: spelled(FilterExpression, request) }),
  };
};

const compared: Record<string, (left: string | number, right: string | number) => boolean> = {
  '=': (left, right) => left === right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const plain = (value: unknown): string | number | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined;

/**
 * Tells whether an item meets the condition of a request, by the part of DynamoDB's grammar that
 * the suite uses. It fails the test if DynamoDB would refuse the expression.
 */
export const holds = (request: Attributes & { ConditionExpression?: string | undefined }, item: Values): boolean => {
  const { ConditionExpression = '', ExpressionAttributeNames: names = {}, ExpressionAttributeValues = {} } = request;
  const tokens = ConditionExpression.match(/[#:]\w+|\w+|[<>]=|[()=<>,]/g) ?? [];
  const take = (): string => tokens.shift() ?? '';
  const expectNext = (token: string): void => expect(take()).toBe(token);
  const attribute = (): Value | undefined => item[names[take()] ?? ''];
  const literal = (): unknown => ExpressionAttributeValues[take()];

  const functions: Record<string, () => boolean> = {
    attribute_exists: () => attribute() !== undefined,
    attribute_not_exists: () => attribute() === undefined,
    contains: () => {
      const whole = attribute();
      expectNext(',');
      const member = literal();
      return whole instanceof Set && whole.has(member);
    },
    begins_with: () => {
      const text = attribute();
      expectNext(',');
      const prefix = literal();
      return typeof text === 'string' && text.startsWith(String(prefix));
    },
  };

  const comparison = (left: string | number | undefined): boolean => {
    const operator = take();
    if (operator === 'IN') {
      expectNext('(');
      const options: unknown[] = [];
      do {
        options.push(literal());
      } while (take() === ',');
      return left !== undefined && options.includes(left);
    }
    if (operator === 'BETWEEN') {
      const from = plain(literal());
      expectNext('AND');
      const to = plain(literal());
      return left !== undefined && from !== undefined && to !== undefined && from <= left && left <= to;
    }
    const right = plain(literal());
    // A comparison with an attribute that does not exist is false.
    return left !== undefined && right !== undefined && compared[operator]!(left, right);
  };

  const term = (): boolean => {
    if (tokens[0] === '(') {
      take();
      const isDoubled = tokens[0] === '(';
      const { result, operands } = any();
      // DynamoDB refuses a pair of parentheses around another pair.
      expect(isDoubled && operands === 1).toBe(false);
      expectNext(')');
      return result;
    }
    const called = functions[tokens[0] ?? ''];
    if (called !== undefined) {
      take();
      expectNext('(');
      const result = called();
      expectNext(')');
      return result;
    }
    if (tokens[0] === 'size') {
      take();
      expectNext('(');
      const whole = attribute();
      expectNext(')');
      return comparison(whole instanceof Set ? whole.size : undefined);
    }
    return comparison(plain(attribute()));
  };

  /** Counts the operands, so that a redundant pair of parentheses is found. */
  const all = (): { result: boolean; operands: number } => {
    let result = term();
    let operands = 1;
    for (; tokens[0] === 'AND'; operands += 1) {
      take();
      result = term() && result;
    }
    return { result, operands };
  };
  const any = (): { result: boolean; operands: number } => {
    let { result, operands } = all();
    while (tokens[0] === 'OR') {
      take();
      const next = all();
      result = next.result || result;
      operands += next.operands;
    }
    return { result, operands };
  };

  const { result } = any();
  expect(tokens).toEqual([]);
  return result;
};
