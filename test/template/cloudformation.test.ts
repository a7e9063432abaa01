import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arnOf, logicalName, regionalArn } from '../../template/cloudformation.ts';

describe('logicalName', () => {
  it.each([
    ['submitBatchJob', 'SubmitBatchJob'],
    ['arrivals', 'Arrivals'],
    ['arrivals-failed', 'ArrivalsFailed'],
    ['jobs_v2', 'JobsV2'],
  ])('turns %s into %s', (name, expected) => {
    expect(logicalName(name)).toBe(expected);
  });

  it('is legal in CloudFormation for every name of words and separators', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][A-Za-z0-9]*([-_][a-z0-9]+)*$/), (name) => {
        expect(logicalName(name)).toMatch(/^[A-Z][A-Za-z0-9]*$/);
      }),
    );
  });
});

describe('arnOf', () => {
  it('refers to a resource of the stack', () => {
    expect(arnOf('LedgerTable')).toEqual({ 'Fn::GetAtt': ['LedgerTable', 'Arn'] });
  });
});

describe('regionalArn', () => {
  it('leaves partition, Region and account to the stack', () => {
    expect(regionalArn('batch', 'job-queue/etl')).toEqual({
      'Fn::Sub': `arn:\${AWS::Partition}:batch:\${AWS::Region}:\${AWS::AccountId}:job-queue/etl`,
    });
  });
});
