import { describe, expect, it } from 'vitest';
import { pause } from '../../shared/pause.ts';

describe('pause', () => {
  it('resolves, with a signal or without', async () => {
    await expect(pause(1)).resolves.toBeUndefined();
    await expect(pause(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('rejects as soon as its signal aborts', async () => {
    await expect(pause(60_000_000, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'AbortError' });
  });
});
