import { expect, it } from 'vitest';
import { failureSubject } from '../../../shared/jobs/failure-subject.ts';

it('names job, attempts and status', () => {
  const attempt = { containers: [] };

  expect(failureSubject({ id: 'a:1', attempts: [attempt, attempt], status: 'FAILED' })).toBe('a:1#2#FAILED');
});
