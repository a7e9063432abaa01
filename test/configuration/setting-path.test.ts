import { describe, expect, it } from 'vitest';
import { describePlace, valueAt } from '../../configuration/setting-path.ts';

const data = {
  timeZone: 'UTC',
  feeds: [
    {
      name: 'sales',
      slots: { orders: { min: 0 } },
      job: { batch: { command: ['a', 'b'], retry: { evaluateOnExit: [{}] } } },
    },
    { slots: {} },
    { name: '' },
  ],
};

describe('describePlace', () => {
  it.each([
    [[], 'configuration'],
    [['timeZone'], 'timeZone'],
    [['feeds'], 'feeds'],
    [['feeds', 0], 'feed sales'],
    [['feeds', 1, 'name'], 'feed 2, name'],
    [['feeds', 2, 'name'], 'feed 3, name'],
    [['feeds', 0, 'slots'], 'feed sales, slots'],
    [['feeds', 0, 'slots', 'orders', 'min'], 'feed sales, slot orders, min'],
    [['feeds', 0, 'job', 'batch'], 'feed sales, job, batch'],
    [['feeds', 0, 'job', 'batch', 'queue'], 'feed sales, job, queue'],
    [['feeds', 0, 'job', 'batch', 'command', 1], 'feed sales, job, command argument 2'],
    [['feeds', 0, 'job', 'batch', 'parameters', 'date'], 'feed sales, job, parameter date'],
    [['feeds', 0, 'job', 'batch', 'environment', 'X'], 'feed sales, job, environment variable X'],
    [['feeds', 0, 'job', 'batch', 'tags', 'team'], 'feed sales, job, tag team'],
    [
      ['feeds', 0, 'job', 'batch', 'retry', 'evaluateOnExit', 0, 'action'],
      'feed sales, job, retry, evaluateOnExit rule 1, action',
    ],
    [['feeds', 0, 'outputs', 0], 'feed sales, output 1'],
    [['queues', 'count', 3], 'queues, count entry 4'],
  ])('describes %j as %s', (path, words) => {
    expect(describePlace(data, path)).toBe(words);
  });
});

describe('valueAt', () => {
  it('reads own values only, and no inherited ones', () => {
    expect(valueAt(data, ['feeds', 0, 'slots', 'orders', 'min'])).toBe(0);
    expect(valueAt(data, ['feeds', 9, 'slots'])).toBeUndefined();
    expect(valueAt(data, ['timeZone', 'length', 'x'])).toBeUndefined();
    expect(valueAt(data, ['toString'])).toBeUndefined();
    expect(valueAt(null, ['feeds'])).toBeUndefined();
  });
});
