import { describe, expect, it } from 'vitest';
import { pause } from '../../shared/pause.ts';

describe('pause', () => {
  it('waits as long as it is told', async () => {
    const startedAt = performance.now();

    await pause(50, new AbortController().signal);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(45);
  });

  it('rejects as soon as its signal aborts', async () => {
    const startedAt = performance.now();

    await expect(pause(10_000, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'AbortError' });

    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
