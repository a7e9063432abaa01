/** Manifests and claim documents, in the suite's own bucket. */
import type { DocumentStore } from '../runs/submit-run.ts';
import { createObjects, type Objects } from './s3.ts';

/** Opens the documents of a bucket; every method rejects with an Error that names the bucket and the key. */
export const createClaimDocuments = (
  { bucket }: { readonly bucket: string },
  objects: Pick<Objects, 'put' | 'get'> = createObjects(),
): DocumentStore => {
  const prefix = `s3://${bucket}/`;
  return {
    put: async (key, body, signal) => {
      const type = typeof body === 'string' ? 'application/jsonl' : 'application/octet-stream';
      await objects.put(bucket, key, body, type, signal);
      return `${prefix}${key}`;
    },
    get: (key, signal) => objects.get(bucket, key, signal),
    keyOf: (uri) => (uri.startsWith(prefix) ? uri.slice(prefix.length) : undefined),
  };
};
