import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJob } from '../../../shared/jobs/read-job.ts';

const read = (name: string) => {
  const { detail, region } = JSON.parse(readFileSync(`events/notify-failure-${name}.json`, 'utf8'));
  return readJob(detail, region);
};

const aDetail = (differences: object = {}) => ({
  jobId: 'a',
  jobName: 'nightly',
  jobQueue: 'arn:aws:batch:eu-west-1:123456789012:job-queue/etl',
  status: 'RUNNING',
  ...differences,
});

describe('readJob', () => {
  it.each([
    ['container', 'container'],
    ['several-containers', 'containers'],
    ['pod', 'pod'],
    ['array-child', 'array child'],
    ['array', 'array'],
    ['nodes', 'nodes'],
    ['service-job', 'unknown'],
  ])('knows the shape of events/notify-failure-%s.json', (name, shape) => {
    expect(read(name).shape).toBe(shape);
  });

  it('reads a job of one container', () => {
    expect(read('container')).toMatchObject({
      id: '4c7599ae-0a82-49aa-ba5a-4727fcce14a8',
      name: 'breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e',
      queue: 'recommendation-etl',
      definition: 'import-sales:7',
      location: { partition: 'aws', region: 'ap-northeast-1' },
      status: 'FAILED',
      attemptsAllowed: 3,
      timeoutSeconds: 7_200,
      startedAt: new Date('2026-11-21T20:30:00Z'),
      attempts: [{}, {}, { statusReason: 'Essential container in task exited', containers: [{ exitCode: 1 }] }],
      ends: [{ exitCode: 1 }],
      containers: [{ memoryMiB: 2_048, logDriver: 'awslogs', logGroup: '/aws/batch/job' }],
      confidential: {
        values: [{ name: 'WAREHOUSE_URL' }, { name: 'LOG_LEVEL', value: 'debug' }],
        secretNames: ['WAREHOUSE_TOKEN'],
      },
    });
  });

  it('reads the containers of a task, and of a pod', () => {
    expect(read('several-containers')).toMatchObject({
      attempts: [
        {
          containers: [
            { name: 'proxy', exitCode: 143 },
            { name: 'render', exitCode: 139 },
          ],
        },
      ],
      containers: [{ name: 'proxy', logGroup: '/team/reports' }, { name: 'render' }],
      confidential: { values: [{ name: 'API_KEY' }, { name: 'API_KEY' }] },
    });
    expect(read('pod')).toMatchObject({
      attempts: [{ statusReason: 'Essential container in pod exited', containers: [{ name: 'report', exitCode: 2 }] }],
      containers: [{ name: 'report', memoryMiB: 1_024 }],
      confidential: { values: [{ name: 'API_KEY', value: 'k-5up3rs3cr3t' }] },
    });
  });

  it('reads an array job and its child, and the ranges of a multi-node job', () => {
    expect(read('array')).toMatchObject({ array: { size: 10_000, statusSummary: { FAILED: 37, SUCCEEDED: 9_963 } } });
    expect(read('array-child')).toMatchObject({ array: { index: 17 } });
    expect(read('nodes')).toMatchObject({
      mainNode: 0,
      containers: [{ memoryMiB: 2_048 }],
      confidential: { secretNames: ['WAREHOUSE_TOKEN'] },
    });
  });

  it('knows a child and a node by their ids alone', () => {
    expect(readJob(aDetail({ jobId: 'a:5' })).shape).toBe('array child');
    expect(readJob(aDetail({ jobId: 'a#1', container: { image: 'x' } })).shape).toBe('node');
  });

  it('knows a pod by its attempts alone', () => {
    expect(readJob(aDetail({ eksAttempts: [] })).shape).toBe('pod');
  });

  it('reads memory in the older way, and none that is none', () => {
    const memoryOf = (container: object) => readJob(aDetail({ container })).containers[0]?.memoryMiB;

    expect(memoryOf({ memory: 512 })).toBe(512);
    expect(memoryOf({ memory: 0 })).toBeUndefined();
    expect(memoryOf({ image: 'x' })).toBeUndefined();
  });

  it('leaves out variables, secrets and counts that are none', () => {
    const container = {
      environment: [{ name: 'A', value: 'one' }, { name: 'B' }, { value: 'two' }],
      secrets: [{ name: 'TOKEN' }, { valueFrom: 'arn' }],
    };
    const arrayProperties = { size: 2, statusSummary: { FAILED: 1, RUNNING: 'two' } };

    expect(readJob(aDetail({ container, arrayProperties }))).toMatchObject({
      confidential: { values: [{ name: 'A', value: 'one' }], secretNames: ['TOKEN'] },
      array: { statusSummary: { FAILED: 1 } },
    });
    expect(readJob(aDetail({ arrayProperties })).array?.statusSummary).toEqual({ FAILED: 1 });
  });

  it('reads where the log goes', () => {
    const logConfiguration = {
      logDriver: 'awslogs',
      options: { 'awslogs-group': '/team', 'awslogs-region': 'us-west-2' },
    };

    expect(readJob(aDetail({ container: { logConfiguration } })).containers).toMatchObject([
      { logDriver: 'awslogs', logGroup: '/team', logRegion: 'us-west-2' },
    ]);
  });

  it('takes the place from an ARN, else from where the event came from', () => {
    expect(readJob(aDetail({ jobArn: 'arn:aws-cn:batch:cn-north-1:1:job/a' }), 'x').location).toEqual({
      partition: 'aws-cn',
      region: 'cn-north-1',
    });
    expect(readJob(aDetail({ jobQueue: 'etl' }), 'eu-west-3')).toMatchObject({
      queue: 'etl',
      location: { partition: 'aws', region: 'eu-west-3' },
    });
    expect(readJob(aDetail({ jobQueue: 'arn:aws:batch:::job-queue/etl' }), 'eu-west-3').location.region).toBe(
      'eu-west-3',
    );
    expect(readJob(aDetail({ jobQueue: 'etl' })).location.region).toBe('');
  });

  it.each([
    [{ jobId: undefined }, 'Event field detail.jobId is not a text: undefined'],
    [{ jobName: '' }, 'Event field detail.jobName is not a text: ""'],
    [{ jobQueue: 7 }, 'Event field detail.jobQueue is not a text: 7'],
    [{ status: 'LOST' }, 'Event field detail.status is not a status of a job: "LOST"'],
  ])('names what is missing: %j', (differences, message) => {
    expect(() => readJob(aDetail(differences))).toThrow(message);
  });

  it('reads any JSON that Batch may send', () => {
    const anything = fc.anything({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.record(
          {
            attempts: anything,
            eksAttempts: anything,
            container: anything,
            ecsProperties: anything,
            eksProperties: anything,
            nodeProperties: anything,
            arrayProperties: anything,
            dependsOn: anything,
            retryStrategy: anything,
            startedAt: anything,
            statusReason: anything,
            tags: anything,
          },
          { requiredKeys: [] },
        ),
        (more) => {
          expect(readJob(aDetail(more))).toMatchObject({ id: 'a', status: 'RUNNING' });
        },
      ),
    );
  });
});
