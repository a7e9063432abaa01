/** Makes every kind of AWS call that the functions make, and prints how each ended. The test of the slimmed SDK bundles and runs it. */
import { BatchClient, DescribeJobsCommand, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeInstanceTypesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  TargetGroupNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  DescribeClusterCommand,
  EMRClient,
  EMRServiceException,
  InvalidRequestException,
  ListClustersCommand,
  ListInstanceFleetsCommand,
  ListInstanceGroupsCommand,
  ListInstancesCommand,
} from '@aws-sdk/client-emr';
import { PublishCommand, SNSClient, SNSServiceException } from '@aws-sdk/client-sns';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { clientSettings } from '../../shared/aws/client-settings.ts';
import { createObjects } from '../../shared/aws/s3.ts';

const batch = new BatchClient(clientSettings({ maxAttempts: 2 }));
const dynamodb = new DynamoDBClient(clientSettings());
const sns = new SNSClient(clientSettings());
const cloudWatch = new CloudWatchClient(clientSettings());
const ec2 = new EC2Client(clientSettings());
const elb = new ElasticLoadBalancingV2Client(clientSettings());
const emr = new EMRClient(clientSettings());
const objects = createObjects();

const Item = marshall({
  pk: 'RUN#sales#2026-11-22',
  sk: 'ü',
  count: 12,
  files: new Set(['a', 'b']),
  nested: { list: [1, true, null] },
});
const key = { TableName: 'ledger', Key: { pk: { S: 'a' }, sk: { S: 'b' } } };
const update = {
  UpdateExpression: 'SET #s = :s',
  ExpressionAttributeNames: { '#s': 'state' },
  ExpressionAttributeValues: { ':s': { N: '1' } },
};

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  submitJob: () =>
    batch.send(
      new SubmitJobCommand({
        jobName: 'breakaway-dev-sales-20261122-0123456789ab',
        jobQueue: 'main',
        jobDefinition: 'load:3',
        parameters: { date: '2026-11-22', uri: 's3://landing/ä b' },
        containerOverrides: {
          command: ['load', '--all'],
          environment: [{ name: 'A', value: 'b' }],
          resourceRequirements: [{ type: 'VCPU', value: '0.25' }],
        },
        arrayProperties: { size: 3 },
        retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'RETRY', onStatusReason: 'Host EC2*' }] },
        timeout: { attemptDurationSeconds: 60 },
        tags: { feed: 'sales' },
        propagateTags: true,
      }),
    ),
  describeInstanceTypes: () =>
    ec2.send(
      new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values: ['c5.*'] }], MaxResults: 100 }),
    ),
  listJobs: () =>
    batch.send(
      new ListJobsCommand({
        jobQueue: 'main',
        filters: [{ name: 'JOB_NAME', values: ['a'] }],
        maxResults: 100,
        nextToken: 'b',
      }),
    ),
  describeJobs: () => batch.send(new DescribeJobsCommand({ jobs: ['a', 'b'] })),
  getItem: async () =>
    unmarshall((await dynamodb.send(new GetItemCommand({ ...key, ConsistentRead: true }))).Item ?? {}),
  putItem: () =>
    dynamodb.send(new PutItemCommand({ TableName: 'ledger', Item, ConditionExpression: 'attribute_not_exists(pk)' })),
  query: () =>
    dynamodb.send(
      new QueryCommand({
        TableName: 'ledger',
        KeyConditionExpression: 'pk = :p',
        ExpressionAttributeValues: { ':p': { S: 'a' } },
        Limit: 5,
      }),
    ),
  updateItem: () =>
    dynamodb.send(new UpdateItemCommand({ ...key, ...update, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })),
  transactWrite: () =>
    dynamodb.send(
      new TransactWriteItemsCommand({
        ClientRequestToken: 'token',
        TransactItems: [{ Put: { TableName: 'ledger', Item } }, { Update: { ...key, ...update } }],
      }),
    ),
  batchGetItem: () =>
    dynamodb.send(
      new BatchGetItemCommand({ RequestItems: { ledger: { Keys: [{ pk: { S: 'a' } }], ConsistentRead: true } } }),
    ),
  listClusters: () =>
    emr.send(new ListClustersCommand({ ClusterStates: ['RUNNING'], CreatedAfter: new Date(0), Marker: 'm' })),
  describeCluster: () => emr.send(new DescribeClusterCommand({ ClusterId: 'j-1' })),
  listInstances: () => emr.send(new ListInstancesCommand({ ClusterId: 'j-1' })),
  describeInstances: () =>
    ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'private-ip-address', Values: ['10.0.0.1'] }] })),
  describeTargetGroups: () => elb.send(new DescribeTargetGroupsCommand({ PageSize: 400, Marker: 'm' })),
  describeTags: () => elb.send(new DescribeTagsCommand({ ResourceArns: ['arn:1', 'arn:2'] })),
  describeTargetHealth: () => elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: 'arn:1' })),
  registerTargets: () =>
    elb.send(
      new RegisterTargetsCommand({
        TargetGroupArn: 'arn:1',
        Targets: [{ Id: '10.0.0.1', Port: 8088, AvailabilityZone: 'all' }],
      }),
    ),
  deregisterTargets: () =>
    elb.send(new DeregisterTargetsCommand({ TargetGroupArn: 'arn:1', Targets: [{ Id: 'i-1', Port: 8088 }] })),
  listInstanceGroups: () => emr.send(new ListInstanceGroupsCommand({ ClusterId: 'j-1' })),
  listInstanceFleets: () => emr.send(new ListInstanceFleetsCommand({ ClusterId: 'j-1' })),
  getMetricData: () =>
    cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(0),
        EndTime: new Date(300_000),
        MetricDataQueries: [
          {
            Id: 'q0',
            MetricStat: {
              Metric: { Namespace: 'AWS/EC2', MetricName: 'CPUUtilization', Dimensions: [{ Name: 'a', Value: 'b' }] },
              Period: 300,
              Stat: 'Average',
            },
          },
        ],
      }),
    ),
  listMetrics: () => cloudWatch.send(new ListMetricsCommand({ Namespace: 'CWAgent', NextToken: 't' })),
  // Enough that the client compresses it.
  putMetricData: () =>
    cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'Breakaway/EMR',
        MetricData: Array.from({ length: 200 }, (_, index) => ({
          MetricName: 'NetworkInSum',
          Dimensions: [{ Name: 'ClusterName', Value: 'etl' }],
          Timestamp: new Date(index * 300_000),
          Unit: 'Bytes',
          Value: index / 3,
        })),
      }),
    ),
  publish: () =>
    sns.send(
      new PublishCommand({
        TopicArn: 'arn:aws:sns:eu-central-1:123456789012:alerts',
        Subject: 'Job failed',
        Message: 'ä\n& <b>',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'job-failed' } },
      }),
    ),
  head: () => objects.head('landing', 'a b/ü'),
  put: () => objects.put('own', 'manifests/a.jsonl', '{}\n', 'application/x-ndjson'),
};

const CLASSES = {
  ConditionalCheckFailedException,
  EMRServiceException,
  InvalidRequestException,
  SNSServiceException,
  TargetGroupNotFoundException,
  TransactionCanceledException,
};

const plain = (value: unknown): unknown => {
  if (!(value instanceof Error)) return value;
  const fields = Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$response')));
  const classes = Object.entries(CLASSES).flatMap(([name, Class]) => (value instanceof Class ? [name] : []));
  return { ...fields, name: value.name, message: value.message, classes, cause: plain(value.cause) };
};

const run = async (names: readonly string[]): Promise<void> => {
  const outcomes: Record<string, unknown> = {};
  for (const name of names) {
    outcomes[name] = await CALLS[name]?.().catch(plain);
  }
  const told = JSON.stringify(outcomes, (field, value) => (field === 'totalRetryDelay' ? undefined : value));
  process.stdout.write(told);
};

void run(process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CALLS));
