/**
 * Makes the resources that exist already in a real account: landing buckets with EventBridge
 * notifications, job queues and job definitions.
 */

import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import type { Configuration } from '../configuration/configuration.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { clientSettings, type LocalAws, REGION } from './local-aws.ts';
import { makeComputeSurroundings } from './moto.ts';

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** Lists the buckets in which feeds wait for files. */
export const landingBuckets = ({ feeds }: Configuration): string[] =>
  unique(feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket));

/** Takes the name out of a queue or job definition, which can be an ARN or have a revision. */
const nameOf = (reference: string): { readonly name: string; readonly revision: number } => {
  const [name = '', revision = '1'] = reference.replace(/^arn:.*\//, '').split(':');
  return { name, revision: Number(revision) };
};

/** Lists the job queues that feeds submit to. */
export const jobQueues = ({ feeds }: Configuration): string[] =>
  unique(feeds.map(({ job }) => nameOf(job.batch.queue).name));

/** Lists the job definitions that feeds name, with the highest revision of each. */
const jobDefinitions = ({ feeds }: Configuration): Map<string, number> => {
  const definitions = new Map<string, number>();
  for (const { job } of feeds) {
    const { name, revision } = nameOf(job.batch.definition);
    definitions.set(name, Math.max(revision, definitions.get(name) ?? 1));
  }
  return definitions;
};

type Endpoints = Pick<LocalAws, 'endpoint' | 'batchEndpoint'>;

const makeBuckets = async (endpoint: string, buckets: readonly string[]): Promise<void> => {
  const s3 = new S3Client(clientSettings(endpoint));
  for (const bucket of buckets) {
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    );
  }
  s3.destroy();
};

const COMPUTE_ENVIRONMENT = 'etl-instances';

const makeBatch = async (endpoint: string, configuration: Configuration): Promise<void> => {
  const batch = new BatchClient(clientSettings(endpoint));
  const { serviceRole, instanceRole, subnets, securityGroups } = await makeComputeSurroundings(endpoint, REGION);
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: COMPUTE_ENVIRONMENT,
      type: 'MANAGED',
      state: 'ENABLED',
      serviceRole,
      computeResources: {
        type: 'EC2',
        minvCpus: 0,
        maxvCpus: 256,
        desiredvCpus: 0,
        instanceTypes: ['m5.xlarge', 'r5.2xlarge'],
        instanceRole,
        subnets: [...subnets],
        securityGroupIds: [...securityGroups],
      },
    }),
  );
  for (const jobQueueName of jobQueues(configuration)) {
    await batch.send(
      new CreateJobQueueCommand({
        jobQueueName,
        state: 'ENABLED',
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: COMPUTE_ENVIRONMENT }],
      }),
    );
  }
  for (const [jobDefinitionName, revisions] of jobDefinitions(configuration)) {
    for (let revision = 1; revision <= revisions; revision += 1) {
      await batch.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName,
          type: 'container',
          containerProperties: {
            image: 'public.ecr.aws/docker/library/busybox:stable',
            command: ['true'],
            resourceRequirements: [
              { type: 'VCPU', value: '1' },
              { type: 'MEMORY', value: '1024' },
            ],
          },
        }),
      );
    }
  }
  batch.destroy();
};

/** Makes the resources that the feeds of a configuration refer to. */
export const seed = async ({ endpoint, batchEndpoint }: Endpoints, configuration: Configuration): Promise<void> => {
  await makeBuckets(endpoint, landingBuckets(configuration));
  await makeBatch(batchEndpoint, configuration);
};
