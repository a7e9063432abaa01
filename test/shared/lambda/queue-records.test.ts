import { describe, expect, it } from 'vitest';
import { batchAnswer, queueRecords } from '../../../shared/lambda/queue-records.ts';

const aRecord = (body: string, differences: object = {}) => ({
  messageId: 'm-1',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:breakaway-test-job-failures',
  body,
  ...differences,
});

describe('queueRecords', () => {
  it('reads the event in each SQS record, and the queue that it comes from', () => {
    const [record, ...others] = queueRecords({ Records: [aRecord('{"a":1}')] });

    expect(others).toEqual([]);
    expect({ ...record, event: record?.event() }).toEqual({
      messageId: 'm-1',
      queue: 'breakaway-test-job-failures',
      event: { a: 1 },
    });
  });

  it.each([[{ a: 1 }], [{ Records: [{ eventSource: 'aws:s3' }] }], [{ Records: 'none' }], [null]])(
    'takes anything else for one event: %j',
    (invocation) => {
      expect(queueRecords(invocation).map(({ event, ...record }) => ({ ...record, event: event() }))).toEqual([
        { event: invocation },
      ]);
    },
  );

  it('fails a body that is no JSON when it is read, not before', () => {
    const [bad, good] = queueRecords({ Records: [aRecord('{'), aRecord('{}', { messageId: 'm-2' })] });

    expect(() => bad?.event()).toThrow('Event field body is not JSON: "{"');
    expect(good?.event()).toEqual({});
  });

  it.each([
    [{ messageId: '' }, 'Records[0].messageId'],
    [{ eventSourceARN: 7 }, 'Records[0].eventSourceARN'],
  ])('names what is missing of a record: %j', (differences, field) => {
    expect(() => queueRecords({ Records: [aRecord('{}', differences)] })).toThrow(`Event field ${field} is not a text`);
  });
});

describe('batchAnswer', () => {
  it('names the records that come back', () => {
    const [item] = queueRecords({ Records: [aRecord('{}')] });

    expect(batchAnswer([])).toEqual({ batchItemFailures: [] });
    expect(batchAnswer([{ item: item!, error: new Error('x') }])).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-1' }],
    });
  });

  it('throws what a plain event failed with, since it has no queue to come back from', () => {
    const [item] = queueRecords({});

    expect(() => batchAnswer([{ item: item!, error: new Error('no Batch') }])).toThrow('no Batch');
  });
});
