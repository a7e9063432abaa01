import { describe, expect, it } from 'vitest';
import { LocalAwsError } from '../../../local/local-aws-error.ts';
import { deadline } from '../../../local/process/deadline.ts';

describe('deadline', () => {
  it('says what did not end, and the time limit', async () => {
    const error = await deadline(0.001, 'npm start -- --once').catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(LocalAwsError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^npm start -- --once did not end within 0.001 minutes/),
    });
  });
});
