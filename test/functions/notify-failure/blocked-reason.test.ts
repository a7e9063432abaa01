import { describe, expect, it } from 'vitest';
import { blockedCode, explainBlocked } from '../../../functions/notify-failure/blocked-reason.ts';

describe('explainBlocked', () => {
  // As the user guide has them.
  it.each([
    [
      'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity requested for instance type [m5.large]',
      'no capacity',
      'instance types',
    ],
    [
      'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue cannot meet the CPU requirement of the job.',
      'maxvCpus is too small',
      'Raise maxvCpus',
    ],
    [
      'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement is higher',
      'no machine is large enough',
      'It will never run',
    ],
    [
      'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS – Batch service role has a permission issue.',
      'the Batch service role lacks a permission',
      'AWSBatchServiceRole',
    ],
    [
      'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED - Your compute environment',
      'an instance type does not suit its configuration',
      'launch template',
    ],
    [
      'ACTION_REQUIRED - CE(s) associated with the job queue are invalid.',
      'its compute environments are invalid',
      'INVALID',
    ],
    [
      'UNDETERMINED - Batch job is blocked, root cause is undetermined.',
      'AWS Batch does not know why',
      'autoscaling:DescribeScalingActivities and ec2:DescribeSpotFleetRequestHistory',
    ],
    [
      'MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE - Service environment(s)',
      'the service environment is too small',
      'Raise the limit',
    ],
    ['MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED', 'the quota share is too small', 'Raise the share'],
    ['SOMETHING:NEW - nobody knows', 'see the reason', 'no explanation'],
    [undefined, 'AWS Batch does not know why', 'service role'],
  ])('explains %s', (reason, brief, explanation) => {
    expect(explainBlocked(reason)).toEqual({ brief, explanation: expect.stringContaining(explanation) });
  });
});

describe('blockedCode', () => {
  it.each([
    ['A:B - why', 'A:B'],
    ['A:B – why', 'A:B'],
    ['A-B', 'A-B'],
    ['', ''],
  ])('reads %j', (reason, code) => {
    expect(blockedCode(reason)).toBe(code);
  });
});
