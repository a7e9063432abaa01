import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  and,
  attributeExists,
  attributeNotExists,
  beginsWith,
  type Change,
  type Condition,
  contains,
  createPlaceholders,
  equals,
  equalsAll,
  isAtLeast,
  isAtMost,
  isBetween,
  isGreater,
  isLess,
  isOneOf,
  or,
  sizeIsLess,
  updateExpression,
  type Values,
} from '../../../shared/aws/expressions.ts';
import { holds, spelled } from '../../support/expressions.ts';

const written = (condition: Condition) => {
  const placeholders = createPlaceholders();
  return { ConditionExpression: condition(placeholders), ...placeholders.attributes() };
};

const asText = (condition: Condition): string => {
  const request = written(condition);
  return spelled(request.ConditionExpression, request);
};

describe('a condition', () => {
  it.each<[string, Condition]>([
    ['state = waiting', equals('state', 'waiting')],
    ['version < 3', isLess('version', 3)],
    ['version <= 3', isAtMost('version', 3)],
    ['version > 3', isGreater('version', 3)],
    ['version >= 3', isAtLeast('version', 3)],
    ['attribute_exists(owner)', attributeExists('owner')],
    ['attribute_not_exists(owner)', attributeNotExists('owner')],
    ['state IN (waiting, claimed)', isOneOf('state', ['waiting', 'claimed'])],
    ['runAt BETWEEN 2026-11-20 AND 2026-11-22', isBetween('runAt', '2026-11-20', '2026-11-22')],
    ['begins_with(sk, GEN#)', beginsWith('sk', 'GEN#')],
    ['contains(told, job-1)', contains('told', 'job-1')],
    ['size(told) < 10', sizeIsLess('told', 10)],
    ['state = waiting AND generation = 1', equalsAll({ state: 'waiting', owner: undefined, generation: 1 })],
    ['a = 1 AND (b = 2 OR c = 3)', and(equals('a', 1), or(equals('b', 2), equals('c', 3)))],
    ['(a = 1 AND b = 2 OR c = 3)', or(and(equals('a', 1), equals('b', 2)), equals('c', 3))],
    ['a = 1', or(and(or(equals('a', 1))))],
  ])('is written as DynamoDB reads it: %s', (text, condition) => {
    expect(asText(condition)).toBe(text);
  });

  it('holds no name and no value but in placeholders', () => {
    expect(written(and(equals('filled:a.b c', 'x OR y'), attributeNotExists('date')))).toEqual({
      ConditionExpression: '#0 = :0 AND attribute_not_exists(#1)',
      ExpressionAttributeNames: { '#0': 'filled:a.b c', '#1': 'date' },
      ExpressionAttributeValues: { ':0': 'x OR y' },
    });
  });

  it('has no list of values where it has none, which DynamoDB would refuse', () => {
    expect(written(attributeExists('pk'))).not.toHaveProperty('ExpressionAttributeValues');
    expect(createPlaceholders().attributes()).toEqual({});
  });

  it('means what its parts mean, however they are nested', () => {
    type Tree = { readonly condition: Condition; readonly meaning: (item: Values) => boolean };
    const attribute = fc.constantFrom('a', 'b', 'c');
    const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; every: Tree; some: Tree }>((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('every'), tie('some')),
      leaf: fc.oneof(
        attribute.map((name) => ({ condition: equals(name, 1), meaning: (item: Values) => item[name] === 1 })),
        attribute.map((name) => ({
          condition: attributeNotExists(name),
          meaning: (item: Values) => item[name] === undefined,
        })),
      ),
      every: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((parts) => ({
        condition: and(...parts.map(({ condition }) => condition)),
        meaning: (item: Values) => parts.every(({ meaning }) => meaning(item)),
      })),
      some: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((parts) => ({
        condition: or(...parts.map(({ condition }) => condition)),
        meaning: (item: Values) => parts.some(({ meaning }) => meaning(item)),
      })),
    }));
    const value = fc.constantFrom(undefined, 1, 2);

    fc.assert(
      fc.property(tree, fc.record({ a: value, b: value, c: value }), ({ condition, meaning }, item) => {
        expect(holds(written(condition), item)).toBe(meaning(item));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a change', () => {
  it.each<[string, Change]>([
    ['SET state = claimed, owner = me', { set: { state: 'claimed', problem: undefined, owner: 'me' } }],
    ['SET openedAt = if_not_exists(openedAt, now)', { setIfAbsent: { openedAt: 'now', date: undefined } }],
    ['SET told = jobs', { copy: { told: 'jobs' } }],
    ['SET samples = list_append(if_not_exists(samples, []), ["a"])', { append: { samples: ['a'] } }],
    ['ADD touched 1, told {a, b}', { add: { touched: 1, told: new Set(['a', 'b']) } }],
    ['REMOVE owner, leaseUntil', { remove: ['owner', 'leaseUntil'] }],
    [
      'SET a = 1, b = if_not_exists(b, 2), c = d ADD e 3 REMOVE f',
      { remove: ['f'], add: { e: 3 }, set: { a: 1 }, copy: { c: 'd' }, setIfAbsent: { b: 2 } },
    ],
    ['', { set: { nothing: undefined }, remove: [] }],
  ])('is written as DynamoDB reads it: %s', (text, change) => {
    const placeholders = createPlaceholders();

    const expression = updateExpression(change, placeholders);

    expect(spelled(expression, placeholders.attributes())).toBe(text);
  });
});
