import type { ObjectPlace } from '../shared/feeds/match-feeds.ts';
import { UsageError } from './stack-command.ts';

/**
 * Reads `s3://bucket/key`; the key is not URL-encoded.
 *
 * @throws UsageError when the text is not such a URI
 */
export const readS3Uri = (text: string): ObjectPlace => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UsageError(`${JSON.stringify(text)} is not an S3 URI: write s3://bucket/key`);
  }
  return { bucket, key };
};
