/**
 * The most bytes that a key has in UTF-8.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export const MAX_KEY_BYTES = 1024;

const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

/**
 * Checks the name of a general purpose bucket.
 *
 * @returns the reason why the name is not allowed, or `undefined`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const bucketNameProblem = (name: string): string | undefined => {
  if (name.length < 3 || name.length > 63) {
    return `a bucket name has 3 to 63 characters, "${name}" has ${name.length}`;
  }
  if (!/^[a-z0-9.-]+$/.test(name)) {
    return `a bucket name has only a-z, 0-9, "." and "-", unlike "${name}"`;
  }
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) {
    return `a bucket name starts and ends with a letter or digit, unlike "${name}"`;
  }
  if (name.includes('..') || /^\d+\.\d+\.\d+\.\d+$/.test(name)) {
    return `a bucket name is no IP address and has no two dots in a row, unlike "${name}"`;
  }
  const reserved =
    RESERVED_PREFIXES.find((prefix) => name.startsWith(prefix)) ??
    RESERVED_SUFFIXES.find((suffix) => name.endsWith(suffix));

  return reserved && `"${reserved}" is reserved by S3, so "${name}" cannot be a bucket`;
};
