import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { receive } from '../../../functions/notify-failure/event.ts';

const event = JSON.parse(readFileSync('events/notify-failure-dependency.json', 'utf8'));

describe('receive', () => {
  it.each([
    ['a plain event', undefined, false],
    ['the queue with a delay', 'breakaway-local-job-failures', false],
    ['the queue without one', 'breakaway-local-job-cascades', true],
    ['a queue whose name only contains it', 'breakaway-local-job-cascades-failed', false],
  ])('says whether a job is only noted: %s', (_, queue, isForNotes) => {
    expect(receive(event, queue)).toMatchObject({ kind: 'job changed', job: { status: 'FAILED' }, isForNotes });
  });

  it('throws when a field is missing', () => {
    expect(() => receive({})).toThrow('detail-type');
  });
});
