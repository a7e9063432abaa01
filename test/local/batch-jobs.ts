/**
 * AWS Batch as the tests drive it. Moto's jobs are real jobs that fail, but without Docker they have no container: they leave no exit code and no log,
 * and Moto puts no event on the bus. What is missing is added here, in the shape that AWS documents.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
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
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { ListTopicsCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { expect, inject, vi } from 'vitest';
import { ACCOUNT, clientSettings, REGION } from '../../local/local-aws.ts';
import { holdJobs } from '../../local/moto.ts';
import { STACK } from '../../local/stack-names.ts';
import { DEFAULT_LOG_GROUP } from '../../shared/jobs/log-location.ts';
import { queueUrl, sqs } from './deployed.ts';

const { endpoint, batchEndpoint } = inject('localAws');

const batch = new BatchClient(clientSettings(batchEndpoint));
const events = new EventBridgeClient(clientSettings(endpoint));
const logs = new CloudWatchLogsClient(clientSettings(endpoint));
const lambdas = new LambdaClient(clientSettings(endpoint));
const topics = new SNSClient(clientSettings(endpoint));

export const describeJob = async (jobId: string): Promise<JobDetail> => {
  const { jobs: [job] = [] } = await batch.send(new DescribeJobsCommand({ jobs: [jobId] }));
  if (job === undefined) {
    throw new Error(`Batch does not know the job ${jobId}`);
  }
  return job;
};

/** Registers a job definition of its own, with variables that nobody should see, and submits a job of it. */
export const submitJob = async (
  queue: string,
  environment: Readonly<Record<string, string>> = {},
  dependsOn: readonly string[] = [],
): Promise<JobDetail> => {
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
    new SubmitJobCommand({
      jobName: `job-${randomUUID()}`,
      jobQueue: queue,
      jobDefinition: jobDefinitionName,
      dependsOn: dependsOn.map((id) => ({ jobId: id })),
    }),
  );
  return describeJob(jobId);
};

const STEP_SECONDS = 1;

/** Lets Moto's jobs go on until one has a status, and holds them again; without Docker all of them fail as soon as they should run. */
export const letReach = async (jobId: string, status: 'RUNNABLE' | 'FAILED'): Promise<JobDetail> => {
  const answer = await fetch(`${batchEndpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model_name: 'batch::job', transition: { progression: 'time', seconds: STEP_SECONDS } }),
  });
  expect(answer.ok).toBe(true);
  try {
    return await vi.waitFor(
      async () => {
        const job = await describeJob(jobId);
        expect(job.status).toBe(status);
        return job;
      },
      { timeout: 60_000, interval: 100 },
    );
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

export type SentNotification = {
  readonly subject: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export type Listener = {
  /** What people were told since, in the order in which it came. */
  readonly told: () => Promise<readonly SentNotification[]>;
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
  const received: SentNotification[] = [];
  return {
    told: async () => {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
      );
      for (const { Body: envelope = '{}', ReceiptHandle } of messages) {
        const { Subject: subject, Message: body, MessageAttributes: attributes = {} }: Envelope = JSON.parse(envelope);
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

/** Invokes a deployed function, as its schedule does. */
export const invoke = async (functionName: string): Promise<void> => {
  const { FunctionError: error, Payload: payload } = await lambdas.send(
    new InvokeCommand({ FunctionName: functionName, Payload: '{}' }),
  );
  expect({ error, answer: error && Buffer.from(payload ?? []).toString() }).toEqual({});
};

/**
 * Stands between a function and Batch, and lets every job have ended some time ago.
 *
 * @returns its address, and how to end it
 */
export const ageJobs = async (byMs: number): Promise<{ readonly url: string; readonly stop: () => void }> => {
  const server = createServer(async (request, response) => {
    const { authorization = '' } = request.headers;
    const answer = await fetch(`${batchEndpoint}${request.url}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: await text(request),
    });
    const body = (await answer.text()).replaceAll(/("stoppedAt": ?)(\d+)/g, (_, name: string, at: string) => {
      return `${name}${Number(at) - byMs}`;
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

/** Gives a deployed function another setting, and the earlier one back when that is asked for. */
export const changeSetting = async (
  functionName: string,
  name: string,
  value: string,
): Promise<() => Promise<void>> => {
  const { Environment: before } = await lambdas.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
  );
  const set = async (more: Readonly<Record<string, string>>): Promise<void> => {
    await lambdas.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: functionName,
        Environment: { Variables: { ...before?.Variables, ...more } },
      }),
    );
  };
  await set({ [name]: value });
  return () => set({});
};

/**
 * Lets a queue of the service hand over at once what is put into it.
 *
 * @returns for how many seconds it kept that to itself, and how to have it do so again
 */
export const withoutDelay = async (queue: string): Promise<{ seconds: number; restore: () => Promise<void> }> => {
  const url = await queueUrl(queue);
  const { Attributes: { DelaySeconds = '' } = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['DelaySeconds'] }),
  );
  const set = async (value: string): Promise<void> => {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { DelaySeconds: value } }));
  };
  await set('0');
  return { seconds: Number(DelaySeconds), restore: () => set(DelaySeconds) };
};
