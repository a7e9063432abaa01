import { describe, expect, it } from 'vitest';
import { createDescribeFailure } from '../../../functions/notify-failure/describe-failure.ts';
import { jobOf } from './fixtures.ts';

const signal = new AbortController().signal;

const lookWith = (readLog: Parameters<typeof createDescribeFailure>[0]['readLog']) =>
  createDescribeFailure(
    { runOfJob: async () => undefined, describe: async () => [], readLog },
    { jobNamePrefix: 'breakaway-local-' },
  );

describe('createDescribeFailure', () => {
  it.each([
    [Object.assign(new Error('not you'), { name: 'AccessDeniedException' }), 'AccessDeniedException'],
    ['a text', 'an unknown error'],
  ])('names what keeps it from the log: %s', async (error, name) => {
    const { describeFailure } = lookWith(() => Promise.reject(error));

    const { tail } = await describeFailure(jobOf('container'), signal);

    expect(tail).toEqual({ kind: 'no lines', text: `The log could not be read (${name}). The link opens it.` });
  });

  it('gives up when it is told to', async () => {
    const controller = new AbortController();
    const { describeFailure } = lookWith(async () => {
      controller.abort(new Error('no time left'));
      throw new Error('aborted');
    });

    await expect(describeFailure(jobOf('container'), controller.signal)).rejects.toThrow('no time left');
  });
});
