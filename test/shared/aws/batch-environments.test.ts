import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBatchEnvironments } from '../../../shared/aws/batch-environments.ts';
import { requirementOf } from '../../../shared/placement/requirement.ts';
import { type Answer, type BatchStub, failed, startBatchStub } from '../../support/batch-stub.ts';

vi.hoisted(() => {
  Object.assign(process.env, {
    AWS_REGION: 'ap-northeast-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

const { signal } = new AbortController();
const arn = (resource: string): string => `arn:aws:batch:ap-northeast-1:123456789012:${resource}`;
const json = (value: object): Answer => ({ body: JSON.stringify(value) });

let stub: BatchStub;
let script: Answer[];
let answered: number;
let pace: () => Promise<void>;

/** Answers one call after another; the last answer stays. */
const answering = (...answers: (object | Answer)[]): void => {
  answered = stub.count();
  script = answers.map((answer) => ('body' in answer ? answer : json(answer)));
};
const environments = () => createBatchEnvironments({ pace });
const asked = () => stub.calls.map(({ path, input }) => [path, input]);

beforeEach(async () => {
  pace = vi.fn(async () => undefined);
  // No waiting between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  stub = await startBatchStub((_, number) => script[number - 1 - answered] ?? script.at(-1) ?? failed(404, 'NotFound'));
  process.env['AWS_ENDPOINT_URL_BATCH'] = stub.url;
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stub.close();
});

describe('queues', () => {
  it('lists the queues of all pages, each with its environments in the order in which they are tried', async () => {
    answering(
      {
        jobQueues: [
          {
            jobQueueName: 'etl',
            jobQueueArn: arn('job-queue/etl'),
            state: 'ENABLED',
            status: 'VALID',
            computeEnvironmentOrder: [
              { order: 2, computeEnvironment: arn('compute-environment/spot') },
              { order: 1, computeEnvironment: arn('compute-environment/machines') },
            ],
          },
        ],
        nextToken: 'more',
      },
      {
        jobQueues: [{ jobQueueName: 'adhoc', jobQueueArn: arn('job-queue/adhoc'), state: 'DISABLED' }],
        nextToken: null,
      },
    );

    expect(await environments().queues(signal)).toEqual([
      {
        name: 'etl',
        arn: arn('job-queue/etl'),
        isEnabled: true,
        environments: [arn('compute-environment/machines'), arn('compute-environment/spot')],
      },
      { name: 'adhoc', arn: arn('job-queue/adhoc'), isEnabled: false, environments: [] },
    ]);
    expect(asked()).toEqual([
      ['/v1/describejobqueues', {}],
      ['/v1/describejobqueues', { nextToken: 'more' }],
    ]);
  });

  it('leaves out queues of service jobs, and queues that are gone', async () => {
    answering({
      jobQueues: [
        { jobQueueName: 'training', jobQueueType: 'SAGEMAKER_TRAINING' },
        { jobQueueName: 'gone', status: 'DELETED' },
        { jobQueueName: 'etl', jobQueueType: 'ECS' },
      ],
    });

    expect((await environments().queues(signal)).map(({ name }) => name)).toEqual(['etl']);
  });

  it('waits for its turn before every attempt', async () => {
    answering(failed(429, 'TooManyRequestsException'), failed(500, 'ServerException'), { jobQueues: [] });

    expect(await environments().queues(signal)).toEqual([]);
    expect(pace).toHaveBeenCalledTimes(3);
  });

  it.each([
    ['refused', failed(403, 'AccessDeniedException'), 'scripted AccessDeniedException'],
    ['answered without a list', json({}), 'DescribeJobQueues answered without a list'],
  ])('rejects when it is %s, rather than find none', async (_, answer, message) => {
    answering(answer);

    await expect(environments().queues(signal)).rejects.toThrow(message);
  });
});

const anEnvironment = (environment: object = {}) => ({
  computeEnvironmentName: 'machines',
  computeEnvironmentArn: arn('compute-environment/machines'),
  type: 'MANAGED',
  state: 'ENABLED',
  status: 'VALID',
  containerOrchestrationType: 'ECS',
  eksConfiguration: null,
  computeResources: { type: 'EC2', maxvCpus: 64, subnets: [], instanceTypes: ['c5', 'r5.xlarge'] },
  ...environment,
});

describe('environments', () => {
  const described = async (environment: object) => {
    answering({ computeEnvironments: [environment] });
    const [first] = await environments().environments(signal);
    return first;
  };

  it('lists those of all pages', async () => {
    answering(
      { computeEnvironments: [anEnvironment()], nextToken: 'more' },
      { computeEnvironments: [anEnvironment({ computeEnvironmentName: 'other' })] },
    );

    expect((await environments().environments(signal)).map(({ name }) => name)).toEqual(['machines', 'other']);
  });

  it('tells what instances one may start', async () => {
    expect(await described(anEnvironment())).toEqual({
      name: 'machines',
      arn: arn('compute-environment/machines'),
      isUsable: 'yes',
      state: 'VALID',
      machines: { kind: 'instances', maxVcpus: 64, instanceTypes: ['c5', 'r5.xlarge'], isMaxStrict: true },
    });
  });

  it.each([
    ['EC2', 'BEST_FIT', true],
    ['EC2', 'BEST_FIT_PROGRESSIVE', false],
    ['SPOT', 'BEST_FIT', false],
    ['SPOT', 'SPOT_CAPACITY_OPTIMIZED', false],
  ])('knows whether %s with %s keeps to its maximum: %s', async (type, allocationStrategy, isMaxStrict) => {
    const resources = { type, allocationStrategy, maxvCpus: 8 };

    expect((await described(anEnvironment({ computeResources: resources })))?.machines).toEqual({
      kind: 'instances',
      maxVcpus: 8,
      instanceTypes: [],
      isMaxStrict,
    });
  });

  it.each(['FARGATE', 'FARGATE_SPOT'])('knows %s', async (type) => {
    const computeResources = { type, maxvCpus: 16 };

    expect((await described(anEnvironment({ computeResources })))?.machines).toEqual({ kind: 'fargate', maxVcpus: 16 });
  });

  it.each<[string, object, string]>([
    ['an unmanaged one', { type: 'UNMANAGED' }, 'is unmanaged'],
    ['one without resources', { computeResources: null }, 'is unmanaged'],
    ['one on EKS', { containerOrchestrationType: 'EKS' }, 'is on EKS'],
    ['one with a cluster of EKS', { eksConfiguration: { eksClusterArn: 'a' } }, 'is on EKS'],
    [
      'one of another kind',
      { computeResources: { type: 'ECS_MANAGED_INSTANCES', maxvCpus: 4 } },
      'has machines of type ECS_MANAGED_INSTANCES',
    ],
  ])('models no machines of %s', async (_, environment, reason) => {
    expect((await described(anEnvironment(environment)))?.machines).toEqual({ kind: 'unmodelled', reason });
  });

  it.each<[string | undefined, string | undefined, string, string]>([
    ['DISABLED', 'VALID', 'no', 'DISABLED'],
    [undefined, 'VALID', 'no', 'in no state'],
    ['ENABLED', 'INVALID', 'no', 'INVALID'],
    ['ENABLED', 'DELETING', 'no', 'DELETING'],
    ['ENABLED', undefined, 'no', 'of no status'],
    ['ENABLED', 'UPDATING', 'not yet', 'UPDATING'],
    ['ENABLED', 'CREATING', 'not yet', 'CREATING'],
  ])('does not use one that is %s and %s', async (state, status, isUsable, told) => {
    expect(await described(anEnvironment({ state, status }))).toMatchObject({ isUsable, state: told });
  });
});

const aDefinition = ({ revision = 1, ...definition }: { revision?: number } & Record<string, unknown> = {}) => ({
  jobDefinitionName: 'import-sales',
  jobDefinitionArn: arn(`job-definition/import-sales:${revision}`),
  revision,
  status: 'ACTIVE',
  type: 'container',
  containerProperties: { image: 'busybox', vcpus: 1, memory: 512 },
  ...definition,
});

describe('definition', () => {
  it('takes a name for its latest active revision, on whichever page that is', async () => {
    answering(
      { jobDefinitions: [aDefinition({ revision: 9 }), aDefinition({ revision: 10 })], nextToken: 'more' },
      { jobDefinitions: [aDefinition({ revision: 2 }), aDefinition({ revision: 11, status: 'INACTIVE' })] },
    );

    expect((await environments().definition('import-sales', signal))?.definition).toBe('import-sales:10');
    expect(asked()).toEqual([
      ['/v1/describejobdefinitions', { jobDefinitionName: 'import-sales', status: 'ACTIVE' }],
      ['/v1/describejobdefinitions', { jobDefinitionName: 'import-sales', status: 'ACTIVE', nextToken: 'more' }],
    ]);
  });

  it.each(['import-sales:7', arn('job-definition/import-sales:7')])('asks for %s itself', async (name) => {
    answering({ jobDefinitions: [aDefinition({ revision: 7 })] });

    expect((await environments().definition(name, signal))?.definition).toBe('import-sales:7');
    expect(asked()).toEqual([['/v1/describejobdefinitions', { jobDefinitions: [name] }]]);
  });

  it('knows none that is gone or was never there', async () => {
    answering({ jobDefinitions: [aDefinition({ status: 'INACTIVE' })] }, { jobDefinitions: [] });

    expect(await environments().definition('import-sales:1', signal)).toBeUndefined();
    expect(await environments().definition('import-sales', signal)).toBeUndefined();
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['one container', {}, { kind: 'resources', platform: 'EC2', vcpus: 1, memoryMiB: 512 }],
    [
      'one for Fargate',
      { platformCapabilities: ['FARGATE'] },
      { kind: 'resources', platform: 'FARGATE', vcpus: 1, memoryMiB: 512 },
    ],
    [
      'several containers',
      {
        containerProperties: null,
        ecsProperties: {
          taskProperties: [
            {
              containers: [256, 768].map((memory) => ({
                resourceRequirements: [
                  { type: 'MEMORY', value: String(memory) },
                  { type: 'VCPU', value: '1' },
                ],
              })),
            },
          ],
        },
      },
      { kind: 'resources', platform: 'EC2', vcpus: 2, memoryMiB: 1024 },
    ],
    [
      'several nodes',
      { nodeProperties: { numNodes: 2 } },
      { kind: 'unmodelled', reason: 'the job runs on several nodes' },
    ],
    ['EKS', { eksProperties: {} }, { kind: 'unmodelled', reason: 'the job runs on EKS' }],
  ])('tells what a definition of %s asks for', async (_, definition, requirement) => {
    answering({ jobDefinitions: [aDefinition(definition)] });

    const defined = await environments().definition('import-sales:1', signal);

    expect(defined && requirementOf(defined.shape)).toEqual(requirement);
  });
});

const aJob = (job: object = {}) => ({
  jobId: 'job-1',
  status: 'RUNNABLE',
  jobDefinition: arn('job-definition/import-sales:7'),
  container: {
    resourceRequirements: [
      { type: 'VCPU', value: '4' },
      { type: 'MEMORY', value: '32000' },
    ],
  },
  ...job,
});

describe('jobs', () => {
  it('describes jobs with what they ask for in the end, a hundred at a time', async () => {
    answering({ jobs: [aJob()] }, { jobs: [aJob({ jobId: 'job-2' })] }, { jobs: [] });
    const ids = Array.from({ length: 201 }, (_, index) => `job-${index}`);

    const described = await environments().jobs(ids, signal);

    expect(described.map(({ jobId }) => jobId)).toEqual(['job-1', 'job-2']);
    expect(described[0]).toMatchObject({ status: 'RUNNABLE', definition: 'import-sales:7' });
    expect(described[0] && requirementOf(described[0].shape)).toEqual({
      kind: 'resources',
      platform: 'EC2',
      vcpus: 4,
      memoryMiB: 32_000,
    });
    expect(asked()).toEqual([
      ['/v1/describejobs', { jobs: ids.slice(0, 100) }],
      ['/v1/describejobs', { jobs: ids.slice(100, 200) }],
      ['/v1/describejobs', { jobs: ['job-200'] }],
    ]);
  });

  it('asks nothing about no jobs', async () => {
    expect(await environments().jobs([], signal)).toEqual([]);
    expect(stub.count()).toBe(0);
  });

  it('models no job of several nodes or of EKS, and adds up containers', async () => {
    answering({
      jobs: [
        aJob({ nodeProperties: { numNodes: 2 } }),
        aJob({ eksProperties: {} }),
        aJob({ container: null, ecsProperties: { taskProperties: [{}, { containers: [{}] }] } }),
      ],
    });

    const described = await environments().jobs(['a', 'b', 'c'], signal);

    expect(described.map(({ shape }) => requirementOf(shape))).toEqual([
      { kind: 'unmodelled', reason: 'the job runs on several nodes' },
      { kind: 'unmodelled', reason: 'the job runs on EKS' },
      { kind: 'unmodelled', reason: 'its definition does not state its vCPUs and memory' },
    ]);
  });
});

it('does without whatever Batch leaves out', async () => {
  answering({ jobQueues: [{}, { computeEnvironmentOrder: [{}, {}] }] });
  expect(await environments().queues(signal)).toHaveLength(2);

  answering({ computeEnvironments: [{}, { computeResources: { type: 'EC2' } }] });
  expect(await environments().environments(signal)).toHaveLength(2);

  answering({ jobDefinitions: [{}, {}] });
  expect(await environments().definition('import-sales', signal)).toMatchObject({ definition: '' });

  answering({ jobs: [{}] });
  expect(await environments().jobs(['job-1'], signal)).toMatchObject([{ jobId: '', status: '', definition: '' }]);
});
