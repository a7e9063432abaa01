import { describe, expect, it } from 'vitest';
import { readS3Uri } from '../../cli/s3-uri.ts';
import { UsageError } from '../../cli/stack-command.ts';

describe('readS3Uri', () => {
  it('takes the key as it is, also with spaces, lines and percent signs', () => {
    expect(readS3Uri('s3://landing/a b/%20\nc')).toEqual({ bucket: 'landing', key: 'a b/%20\nc' });
  });

  it.each(['', 'landing/a', 'http://landing/a', 's3://landing', 's3://landing/', 's3:///a'])('refuses %j', (text) => {
    expect(() => readS3Uri(text)).toThrow(UsageError);
  });
});
