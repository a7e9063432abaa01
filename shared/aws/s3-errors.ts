/** Explains the errors of S3, in words that lead to the mistake. */
import { S3ServiceException } from '@aws-sdk/client-s3';

const FORBIDDEN = 403;

/** The answer to a HEAD has no body, so the status is all that S3 says. */
const FORBIDDEN_HEAD =
  'permission s3:GetObject is missing, or the key does not exist and permission s3:ListBucket is missing, or the KMS key of the object cannot be used';

/**
 * Reads in which Region a bucket is, from an error of S3.
 *
 * @returns `undefined` when S3 does not say it
 */
export const bucketRegionOf = (error: unknown): string | undefined =>
  error instanceof S3ServiceException ? error.$response?.headers['x-amz-bucket-region'] : undefined;

/**
 * Explains an error of a call about one bucket.
 *
 * @param region - reads the Region that the call was sent to
 * @returns an Error with the SDK's own as its cause; an error that is not an answer of S3 is
 * returned unchanged
 */
export const explainS3Error = async (
  error: unknown,
  bucket: string,
  region: () => Promise<string>,
): Promise<unknown> => {
  if (!(error instanceof S3ServiceException)) {
    return error;
  }
  const bucketRegion = bucketRegionOf(error);
  const calledRegion = bucketRegion && (await region());
  if (bucketRegion !== calledRegion) {
    return new Error(`The bucket ${bucket} is in ${bucketRegion}, but S3 was called in ${calledRegion}`, {
      cause: error,
    });
  }
  const status = error.$metadata.httpStatusCode;
  const code = error.name === 'Unknown' ? [] : [error.name, error.message];
  const said = status === FORBIDDEN && code.length === 0 ? [`without a reason: ${FORBIDDEN_HEAD}`] : code;
  return new Error(['S3 answered', status, ...said].join(' '), { cause: error });
};
