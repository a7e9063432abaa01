import { describe, expect, it } from 'vitest';
import { bucketNameProblem } from '../../../shared/feeds/s3-names.ts';

describe('bucketNameProblem', () => {
  it.each(['abc', 'a'.repeat(63), 'northwind-landing', 'my.bucket.2', '1-2-3', '1.2.3.4.5'])('takes %s', (name) => {
    expect(bucketNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'a bucket name has 3 to 63 characters, "" has 0'],
    ['ab', 'a bucket name has 3 to 63 characters, "ab" has 2'],
    ['a'.repeat(64), `a bucket name has 3 to 63 characters, "${'a'.repeat(64)}" has 64`],
    ['Landing', 'a bucket name has only a-z, 0-9, "." and "-", unlike "Landing"'],
    ['land_ing', 'a bucket name has only a-z, 0-9, "." and "-", unlike "land_ing"'],
    ['-landing', 'a bucket name starts and ends with a letter or digit, unlike "-landing"'],
    ['landing.', 'a bucket name starts and ends with a letter or digit, unlike "landing."'],
    ['land..ing', 'a bucket name is no IP address and has no two dots in a row, unlike "land..ing"'],
    ['192.168.5.4', 'a bucket name is no IP address and has no two dots in a row, unlike "192.168.5.4"'],
    ['xn--landing', '"xn--" is reserved by S3, so "xn--landing" cannot be a bucket'],
    ['landing-s3alias', '"-s3alias" is reserved by S3, so "landing-s3alias" cannot be a bucket'],
  ])('refuses %s', (name, problem) => {
    expect(bucketNameProblem(name)).toBe(problem);
  });
});
