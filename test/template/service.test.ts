import { describe, expect, it } from 'vitest';
import { type Cli, readService } from '../../template/service.ts';

const FUNCTIONS = {
  submitBatchJob: {
    name: 'breakaway-dev-submit-batch-job',
    timeout: 30,
    events: [{ sqs: { arn: 'arn' } }],
  },
  checkArrivals: {
    name: 'breakaway-dev-check-arrivals',
    timeout: 50,
    events: [{ schedule: { rate: 'rate(1 minute)' } }],
  },
  onDemand: { name: 'breakaway-dev-on-demand', timeout: 5 },
};

const cliOf = (overrides: Readonly<Record<string, unknown>> = {}): Cli => {
  const properties: Readonly<Record<string, unknown>> = {
    'custom.prefix': 'breakaway-dev',
    'provider.environment.STAGE': 'dev',
    'provider.region': 'ap-northeast-1',
    functions: FUNCTIONS,
    'custom.queues': { arrivals: { takenBy: 'submitBatchJob', receives: 5 } },
    ...overrides,
  };
  return { resolveConfigurationProperty: async (path) => properties[path.join('.')] };
};

describe('readService', () => {
  it('reads names, timeouts, schedules and queues', async () => {
    const service = await readService(cliOf());

    const submitBatchJob = {
      key: 'submitBatchJob',
      name: 'breakaway-dev-submit-batch-job',
      timeoutSeconds: 30,
      isScheduled: false,
    };
    expect(service).toEqual({
      prefix: 'breakaway-dev',
      stage: 'dev',
      functions: [
        submitBatchJob,
        { key: 'checkArrivals', name: 'breakaway-dev-check-arrivals', timeoutSeconds: 50, isScheduled: true },
        { key: 'onDemand', name: 'breakaway-dev-on-demand', timeoutSeconds: 5, isScheduled: false },
      ],
      queues: [{ name: 'arrivals', takenBy: submitBatchJob, receives: 5 }],
    });
  });

  it('reads for how long a message waits', async () => {
    const queues = { arrivals: { takenBy: 'submitBatchJob', receives: 5, delaySeconds: 60 } };

    expect((await readService(cliOf({ 'custom.queues': queues }))).queues).toMatchObject([{ delaySeconds: 60 }]);
  });

  const staged = (stage: string, region = 'ap-northeast-1'): Cli =>
    cliOf({
      'custom.prefix': `breakaway-${stage}`,
      'provider.environment.STAGE': stage,
      'provider.region': region,
    });

  it.each([
    ['prod', 'ap-northeast-1'],
    ['team-2-dev', 'us-gov-west-1'],
    // With an account and the region, a bucket's name of 63 characters.
    ['a'.repeat(25), 'ap-northeast-1'],
  ])('accepts the stage %s in %s', async (stage, region) => {
    expect((await readService(staged(stage, region))).stage).toBe(stage);
  });

  it.each([
    ['Prod', 'ap-northeast-1', 'Stage "Prod" has a problem:\n- it must have only a-z, 0-9 and "-"'],
    ['my_stage', 'ap-northeast-1', 'Stage "my_stage" has a problem:\n- it must have only'],
    ['prod\n', 'ap-northeast-1', 'must have only a-z'],
    [
      'a'.repeat(26),
      'ap-northeast-1',
      `Stage "${'a'.repeat(26)}" has a problem:\n- it has 26 characters, and the name of the bucket in ap-northeast-1 has room for 25`,
    ],
    [
      'a'.repeat(27),
      'us-gov-west-1',
      'it has 27 characters, and the name of the bucket in us-gov-west-1 has room for 26',
    ],
    ['A'.repeat(30), 'ap-northeast-1', 'has 2 problems:\n- it must have only'],
  ])('refuses the stage %j in %s, with which S3 would refuse a bucket', async (stage, region, message) => {
    await expect(readService(staged(stage, region))).rejects.toThrow(message);
  });

  it.each([
    ['provider.region', undefined, 'provider.region is undefined, and must be a string'],
    ['provider.environment.STAGE', undefined, 'provider.environment.STAGE is undefined, and must be a string'],
    [
      'custom.queues',
      { q: { takenBy: 'submitBatchJob', receives: 5, delaySeconds: 'long' } },
      'custom.queues.q.delaySeconds is "long", and must be a whole number',
    ],
    ['custom.prefix', '', 'custom.prefix is ""'],
    ['functions', [], 'functions is [], and must be a mapping'],
    [
      'functions',
      { a: { name: 'a', timeout: '30' } },
      'functions.a.timeout is "30", and must be a whole number above 0',
    ],
    ['functions', { a: { timeout: 30 } }, 'functions.a.name is undefined, and must be a string'],
    [
      'custom.queues',
      { q: { takenBy: 'nobody', receives: 5 } },
      'custom.queues.q.takenBy is "nobody", which is not a function',
    ],
    ['custom.queues', { q: { takenBy: 'submitBatchJob', receives: 0 } }, 'custom.queues.q.receives is 0'],
    ['custom.queues', undefined, 'custom.queues is undefined'],
  ])('names the place and the value when %s is %j', async (path, value, message) => {
    await expect(readService(cliOf({ [path]: value }))).rejects.toThrow(`serverless.yml: ${message}`);
  });
});
