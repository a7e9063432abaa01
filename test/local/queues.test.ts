import { describe, expect, it } from 'vitest';
import { isFailureQueue } from '../../local/queues.ts';

describe('isFailureQueue', () => {
  it.each(['breakaway-local-arrivals-failed', 'breakaway-local-undelivered'])(
    'knows that what is in %s stays there',
    (name) => {
      expect(isFailureQueue({ name })).toBe(true);
    },
  );

  it.each(['breakaway-local-arrivals', 'breakaway-local-job-failures'])('treats messages in %s as pending', (name) => {
    expect(isFailureQueue({ name })).toBe(false);
  });
});
