import { describe, expect, it } from 'vitest';
import { createPutManifest } from '../../../shared/aws/manifests.ts';

const { signal } = new AbortController();

describe('createPutManifest', () => {
  it('puts the lines into the bucket as JSON Lines, and tells where they are', async () => {
    const asked: unknown[][] = [];
    const putManifest = createPutManifest({ put: async (...what) => void asked.push(what) }, 'breakaway-test-suite');

    const uri = await putManifest('manifests/sales/a.jsonl', '{"slot":"orders"}\n', signal);

    expect(uri).toBe('s3://breakaway-test-suite/manifests/sales/a.jsonl');
    expect(asked).toEqual([
      ['breakaway-test-suite', 'manifests/sales/a.jsonl', '{"slot":"orders"}\n', 'application/jsonl', signal],
    ]);
  });

  it('tells no URI of what was not written', async () => {
    const put = () => Promise.reject(new Error('Could not PUT s3://breakaway-test-suite/a.jsonl'));

    const putting = createPutManifest({ put }, 'breakaway-test-suite')('a.jsonl', '', signal);

    await expect(putting).rejects.toThrow('Could not PUT');
  });
});
