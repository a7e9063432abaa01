import { describe, expect, it } from 'vitest';
import { readOutput } from '../../configuration/outputs.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';

const feed = aFeed({
  name: 'sales',
  slots: [
    aFileSlot({ name: 'orders', uri: 's3://landing/{date:yyyy}/{shop}.csv' }),
    aFileSlot({ name: 'folder', uri: 's3://landing/in/{date:yyyy}/' }),
  ],
});

const patternsOf = (output: string) => {
  const read = readOutput(output, feed);
  return read.kind === 'patterns' ? read.patterns.map(({ bucket, parts }) => [bucket, ...parts]) : read.problems;
};

const literal = (text: string) => ({ kind: 'literal', text });

describe('readOutput', () => {
  it.each([
    ['s3://warehouse/', ['warehouse', { kind: 'rest' }]],
    ['s3://warehouse/sales/', ['warehouse', literal('sales/'), { kind: 'rest' }]],
    [
      's3://warehouse/{feed}/{date:yyyy-}{shop}_v{generation}/',
      [
        'warehouse',
        literal('sales/'),
        { kind: 'date', unit: 'yyyy' },
        literal('-'),
        { kind: 'capture', name: 'shop' },
        literal('_v'),
        { kind: 'number' },
        literal('/'),
        { kind: 'rest' },
      ],
    ],
    ['{folder.uri}', ['landing', literal('in/'), { kind: 'date', unit: 'yyyy' }, literal('/'), { kind: 'rest' }]],
  ])('reads %s as the folder and everything below it', (output, parts) => {
    expect(patternsOf(output)).toEqual([parts]);
  });

  it.each([
    ['s3://warehouse/x', [literal('x')], [literal('x/')]],
    ['s3://warehouse/*.csv', [{ kind: 'any' }, literal('.csv')], [{ kind: 'any' }, literal('.csv/')]],
    ['s3://warehouse/{{a}}', [literal('{a}')], [literal('{a}/')]],
    ['s3://warehouse/{date:yyyy}', [{ kind: 'date', unit: 'yyyy' }], [{ kind: 'date', unit: 'yyyy' }, literal('/')]],
    [
      's3://warehouse/v{generation}',
      [literal('v'), { kind: 'number' }],
      [literal('v'), { kind: 'number' }, literal('/')],
    ],
  ])('reads %s, which can be a file or a folder, as both', (output, file, folder) => {
    expect(patternsOf(output)).toEqual([
      ['warehouse', ...file],
      ['warehouse', ...folder, { kind: 'rest' }],
    ]);
  });

  it.each([
    ['{orders.uri}.done', [], '.csv.done'],
    ['s3://{orders.bucket}/out/{orders.key}', [literal('out/')], '.csv'],
  ])('reads %s, which names the file of a slot', (output, start, end) => {
    const parts = [...start, { kind: 'date', unit: 'yyyy' }, literal('/'), { kind: 'capture', name: 'shop' }];

    expect(patternsOf(output)).toEqual([
      ['landing', ...parts, literal(end)],
      ['landing', ...parts, literal(`${end}/`), { kind: 'rest' }],
    ]);
  });

  it.each([
    ['warehouse/x', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['s3://warehouse', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['s3://{shop}/x', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['s3://ware*/x', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['{shop}/x', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['', 0, 'an output starts with s3://bucket/, without placeholders in the bucket'],
    ['s3://Warehouse/x', 5, 'a bucket name has only a-z, 0-9, "." and "-", unlike "Warehouse"'],
    ['s3://warehouse/{x', 15, 'this { has no }; write {{ for a plain brace'],
    ['s3://warehouse/{manifest}', 15, 'this placeholder has no meaning in an output'],
    ['s3://warehouse/{none.key}', 15, 'this placeholder has no meaning in an output'],
  ])('refuses %j', (output, at, message) => {
    expect(patternsOf(output)).toEqual([{ at, message }]);
  });
});
