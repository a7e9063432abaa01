import { describe, expect, it } from 'vitest';
import { nameInArn } from '../../../shared/jobs/name-in-arn.ts';

describe('nameInArn', () => {
  it.each([
    ['arn:aws:batch:us-east-1:123456789012:job-queue/main', 'main'],
    ['arn:aws:batch:us-east-1:123456789012:job-definition/load:7', 'load:7'],
    ['main', 'main'],
  ])('reads %s', (arn, name) => {
    expect(nameInArn(arn)).toBe(name);
  });
});
