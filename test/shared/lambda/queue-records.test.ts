import { describe, expect, it } from 'vitest';
import { queueRecords } from '../../../shared/lambda/queue-records.ts';

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

  it('fails a body that is not JSON when it is read, not before', () => {
    const [bad, good] = queueRecords({ Records: [aRecord('{'), aRecord('{}', { messageId: 'm-2' })] });

    expect(() => bad?.event()).toThrow('Event field body is not JSON: "{"');
    expect(good?.event()).toEqual({});
  });

  it('fails a body that is not a text', () => {
    const [record] = queueRecords({ Records: [aRecord('', { body: undefined })] });

    expect(() => record?.event()).toThrow('Event field body is not JSON: undefined');
  });

  it.each([
    [[aRecord('{}'), 7], 'Event field Records[1] is not an object: 7'],
    [[aRecord('{}', { messageId: '' })], 'Event field Records[0].messageId is not a text: ""'],
    [[aRecord('{}', { eventSourceARN: 7 })], 'Event field Records[0].eventSourceARN is not a text: 7'],
  ])('refuses the whole batch when a record has no id that SQS knows: %j', (Records, message) => {
    expect(() => queueRecords({ Records })).toThrow(new Error(message));
  });
});
