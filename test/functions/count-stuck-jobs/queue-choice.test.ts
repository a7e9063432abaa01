import { describe, expect, it } from 'vitest';
import { chooseQueues } from '../../../functions/count-stuck-jobs/queue-choice.ts';

const EXISTING = ['adhoc', 'etl-day', 'etl-night', 'training'].map((name) => ({ name }));

const namesOf = (...args: Parameters<typeof chooseQueues>): string[] =>
  chooseQueues(...args).queues.map(({ name }) => name);

describe('chooseQueues', () => {
  it('chooses all queues by default', () => {
    expect(chooseQueues('all', EXISTING, [])).toEqual({ queues: EXISTING, missing: [] });
  });

  it('chooses by name and by pattern, each once', () => {
    expect(namesOf(['etl-*', 'etl-day', 'adhoc'], EXISTING, [])).toEqual(['adhoc', 'etl-day', 'etl-night']);
  });

  it('begins with those that are left over, in their order', () => {
    expect(namesOf('all', EXISTING, ['training', 'gone', 'etl-day'])).toEqual([
      'training',
      'etl-day',
      'adhoc',
      'etl-night',
    ]);
  });

  it('names a missing queue, but no pattern without a match', () => {
    expect(chooseQueues(['etl-day', 'elt-night', 'gone-*'], EXISTING, [])).toEqual({
      queues: [{ name: 'etl-day' }],
      missing: ['elt-night'],
    });
  });
});
