import { describe, expect, it } from 'vitest';
import { readOutput } from '../../../shared/config/outputs.ts';
import { aFeed, aFileSlot } from '../../support/builders.ts';

const feed = aFeed({
  name: 'sales',
  slots: [aFileSlot({ name: 'orders', uri: 's3://landing/{date:yyyy}/{shop}.csv' })],
});

const partsOf = (output: string) => {
  const read = readOutput(output, feed);
  return read.kind === 'pattern' ? [read.pattern.bucket, ...read.pattern.parts] : read.problems;
};

const literal = (text: string) => ({ kind: 'literal', text });

describe('readOutput', () => {
  it.each([
    ['s3://warehouse/x', ['warehouse', literal('x')]],
    ['s3://warehouse/', ['warehouse', { kind: 'rest' }]],
    ['s3://warehouse/sales/', ['warehouse', literal('sales/'), { kind: 'rest' }]],
    ['s3://warehouse/*.csv', ['warehouse', { kind: 'any' }, literal('.csv')]],
    ['s3://warehouse/{{a}}', ['warehouse', literal('{a}')]],
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
    [
      '{orders.uri}.done',
      [
        'landing',
        { kind: 'date', unit: 'yyyy' },
        literal('/'),
        { kind: 'capture', name: 'shop' },
        literal('.csv.done'),
      ],
    ],
    [
      's3://{orders.bucket}/out/{orders.key}',
      [
        'landing',
        literal('out/'),
        { kind: 'date', unit: 'yyyy' },
        literal('/'),
        { kind: 'capture', name: 'shop' },
        literal('.csv'),
      ],
    ],
  ])('reads %s', (output, parts) => {
    expect(partsOf(output)).toEqual(parts);
  });

  it.each([
    ['warehouse/x', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['s3://warehouse', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['s3://{shop}/x', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['s3://ware*/x', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['{shop}/x', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['', 0, 'an output starts with s3://bucket/, the bucket in full'],
    ['s3://Warehouse/x', 5, 'a bucket name has only a-z, 0-9, "." and "-", unlike "Warehouse"'],
    ['s3://warehouse/{x', 15, 'this { has no }; write {{ for a brace that stands for itself'],
    ['s3://warehouse/{manifest}', 15, 'this placeholder has no meaning in an output'],
    ['s3://warehouse/{none.key}', 15, 'this placeholder has no meaning in an output'],
  ])('refuses %j', (output, at, message) => {
    expect(partsOf(output)).toEqual([{ at, message }]);
  });
});
