/**
 * The permissions of each function: the actions that it calls, on the resources in the
 * configuration.
 */

import type { Configuration } from '../configuration/configuration.ts';
import { CLUSTER_TAG, UI_TAG } from '../shared/clusters/targets.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { literalPrefix } from '../shared/feeds/match-feeds.ts';
import type { Template } from '../shared/feeds/template.ts';
import { DEFAULT_LOG_GROUP } from '../shared/jobs/log-location.ts';
import { EMR_NAMESPACE, NAMESPACE } from '../shared/telemetry/catalogue.ts';
import { arnOf, logicalName, type Reference, regionalArn } from './cloudformation.ts';
import { queueId } from './event-queues.ts';

export type Statement = {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: '*' | readonly Reference[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[] | Reference>>>>;
};

const allow = (sid: string, actions: readonly string[], resources: '*' | readonly Reference[]): Statement => ({
  Sid: sid,
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
});

const unique = (values: readonly string[]): string[] => [...new Set(values)].sort();

const writeLogs = (key: string): Statement =>
  allow('WriteLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [arnOf(`${logicalName(key)}LogGroup`)]);

/** Allows the key only for calls of a service on behalf of the function. */
const useKey = (sid: string, service: string, ...actions: readonly string[]): Statement => ({
  ...allow(
    sid,
    actions.map((action) => `kms:${action}`),
    [arnOf('SuiteKey')],
  ),
  Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': `${service}.\${AWS::Region}.\${AWS::URLSuffix}` } } },
});

const receiveMessages = (...queues: readonly string[]): Statement[] => [
  allow(
    'ReceiveMessages',
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    queues.map((queue) => arnOf(queueId(queue))),
  ),
  useKey('DecryptMessages', 'sqs', 'Decrypt'),
];

const sendRequests = (): Statement[] => [
  allow('RequestEvaluations', ['sqs:SendMessage'], [arnOf(queueId('runs'))]),
  useKey('WriteMessages', 'sqs', 'Decrypt', 'GenerateDataKey'),
];

const readDepth = (): Statement => allow('ReadDepth', ['sqs:GetQueueAttributes'], [arnOf(queueId('runs'))]);

const keepLedger = (): Statement =>
  allow(
    'KeepLedger',
    ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    [arnOf('LedgerTable')],
  );

const queryIndexes = (...indexes: readonly string[]): Statement =>
  allow(
    'QueryIndexes',
    ['dynamodb:Query'],
    indexes.map((index) => ({ 'Fn::Sub': `\${LedgerTable.Arn}/index/${index}` })),
  );

/** Alerts that are due, and runs whose jobs are watched, are found by it. */
const findCandidates = (): Statement => queryIndexes('candidates');

/** A table that was restored is young. */
const readTableAge = (): Statement => allow('ReadTableAge', ['dynamodb:DescribeTable'], [arnOf('LedgerTable')]);

/**
 * A definition without a revision means its latest revision. Batch checks the permission with the
 * revision, and was also seen to check it without.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-restrict-job-submission.html
 * @see https://github.com/aws/aws-sdk-js/issues/4280
 */
const definitionArns = (definition: string): Reference[] =>
  (definition.includes(':') ? [definition] : [definition, `${definition}:*`]).map((name) =>
    regionalArn('batch', `job-definition/${name}`),
  );

/**
 * SubmitJob checks the queue and the definition, not the job. IAM refuses a statement without a
 * resource.
 */
const submitJobs = ({ feeds }: Configuration): Statement[] =>
  feeds.length === 0
    ? []
    : [
        allow(
          'SubmitJobs',
          ['batch:SubmitJob'],
          [
            ...unique(feeds.map(({ job }) => job.batch.queue)).map((queue) =>
              regionalArn('batch', `job-queue/${queue}`),
            ),
            ...unique(feeds.map(({ job }) => job.batch.definition)).flatMap(definitionArns),
          ],
        ),
      ];

/** `SubmitJob` tags every job with its manifest; the id of the new job is not known yet. */
const tagJobs = ({ feeds }: Configuration): Statement[] =>
  feeds.length > 0 ? [allow('TagJobs', ['batch:TagResource'], [regionalArn('batch', 'job/*')])] : [];

/** It cannot be limited to a queue or a job. */
const findJobs = (): Statement => allow('FindJobs', ['batch:DescribeJobs', 'batch:ListJobs'], '*');

/**
 * Cuts a prefix before a character that IAM or CloudFormation could read as a variable, or that IAM
 * does not allow in a policy. A `*` or `?` in a key also matches other characters, which allows a
 * little more.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
 */
const plainPrefix = (template: Template): string => literalPrefix(template).replace(/(?:\$|[^ -~]).*$/s, '');

const isCoveredBy = (prefix: string, others: readonly string[]): boolean =>
  others.some((other) => other !== prefix && prefix.startsWith(other));

const s3Arn = (path: string): Reference => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${path}` });

/** HeadObject needs the permission GetObject. */
const readArrivals = ({ feeds }: Configuration): Statement[] => {
  const templates = feeds.flatMap(fileSlotsOf).map(({ template }) => template);
  const prefixes = unique(templates.map((template) => `${template.bucket}/${plainPrefix(template)}`));
  return prefixes.length === 0
    ? []
    : [
        allow(
          'ReadArrivals',
          ['s3:GetObject'],
          prefixes.filter((prefix) => !isCoveredBy(prefix, prefixes)).map((prefix) => s3Arn(`${prefix}*`)),
        ),
      ];
};

/** Without ListBucket, HeadObject of a missing key returns 403 in place of 404. */
const findMissingArrivals = ({ feeds }: Configuration): Statement[] => {
  const buckets = unique(feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket));
  return buckets.length === 0 ? [] : [allow('FindMissingArrivals', ['s3:ListBucket'], buckets.map(s3Arn))];
};

/** The most characters of prefixes in a statement, so that it fits into a policy. */
const MAX_PREFIX_CHARACTERS = 2_000;

/** Spreads prefixes over statements. */
const groupsOf = (prefixes: readonly string[]): string[][] => {
  const groups: string[][] = [];
  for (const prefix of prefixes) {
    const group = groups.at(-1);
    if (group !== undefined && [...group, prefix].join('').length <= MAX_PREFIX_CHARACTERS) {
      group.push(prefix);
    } else {
      groups.push([prefix]);
    }
  }
  return groups;
};

/**
 * Allows to list each bucket below the prefixes of the templates only.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
 */
const searchArrivals = ({ feeds }: Configuration): Statement[] => {
  const templates = feeds.flatMap(fileSlotsOf).map(({ template }) => template);
  return Array.from(Map.groupBy(templates, ({ bucket }) => bucket))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([bucket, ofBucket]) => {
      const prefixes = unique(ofBucket.map(plainPrefix));
      return groupsOf(prefixes.filter((prefix) => !isCoveredBy(prefix, prefixes))).map((group) => ({ bucket, group }));
    })
    .map(({ bucket, group }, index) => ({
      ...allow(`ListArrivals${index + 1}`, ['s3:ListBucket'], [s3Arn(bucket)]),
      Condition: { StringLike: { 's3:prefix': group.map((prefix) => `${prefix}*`) } },
    }));
};

const keepManifests = (): Statement =>
  allow('KeepManifests', ['s3:GetObject', 's3:PutObject'], [{ 'Fn::Sub': `\${SuiteBucket.Arn}/manifests/*` }]);

const storeConfiguration = (): Statement =>
  allow('StoreConfiguration', ['s3:PutObject'], [{ 'Fn::Sub': `\${SuiteBucket.Arn}/configuration/*` }]);

/** DescribeJobs cannot be limited to a job. */
const describeJobs = (): Statement => allow('DescribeJobs', ['batch:DescribeJobs'], '*');

/** These actions cannot be limited to a queue. */
const readJobs = (): Statement => allow('ReadJobs', ['batch:DescribeJobs', 'batch:ListJobs'], '*');

/** Jobs write to the log group of AWS Batch, and to the log groups in the configuration. */
const readJobLogs = ({ logGroups }: Configuration): Statement =>
  allow(
    'ReadJobLogs',
    ['logs:GetLogEvents'],
    unique([DEFAULT_LOG_GROUP, ...logGroups]).map((group) => regionalArn('logs', `log-group:${group}:log-stream:*`)),
  );

const publishNotifications = (): Statement[] => [
  allow('PublishNotifications', ['sns:Publish'], [{ Ref: 'AlertTopic' }]),
  useKey('EncryptMessages', 'sns', 'Decrypt', 'GenerateDataKey'),
];

/** What it takes to evaluate a run of exact keys, and to start its job. */
const evaluateRuns = (configuration: Configuration): Statement[] => [
  ...readArrivals(configuration),
  keepLedger(),
  readTableAge(),
  ...submitJobs(configuration),
  ...tagJobs(configuration),
  findJobs(),
  keepManifests(),
];

/** These actions cannot be limited to a queue. */
const describeBatch = (): Statement =>
  allow(
    'DescribeBatch',
    [
      'batch:DescribeComputeEnvironments',
      'batch:DescribeJobDefinitions',
      'batch:DescribeJobQueues',
      'batch:DescribeJobs',
      'batch:ListJobs',
    ],
    '*',
  );

/** Describe actions of EC2 cannot be limited to a resource, but to a Region. */
const inOwnRegion = (statement: Statement): Statement => ({
  ...statement,
  Condition: { StringEquals: { 'ec2:Region': { Ref: 'AWS::Region' } } },
});

const describeInstanceTypes = (): Statement =>
  inOwnRegion(allow('DescribeInstanceTypes', ['ec2:DescribeInstanceTypes'], '*'));

/** ListClusters cannot be limited to a cluster. */
const findClusters = (): Statement => allow('FindClusters', ['elasticmapreduce:ListClusters'], '*');

const describeClusters = (...actions: readonly string[]): Statement =>
  allow(
    'DescribeClusters',
    actions.map((action) => `elasticmapreduce:${action}`),
    [regionalArn('elasticmapreduce', 'cluster/*')],
  );

const readMetrics = (): Statement => allow('ReadMetrics', ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'], '*');

/** PutMetricData cannot be limited to a metric, but to a namespace. */
const publishMetrics = (namespace: string): Statement => ({
  ...allow('PublishMetrics', ['cloudwatch:PutMetricData'], '*'),
  Condition: { StringEquals: { 'cloudwatch:namespace': namespace } },
});

/** Describe actions of load balancing cannot be limited to a target group. */
const describeTargetGroups = (): Statement =>
  allow(
    'DescribeTargetGroups',
    ['DescribeTags', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`),
    '*',
  );

/** Only target groups with both of our tags. */
const changeOurTargetGroups = (): Statement => ({
  ...allow(
    'ChangeOurTargetGroups',
    ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
    [regionalArn('elasticloadbalancing', 'targetgroup/*')],
  ),
  Condition: {
    Null: Object.fromEntries([CLUSTER_TAG, UI_TAG].map((tag) => [`aws:ResourceTag/${tag}`, 'false'])),
  },
});

/** DescribeInstances cannot be limited to an instance. */
const describeInstances = (): Statement => inOwnRegion(allow('DescribeInstances', ['ec2:DescribeInstances'], '*'));

/** Allows ledger items whose key starts with a prefix. */
const keepLedgerItems = (prefix: string, ...actions: readonly string[]): Statement => ({
  ...allow(
    `Keep${logicalName(prefix.toLowerCase().replace(/#$/, ''))}`,
    actions.map((action) => `dynamodb:${action}`),
    [arnOf('LedgerTable')],
  ),
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${prefix}*`] } },
});

const PERMISSIONS: Readonly<Record<string, (configuration: Configuration) => readonly Statement[]>> = {
  submitBatchJob: (configuration) => [
    ...receiveMessages('arrivals'),
    ...findMissingArrivals(configuration),
    ...evaluateRuns(configuration),
    ...sendRequests(),
  ],
  evaluateRuns: (configuration) => [
    ...receiveMessages('runs'),
    ...searchArrivals(configuration),
    ...findMissingArrivals(configuration),
    ...evaluateRuns(configuration),
  ],
  countStuckJobs: () => [
    describeBatch(),
    describeInstanceTypes(),
    publishMetrics(NAMESPACE),
    keepLedgerItems('TICK#count-stuck-jobs', 'PutItem', 'Query', 'UpdateItem'),
    keepLedgerItems('ALERT#', 'GetItem', 'PutItem'),
    findCandidates(),
  ],
  aggregateEmrMetrics: () => [
    findClusters(),
    describeClusters('DescribeCluster', 'ListInstanceFleets', 'ListInstanceGroups', 'ListInstances'),
    readMetrics(),
    publishMetrics(EMR_NAMESPACE),
    keepLedgerItems('WATERMARK#aggregate-emr-metrics', 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'),
  ],
  rebindEmrUi: () => [
    findClusters(),
    describeClusters('DescribeCluster', 'ListInstances'),
    describeInstances(),
    describeTargetGroups(),
    changeOurTargetGroups(),
    publishMetrics(NAMESPACE),
    keepLedgerItems('BINDING', 'PutItem', 'Query'),
  ],
  trackJobs: () => [...receiveMessages('job-changes'), keepLedger(), queryIndexes('jobs'), ...sendRequests()],
  notifyFailure: (configuration) => [
    ...receiveMessages('job-failures', 'job-cascades'),
    readJobs(),
    readJobLogs(configuration),
    keepLedgerItems('ALERT#', 'GetItem', 'PutItem'),
    keepLedgerItems('FAILURES#', 'GetItem', 'UpdateItem'),
    keepLedgerItems('FALLEN#', 'GetItem', 'UpdateItem'),
    queryIndexes('candidates', 'jobs'),
    ...publishNotifications(),
  ],
  checkArrivals: (configuration) => [
    ...searchArrivals(configuration),
    ...findMissingArrivals(configuration),
    ...readArrivals(configuration),
    keepLedger(),
    queryIndexes('candidates', 'due'),
    ...sendRequests(),
    readDepth(),
    storeConfiguration(),
    describeJobs(),
    readJobLogs(configuration),
    publishMetrics(NAMESPACE),
    ...publishNotifications(),
  ],
};

/**
 * Lists the permissions of a function.
 *
 * @param key - The key of the function in serverless.yml.
 * @throws Error when this file has no permissions for the function.
 */
export const permissionsOf = (key: string, configuration: Configuration): Statement[] => {
  const permissions = PERMISSIONS[key];
  if (permissions === undefined) {
    throw new Error(`The function ${key} of serverless.yml has no permissions in template/permissions.ts`);
  }
  return [writeLogs(key), ...permissions(configuration)];
};
