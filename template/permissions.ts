/** What each function may do: exactly the actions that it calls, on exactly what the configuration names. */

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

/** Only for what a service does on behalf of the function. */
const useKey = (sid: string, service: string, ...actions: readonly string[]): Statement => ({
  ...allow(
    sid,
    actions.map((action) => `kms:${action}`),
    [arnOf('SuiteKey')],
  ),
  Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Sub': `${service}.\${AWS::Region}.\${AWS::URLSuffix}` } } },
});

const takeMessages = (...queues: readonly string[]): Statement[] => [
  allow(
    'TakeMessages',
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    queues.map((queue) => arnOf(queueId(queue))),
  ),
  useKey('ReadMessages', 'sqs', 'Decrypt'),
];

/** A transaction needs the permissions of the writes in it. */
const keepLedger = (): Statement =>
  allow(
    'KeepLedger',
    ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    [arnOf('LedgerTable')],
  );

const findCandidates = (): Statement =>
  allow('FindCandidates', ['dynamodb:Query'], [{ 'Fn::Sub': `\${LedgerTable.Arn}/index/candidates` }]);

/**
 * A definition without a revision stands for its latest one. Batch asks for the permission with the revision, and was seen to ask without it.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/iam-example-restrict-job-submission.html
 * @see https://github.com/aws/aws-sdk-js/issues/4280
 */
const definitionArns = (definition: string): Reference[] =>
  (definition.includes(':') ? [definition] : [definition, `${definition}:*`]).map((name) =>
    regionalArn('batch', `job-definition/${name}`),
  );

/** Queue and definition are both required, the job itself is not. IAM refuses a statement without any resource. */
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

/** `SubmitJob` with tags tags the new job, whose id nobody knows yet. */
const tagJobs = ({ feeds }: Configuration): Statement[] =>
  feeds.some(({ job }) => Object.keys(job.batch.tags).length > 0)
    ? [allow('TagJobs', ['batch:TagResource'], [regionalArn('batch', 'job/*')])]
    : [];

/** It cannot be limited to a queue. */
const findJobs = (): Statement => allow('FindJobs', ['batch:ListJobs'], '*');

/**
 * Cuts what a key must begin with where IAM and CloudFormation might see a variable, or a character that IAM takes in no policy. A `*` or `?`
 * of a key stands for itself, and for more.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
 */
const plainPrefix = (template: Template): string => literalPrefix(template).replace(/(?:\$|[^ -~]).*$/s, '');

const isCoveredBy = (prefix: string, others: readonly string[]): boolean =>
  others.some((other) => other !== prefix && prefix.startsWith(other));

const s3Arn = (path: string): Reference => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${path}` });

/** HEAD asks for GetObject. */
const lookAtArrivals = ({ feeds }: Configuration): Statement[] => {
  const templates = feeds.flatMap(fileSlotsOf).map(({ template }) => template);
  const prefixes = unique(templates.map((template) => `${template.bucket}/${plainPrefix(template)}`));
  return prefixes.length === 0
    ? []
    : [
        allow(
          'LookAtArrivals',
          ['s3:GetObject'],
          prefixes.filter((prefix) => !isCoveredBy(prefix, prefixes)).map((prefix) => s3Arn(`${prefix}*`)),
        ),
      ];
};

/** Without ListBucket, S3 answers HEAD with 403 instead of 404 for a key that is gone. */
const tellMissingArrivals = ({ feeds }: Configuration): Statement[] => {
  const buckets = unique(feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket));
  return buckets.length === 0 ? [] : [allow('TellMissingArrivals', ['s3:ListBucket'], buckets.map(s3Arn))];
};

/** As many characters of prefixes as a statement has at most, so that it fits into a policy. */
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
 * Lets each bucket be listed where its keys begin as a template says, and nowhere else.
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

const compareArrivals = (): Statement => allow('CompareArrivals', ['dynamodb:BatchGetItem'], [arnOf('LedgerTable')]);

const writeManifests = (): Statement =>
  allow('WriteManifests', ['s3:PutObject'], [{ 'Fn::Sub': `\${SuiteBucket.Arn}/manifests/*` }]);

/** It cannot be limited to a job. */
const describeJobs = (): Statement => allow('DescribeJobs', ['batch:DescribeJobs'], '*');

/** It cannot be limited to a queue. */
const lookAtJobs = (): Statement => allow('LookAtJobs', ['batch:DescribeJobs', 'batch:ListJobs'], '*');

/** Jobs keep their logs where AWS Batch has them by itself, and where the configuration says. */
const readJobLogs = ({ logGroups }: Configuration): Statement =>
  allow(
    'ReadJobLogs',
    ['logs:GetLogEvents'],
    unique([DEFAULT_LOG_GROUP, ...logGroups]).map((group) => regionalArn('logs', `log-group:${group}:log-stream:*`)),
  );

const tellPeople = (): Statement[] => [
  allow('TellPeople', ['sns:Publish'], [{ Ref: 'AlertTopic' }]),
  useKey('EncryptMessages', 'sns', 'Decrypt', 'GenerateDataKey'),
];

/** What it takes to bring a run to its job. */
const settleRuns = (configuration: Configuration): Statement[] => [
  keepLedger(),
  ...submitJobs(configuration),
  ...tagJobs(configuration),
  findJobs(),
  writeManifests(),
];

/** None of it can be limited to a queue. */
const lookAtBatch = (): Statement =>
  allow(
    'LookAtBatch',
    [
      'batch:DescribeComputeEnvironments',
      'batch:DescribeJobDefinitions',
      'batch:DescribeJobQueues',
      'batch:DescribeJobs',
      'batch:ListJobs',
    ],
    '*',
  );

/** Descriptions by EC2 cannot be limited to a resource, but to a region. */
const inOwnRegion = (statement: Statement): Statement => ({
  ...statement,
  Condition: { StringEquals: { 'ec2:Region': { Ref: 'AWS::Region' } } },
});

const describeInstanceTypes = (): Statement =>
  inOwnRegion(allow('DescribeInstanceTypes', ['ec2:DescribeInstanceTypes'], '*'));

/** It cannot be limited to a cluster. */
const findClusters = (): Statement => allow('FindClusters', ['elasticmapreduce:ListClusters'], '*');

const lookAtClusters = (...actions: readonly string[]): Statement =>
  allow(
    'LookAtClusters',
    actions.map((action) => `elasticmapreduce:${action}`),
    [regionalArn('elasticmapreduce', 'cluster/*')],
  );

const readMetrics = (): Statement => allow('ReadMetrics', ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'], '*');

/** It cannot be limited to a metric, but to a namespace. */
const publishMetrics = (namespace: string): Statement => ({
  ...allow('PublishMetrics', ['cloudwatch:PutMetricData'], '*'),
  Condition: { StringEquals: { 'cloudwatch:namespace': namespace } },
});

/** What is asked of load balancing cannot be limited to a target group. */
const lookAtTargetGroups = (): Statement =>
  allow(
    'LookAtTargetGroups',
    ['DescribeTags', 'DescribeTargetGroups', 'DescribeTargetHealth'].map((action) => `elasticloadbalancing:${action}`),
    '*',
  );

/** Only where both tags say that the group is ours. */
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

/** It cannot be limited to an instance. */
const lookAtInstances = (): Statement => inOwnRegion(allow('LookAtInstances', ['ec2:DescribeInstances'], '*'));

/** Of the ledger, no more than what begins so. */
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
    ...takeMessages('arrivals'),
    ...lookAtArrivals(configuration),
    ...tellMissingArrivals(configuration),
    ...settleRuns(configuration),
  ],
  countStuckJobs: () => [
    lookAtBatch(),
    describeInstanceTypes(),
    publishMetrics(NAMESPACE),
    keepLedgerItems('TICK#count-stuck-jobs', 'PutItem', 'Query', 'UpdateItem'),
    keepLedgerItems('ALERT#', 'GetItem', 'PutItem'),
    findCandidates(),
  ],
  aggregateEmrMetrics: () => [
    findClusters(),
    lookAtClusters('DescribeCluster', 'ListInstanceFleets', 'ListInstanceGroups', 'ListInstances'),
    readMetrics(),
    publishMetrics(EMR_NAMESPACE),
    keepLedgerItems('WATERMARK#aggregate-emr-metrics', 'BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'),
  ],
  rebindEmrUi: () => [
    findClusters(),
    lookAtClusters('DescribeCluster', 'ListInstances'),
    lookAtInstances(),
    lookAtTargetGroups(),
    changeOurTargetGroups(),
    publishMetrics(NAMESPACE),
    keepLedgerItems('BINDING', 'PutItem', 'Query'),
  ],
  trackJobs: (configuration) => [...takeMessages('job-changes'), ...settleRuns(configuration)],
  notifyFailure: (configuration) => [
    ...takeMessages('job-failures', 'job-cascades'),
    lookAtJobs(),
    readJobLogs(configuration),
    keepLedgerItems('ALERT#', 'GetItem', 'PutItem'),
    findCandidates(),
    keepLedgerItems('FAILURES#', 'GetItem', 'UpdateItem'),
    keepLedgerItems('FALLEN#', 'GetItem', 'UpdateItem'),
    keepLedgerItems('JOB#', 'GetItem'),
    ...tellPeople(),
  ],
  checkArrivals: (configuration) => [
    ...searchArrivals(configuration),
    ...lookAtArrivals(configuration),
    compareArrivals(),
    findCandidates(),
    ...settleRuns(configuration),
    describeJobs(),
    readJobLogs(configuration),
    publishMetrics(NAMESPACE),
    ...tellPeople(),
  ],
};

/**
 * Lists what a function may do.
 *
 * @param key - the function's key in serverless.yml
 * @throws Error when nobody has said yet what the function may do
 */
export const permissionsOf = (key: string, configuration: Configuration): Statement[] => {
  const permissions = PERMISSIONS[key];
  if (permissions === undefined) {
    throw new Error(`The function ${key} of serverless.yml has no permissions in template/permissions.ts`);
  }
  return [writeLogs(key), ...permissions(configuration)];
};
