/** Explains the codes that AWS Batch gives for a blocked queue. */

export type BlockedReason = {
  /** A few words, for a subject line. */
  readonly brief: string;
  /** The meaning and the advice. */
  readonly explanation: string;
};

/**
 * By the code at the beginning of a reason.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
 * @see https://docs.aws.amazon.com/batch/latest/userguide/sm_job_stuck_in_runnable.html
 */
const REASONS: ReadonlyMap<string, BlockedReason> = new Map([
  [
    'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    {
      brief: 'no capacity',
      explanation:
        'AWS has no free machine of the requested types at the moment. Wait, or allow the compute environment more instance types, more Availability Zones, or On-Demand beside Spot.',
    },
  ],
  [
    'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
    {
      brief: 'maxvCpus is too small',
      explanation:
        'The job asks for more vCPUs than maxvCpus of every compute environment of the queue. It will never run. Raise maxvCpus, or ask for less.',
    },
  ],
  [
    'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    {
      brief: 'no machine is large enough',
      explanation:
        'The job asks for more vCPUs, memory or GPUs than any machine of the queue has. It will never run. Cancel it, then ask for less or give the queue larger instance types. Not all memory of a machine is for jobs: the system and the ECS agent keep some.',
    },
  ],
  [
    'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS',
    {
      brief: 'the Batch service role lacks a permission',
      explanation:
        'AWS Batch lacks a permission that it needs. Compare the service role of the compute environments with the managed policy AWSBatchServiceRole, or use the service-linked role.',
    },
  ],
  [
    'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
    {
      brief: 'an instance type does not suit its configuration',
      explanation:
        'The instance types of a compute environment do not fit its other settings: image, processor, network or Availability Zone. Correct the compute environment or its launch template.',
    },
  ],
  [
    'MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE',
    {
      brief: 'the service environment is too small',
      explanation:
        'The job asks for more than the limit of every service environment of the queue. It will never run. Raise the limit, or ask for less.',
    },
  ],
  [
    'MISCONFIGURATION:QUOTA_MANAGEMENT_LIMIT_EXCEEDED',
    {
      brief: 'the quota share is too small',
      explanation: 'The job asks for more than its quota share can ever have. Raise the share, or ask for less.',
    },
  ],
  [
    'ACTION_REQUIRED',
    {
      brief: 'its compute environments are invalid',
      explanation:
        'Every compute environment of the queue is INVALID. Its own status reason says why: often a role, a subnet, a security group or a launch template that was deleted.',
    },
  ],
  [
    'UNDETERMINED',
    {
      brief: 'AWS Batch does not know why',
      explanation:
        'AWS Batch sees that no job starts and does not know why. It may lack permissions to find out: check that its service role has autoscaling:DescribeScalingActivities and ec2:DescribeSpotFleetRequestHistory. Then check the instances: did they start, did they join the ECS cluster, can they reach ECS and ECR, and does the job fit on one of them?',
    },
  ],
]);

const OTHER: BlockedReason = {
  brief: 'see the reason',
  explanation: 'The reason that AWS Batch gives is below. Breakaway has no explanation for it.',
};

/** Reads the code of a reason: the text before ` - `, which may be a dash of another kind. */
export const blockedCode = (statusReason: string): string =>
  statusReason.replace(/\s+[-\u2010-\u2015]\s.*$/su, '').trim();

/** Explains why a queue is blocked. */
export const explainBlocked = (statusReason: string | undefined): BlockedReason =>
  REASONS.get(blockedCode(statusReason ?? 'UNDETERMINED')) ?? OTHER;
