import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isForNotes, receive } from '../../../functions/notify-failure/event.ts';

const read = (file: string) => JSON.parse(readFileSync(`events/notify-failure-${file}.json`, 'utf8'));

describe('receive', () => {
  it('reads a plain event, and one in an SQS record', () => {
    expect(receive(read('container')).received).toMatchObject([{ kind: 'job changed', record: {} }]);
    expect(receive(read('sqs'))).toMatchObject({
      received: [{ job: { status: 'FAILED' }, record: { queue: 'breakaway-local-job-failures' } }],
      failed: [],
    });
  });

  it('lets fail alone what cannot be read', () => {
    const { Records } = read('sqs');
    const { received, failed } = receive({ Records: [...Records, { ...Records[0], messageId: 'bad', body: '{}' }] });

    expect(received).toHaveLength(1);
    expect(failed).toMatchObject([
      { item: { messageId: 'bad' }, error: { message: expect.stringContaining('detail-type') } },
    ]);
  });
});

describe('isForNotes', () => {
  it('knows the queue without delay', () => {
    const [quick] = receive(read('cascades-sqs')).received;
    const [slow] = receive(read('sqs')).received;
    const [plain] = receive(read('dependency')).received;

    expect([quick, slow, plain].map((one) => one && isForNotes(one))).toEqual([true, false, false]);
  });
});
