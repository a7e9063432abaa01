/**
 * AWS Batch as the tests drive it. Moto's jobs are real jobs that fail, but without Docker they have no container: they leave no exit code and no log,
 * and Moto puts no event on the bus. What is missing is added here, in the shape that AWS documents.
 */
import { randomUUID } from 'node:crypto';
import {
  BatchClient,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { ListTopicsCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { expect, inject } from 'vitest';
import { ACCOUNT, clientSettings, REGION } from '../../local/local-aws.ts';
import { holdJobs } from '../../local/moto.ts';
import { STACK } from '../../local/stack.ts';
import { DEFAULT_LOG_GROUP } from '../../shared/jobs/log-place.ts';
import { eventually, queueUrl, sqs } from './deployed.ts';

const { endpoint, batchEndpoint } = inject('localAws');

const batch = new BatchClient(clientSettings(batchEndpoint));
const events = new EventBridgeClient(clientSettings(endpoint));
const logs = new CloudWatchLogsClient(clientSettings(endpoint));
const topics = new SNSClient(clientSettings(endpoint));

export const describeJob = async (jobId: string): Promise<JobDetail> => {
  const { jobs: [job] = [] } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
  if (job === undefined) {
    throw new Error(`Batch does not know the job ${jobId}`);
  }
  return job;
};

/** Registers a job definition of its own, with variables that nobody should see, and submits a job of it. */
export const submitJob = async (queue: string, environment: Readonly<Record<string, string>>): Promise<JobDetail> => {
  const jobDefinitionName = `nightly-${randomUUID()}`;
  await batch.send(
    new RegisterJobDefinitionCommand({
      jobDefinitionName,
      type: 'container',
      containerProperties: {
        image: 'public.ecr.aws/docker/library/busybox:stable',
        command: ['load', '--password', 'in-the-command'],
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '1024' },
        ],
      },
    }),
  );
  const { jobId = '' } = await batch.send(
    new SubmitJobCommand({ jobName: `job-${randomUUID()}`, jobQueue: queue, jobDefinition: jobDefinitionName }),
  );
  return describeJob(jobId);
};

/** Lets Moto's jobs go on, which fail as soon as they should run, until one has; the others are held again. */
export const letFail = async (jobId: string): Promise<JobDetail> => {
  const answer = await fetch(`${batchEndpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'batch::job', transition: { progression: 'manual', times: 1 } }),
  });
  expect(answer.ok).toBe(true);
  try {
    return await eventually(async () => {
      const job = await describeJob(jobId);
      expect(job.status).toBe('FAILED');
      return job;
    });
  } finally {
    await holdJobs(batchEndpoint);
  }
};

/** Adds to a job what its container would have left behind. */
export const withContainer = (job: JobDetail, exitCode: number, logStreamName: string): JobDetail => ({
  ...job,
  statusReason: 'Essential container in task exited',
  container: { ...job.container, exitCode, logStreamName },
  attempts: (job.attempts ?? []).map((attempt) => ({
    ...attempt,
    statusReason: 'Essential container in task exited',
    container: { ...attempt.container, exitCode, logStreamName },
  })),
});

/** Writes a log as the log driver of a container does. */
export const writeLog = async (logStreamName: string, lines: readonly string[]): Promise<void> => {
  await logs.send(new CreateLogGroupCommand({ logGroupName: DEFAULT_LOG_GROUP })).catch((error: unknown) => {
    if (!(error instanceof ResourceAlreadyExistsException)) throw error;
  });
  await logs.send(new CreateLogStreamCommand({ logGroupName: DEFAULT_LOG_GROUP, logStreamName }));
  const logEvents = lines.map((message, index) => ({ timestamp: Date.now() + index, message }));
  await logs.send(new PutLogEventsCommand({ logGroupName: DEFAULT_LOG_GROUP, logStreamName, logEvents }));
};

type DetailType = 'Batch Job State Change' | 'Batch Job Queue Blocked';

type Rule = { readonly pattern: string; readonly queues: readonly string[] };

/** The rules that the stack has on the bus, and the queues that they lead to. */
const deployedRules = async (): Promise<Rule[]> => {
  const { Rules: rules = [] } = await events.send(new ListRulesCommand({ NamePrefix: `${STACK}-job-` }));
  return Promise.all(
    rules.map(async ({ Name: rule, EventPattern: pattern = '' }) => {
      const { Targets: targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
      return { pattern, queues: targets.map(({ Arn = '' }) => Arn.replace(/^.*:/, '')) };
    }),
  );
};

/**
 * Hands an event of AWS Batch to every queue that a deployed rule leads it to, once for each rule, as EventBridge does: nobody but AWS may put an
 * event of AWS on the bus, and the local AWS keeps to that.
 *
 * @returns the names of the queues
 * @see https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html
 */
export const putEvent = async (
  detail: Partial<JobDetail>,
  detailType: DetailType = 'Batch Job State Change',
): Promise<string[]> => {
  const event = JSON.stringify({
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: 'aws.batch',
    account: ACCOUNT,
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: REGION,
    resources: [detail.jobArn],
    detail,
  });
  const taken: string[] = [];
  for (const { pattern, queues } of await deployedRules()) {
    const { Result: isTaken } = await events.send(new TestEventPatternCommand({ EventPattern: pattern, Event: event }));
    for (const queue of isTaken === true ? queues : []) {
      await sqs.send(new SendMessageCommand({ QueueUrl: await queueUrl(queue), MessageBody: event }));
      taken.push(queue);
    }
  }
  return taken;
};

export type Told = {
  readonly subject: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export type Listener = {
  /** What people were told since, in the order in which it came. */
  readonly told: () => Promise<readonly Told[]>;
  readonly stop: () => Promise<void>;
};

type Envelope = {
  readonly Subject: string;
  readonly Message: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Value: string }>>;
};

/** Subscribes a queue to the topic, as a person's mailbox is. */
export const listen = async (): Promise<Listener> => {
  const { Topics: known = [] } = await topics.send(new ListTopicsCommand({}));
  const topic = known.find(({ TopicArn }) => TopicArn?.endsWith(`:${STACK}-alerts`))?.TopicArn;
  const name = `mailbox-${randomUUID()}`;
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { SubscriptionArn: subscription } = await topics.send(
    new SubscribeCommand({
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
      ReturnSubscriptionArn: true,
    }),
  );
  const received: Told[] = [];
  return {
    told: async () => {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      );
      for (const { Body: text = '', ReceiptHandle } of messages) {
        const { Subject: subject, Message: body, MessageAttributes: attributes = {} }: Envelope = JSON.parse(text);
        const values = Object.entries(attributes).map(([key, { Value }]) => [key, Value] as const);
        received.push({ subject, body, attributes: Object.fromEntries(values) });
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
      }
      return received;
    },
    stop: async () => {
      await topics.send(new UnsubscribeCommand({ SubscriptionArn: subscription }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
    },
  };
};

/** Sets for how long a queue of the service keeps what is put into it to itself. */
export const setDelay = async (queue: string, seconds: number): Promise<void> => {
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: await queueUrl(queue),
      Attributes: { DelaySeconds: String(seconds) },
    }),
  );
};
