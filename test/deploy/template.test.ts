import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageService } from '../../bundle/packaging.ts';
import type { Configuration } from '../../configuration/configuration.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { arrivalPatterns } from '../../shared/feeds/event-patterns.ts';
import { fileSlotsOf } from '../../shared/feeds/file-slots.ts';
import { LEASE_MS } from '../../shared/runs/state-machine.ts';
import { EMR_NAMESPACE, NAMESPACE } from '../../shared/telemetry/catalogue.ts';
import type { Statement } from '../../template/permissions.ts';
import { type PackagedTemplate, packagedService, readTemplate, type TemplateResource } from './packaged.ts';

/** A key that looks like a variable of the CLI and like a parameter of CloudFormation. */
const OTHER_CONFIGURATION = `
  export default {
    timeZone: 'Europe/Berlin',
    feeds: [
      {
        name: 'odd',
        slots: { file: { files: 's3://odd-landing/\${{self:service}}/\\\\\${{AWS::Region}}/{date:yyyyMMdd}.csv' } },
        job: { batch: { queue: 'odd-queue', definition: 'odd-definition:7' } },
      },
    ],
    uis: {
      clusters: { odd: ['hue', 'odd-ui'] },
      define: { 'odd-ui': { port: 8890, healthCheck: { path: '/\${self:service}' } } },
      loadBalancer: {
        vpc: 'vpc-1',
        auth: 'none',
        hostName: '{ui}.{cluster}.example.com',
        internal: {
          subnets: ['subnet-1', 'subnet-2'],
          admit: ['10.0.0.0/8'],
          certificates: ['arn:aws:acm:eu-central-1:210987654321:certificate/01234567-89ab-cdef-0123-456789abcdef'],
        },
      },
    },
  };
`;

let configuration: Configuration;
/** Stage `local` with the configuration that was chosen for all tests, or else the shipped one. */
let template: PackagedTemplate;
/** Stage `dev` with another configuration and with parameters. */
let other: PackagedTemplate;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-template-'));
  const configurationFile = join(folder, 'other.config.ts');
  await writeFile(configurationFile, OTHER_CONFIGURATION);

  ({ configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']));
  template = await readTemplate(await packagedService());
  other = await readTemplate(
    await packageService({
      stage: 'dev',
      directory: join(folder, 'packaged'),
      configurationFile,
      params: { account: '210987654321', submitBatchJobConcurrency: '20' },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const ofType = ({ Resources }: PackagedTemplate, type: string): [id: string, resource: TemplateResource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

const propertiesOf = (packaged: PackagedTemplate, type: string) =>
  ofType(packaged, type).map(([, { Properties }]) => Properties);

const refersTo = (reference: { readonly 'Fn::GetAtt'?: readonly [string, string] } | undefined): string | undefined =>
  reference?.['Fn::GetAtt']?.[0];

const statementsOf = ({ Properties }: TemplateResource): Statement[] =>
  Properties.Policies.flatMap(
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );

const arrivalRules = (packaged: PackagedTemplate) =>
  propertiesOf(packaged, 'AWS::Events::Rule').filter(({ EventPattern }) => EventPattern?.source[0] === 'aws.s3');

describe('functions', () => {
  it('run Node 24 on arm64 with 512 MB, and their logs end', () => {
    const functions = propertiesOf(template, 'AWS::Lambda::Function');

    expect(functions.length).toBeGreaterThan(1);
    for (const { Runtime, Architectures, MemorySize, FunctionName } of functions) {
      expect({ Runtime, Architectures, MemorySize }).toEqual({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 512,
      });
      expect(propertiesOf(template, 'AWS::Logs::LogGroup')).toContainEqual({
        LogGroupName: `/aws/lambda/${FunctionName}`,
        RetentionInDays: 30,
      });
    }
  });

  it('are named alike everywhere: deployed, in the folder, and in logs and metrics', () => {
    for (const { FunctionName, Handler, Environment } of propertiesOf(template, 'AWS::Lambda::Function')) {
      const name = Environment.Variables.POWERTOOLS_SERVICE_NAME;

      expect(FunctionName).toBe(`breakaway-local-${name}`);
      expect(Handler).toBe(`functions/${name}/handler.handler`);
    }
  });

  it('have an environment of plain texts, so that they run before anything is deployed', () => {
    for (const { Environment } of propertiesOf(template, 'AWS::Lambda::Function')) {
      expect(Environment.Variables).toEqual({
        STAGE: 'local',
        LEDGER_TABLE: 'breakaway-local-ledger',
        ALERT_TOPIC_ARN: expect.stringMatching(/^arn:aws:sns:[a-z0-9-]+:123456789012:breakaway-local-alerts$/),
        SUITE_BUCKET: expect.stringMatching(/^breakaway-local-123456789012-[a-z0-9-]+$/),
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
        POWERTOOLS_SERVICE_NAME: expect.any(String),
      });
    }
  });

  it('name what the stack makes', () => {
    const [{ Environment }] = propertiesOf(template, 'AWS::Lambda::Function');
    const { LEDGER_TABLE, ALERT_TOPIC_ARN, SUITE_BUCKET } = Environment.Variables;

    expect(propertiesOf(template, 'AWS::DynamoDB::Table').map(({ TableName }) => TableName)).toEqual([LEDGER_TABLE]);
    expect(propertiesOf(template, 'AWS::S3::Bucket').map(({ BucketName }) => BucketName)).toEqual([SUITE_BUCKET]);
    expect(propertiesOf(template, 'AWS::SNS::Topic').map(({ TopicName }) => TopicName)).toEqual([
      ALERT_TOPIC_ARN.split(':').at(-1),
    ]);
  });

  it('are not repeated by Lambda when the clock starts them, nor kept for later', () => {
    const scheduled = propertiesOf(template, 'AWS::Events::Rule')
      .filter(({ ScheduleExpression }) => ScheduleExpression !== undefined)
      .map(({ Targets }) => refersTo(Targets[0].Arn));
    const unrepeated = propertiesOf(template, 'AWS::Lambda::EventInvokeConfig')
      .filter(
        ({ MaximumRetryAttempts, MaximumEventAgeInSeconds }) =>
          MaximumRetryAttempts === 0 && MaximumEventAgeInSeconds === 60,
      )
      .map(({ FunctionName }) => FunctionName.Ref);

    expect(scheduled).toEqual(
      expect.arrayContaining([
        'CheckArrivalsLambdaFunction',
        'CountStuckJobsLambdaFunction',
        'AggregateEmrMetricsLambdaFunction',
      ]),
    );
    expect(unrepeated.toSorted()).toEqual(scheduled.toSorted());
  });

  it('are as many at once as the parameter says', () => {
    expect(other.Resources['SubmitBatchJobLambdaFunction']?.Properties.ReservedConcurrentExecutions).toBe(20);
    expect(propertiesOf(other, 'AWS::Lambda::EventSourceMapping')[0].ScalingConfig).toEqual({ MaximumConcurrency: 20 });
    expect(template.Resources['SubmitBatchJobLambdaFunction']?.Properties).not.toHaveProperty(
      'ReservedConcurrentExecutions',
    );
  });
});

describe('queues', () => {
  const mappings = () =>
    propertiesOf(template, 'AWS::Lambda::EventSourceMapping').map((mapping) => ({
      mapping,
      queue: template.Resources[refersTo(mapping.EventSourceArn) ?? '']?.Properties,
      taker: template.Resources[refersTo(mapping.FunctionName) ?? '']?.Properties,
    }));

  it('are read in batches whose records fail alone', () => {
    expect(mappings()).not.toEqual([]);
    for (const { mapping } of mappings()) {
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
      // Lambda takes more than ten messages only with a window.
      expect(mapping.BatchSize <= 10 || mapping.MaximumBatchingWindowInSeconds >= 1).toBe(true);
    }
  });

  it('hide a message for six timeouts of the function', () => {
    for (const { queue, taker } of mappings()) {
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * taker.Timeout);
    }
  });

  it('outlast a lease, which outlasts every function', () => {
    for (const { Timeout } of propertiesOf(template, 'AWS::Lambda::Function')) {
      expect(Timeout * 1_000).toBeLessThan(LEASE_MS);
    }
    for (const { queue } of mappings()) {
      expect(queue.VisibilityTimeout * queue.RedrivePolicy.maxReceiveCount * 1_000).toBeGreaterThan(LEASE_MS);
    }
  });

  it('hand what fails five times to a queue that keeps it for 14 days', () => {
    for (const { queue } of mappings()) {
      const failed = template.Resources[refersTo(queue.RedrivePolicy.deadLetterTargetArn) ?? ''];

      expect(queue.RedrivePolicy.maxReceiveCount).toBe(5);
      expect(failed?.Properties).toMatchObject({
        QueueName: `${queue.QueueName}-failed`,
        MessageRetentionPeriod: 14 * 24 * 3_600,
      });
    }
  });

  it('that hold failures ring an alarm, each', () => {
    const failureQueues = new Set([
      ...propertiesOf(template, 'AWS::SQS::Queue').map(({ RedrivePolicy }) =>
        refersTo(RedrivePolicy?.deadLetterTargetArn),
      ),
      ...arrivalRules(template).flatMap(({ Targets }) =>
        Targets.map((target: { DeadLetterConfig?: { Arn: object } }) => refersTo(target.DeadLetterConfig?.Arn)),
      ),
    ]);
    failureQueues.delete(undefined);
    const watched = propertiesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(
        ({ MetricName, AlarmActions }) =>
          MetricName === 'ApproximateNumberOfMessagesVisible' && AlarmActions[0].Ref === 'AlertTopic',
      )
      .map(({ Dimensions }) => Dimensions[0].Value);

    expect([...failureQueues].map((id) => template.Resources[id ?? '']?.Properties.QueueName).toSorted()).toEqual(
      watched.toSorted(),
    );
  });

  it('are encrypted with the key of the suite, as the topic is', () => {
    for (const { KmsMasterKeyId } of [
      ...propertiesOf(template, 'AWS::SQS::Queue'),
      ...propertiesOf(template, 'AWS::SNS::Topic'),
    ]) {
      expect(KmsMasterKeyId).toEqual({ 'Fn::GetAtt': ['SuiteKey', 'Arn'] });
    }
  });

  it('are sent to by services that may use the key, or what they send would be lost', () => {
    const senders = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']
      .flatMap((type) => propertiesOf(template, type))
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Principal }) => Principal.Service);
    const [{ KeyPolicy }] = propertiesOf(template, 'AWS::KMS::Key');
    const users = KeyPolicy.Statement.flatMap(
      ({ Principal }: { Principal: { Service?: string[] } }) => Principal.Service ?? [],
    );

    expect(new Set(senders)).toEqual(new Set(['events.amazonaws.com', 'cloudwatch.amazonaws.com']));
    expect(users).toEqual(expect.arrayContaining(senders));
  });
});

describe('policies of queues, topics, buckets and tables', () => {
  const policies = () => [
    ...['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::S3::BucketPolicy'].flatMap((type) =>
      propertiesOf(template, type).map(({ Queues, Topics, Bucket, PolicyDocument }) => ({
        on: (Queues ?? Topics ?? [Bucket])[0].Ref,
        statements: PolicyDocument.Statement,
      })),
    ),
    ...ofType(template, 'AWS::DynamoDB::Table').map(([id, { Properties }]) => ({
      on: id,
      statements: Properties.ResourcePolicy?.PolicyDocument.Statement ?? [],
    })),
  ];

  it('refuse plain HTTP, everywhere', () => {
    const refusing = policies()
      .filter(({ statements }) =>
        statements.some(
          (statement: { Effect: string; Condition: object }) =>
            statement.Effect === 'Deny' &&
            JSON.stringify(statement.Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        ),
      )
      .map(({ on }) => on);
    const resources = ['AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::S3::Bucket', 'AWS::DynamoDB::Table'].flatMap(
      (type) => ofType(template, type).map(([id]) => id),
    );

    expect(refusing.toSorted()).toEqual(resources.toSorted());
  });

  it('let services act for this account only', () => {
    const allowed = policies()
      .flatMap(({ statements }) => statements)
      .filter(({ Effect }) => Effect === 'Allow');

    expect(allowed.length).toBeGreaterThan(0);
    for (const { Condition } of allowed) {
      expect(Condition.StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
    }
  });
});

describe('rules', () => {
  it('take exactly the arrivals of the configuration', () => {
    expect(arrivalRules(template).map(({ EventPattern }) => EventPattern)).toEqual(
      arrivalPatterns(configuration.feeds),
    );
  });

  it('are as short as EventBridge asks', () => {
    for (const { EventPattern } of arrivalRules(template)) {
      expect(JSON.stringify(EventPattern).length).toBeLessThanOrEqual(2_048);
    }
  });

  it('keep what they cannot deliver', () => {
    const targets = arrivalRules(template).flatMap(({ Targets }) => Targets);

    expect(targets.length).toBeGreaterThan(0);
    for (const { Arn, DeadLetterConfig, RetryPolicy } of targets) {
      expect(refersTo(Arn)).toBe('ArrivalsQueue');
      expect(refersTo(DeadLetterConfig.Arn)).toBe('UndeliveredQueue');
      expect(RetryPolicy).toEqual({ MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 });
    }
  });

  it('take a key that looks like a variable for what it is', () => {
    expect(arrivalRules(other).map(({ EventPattern }) => EventPattern.detail)).toEqual([
      { bucket: { name: ['odd-landing'] }, object: { key: [{ prefix: `\${self:service}/\\\${AWS::Region}/` }] } },
    ]);
  });
});

/** The permissions that each command of the SDK needs, and each method of {@link SHARED_ADAPTERS}. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  DescribeComputeEnvironmentsCommand: ['batch:DescribeComputeEnvironments'],
  DescribeInstancesCommand: ['ec2:DescribeInstances'],
  DescribeInstanceTypesCommand: ['ec2:DescribeInstanceTypes'],
  DescribeJobDefinitionsCommand: ['batch:DescribeJobDefinitions'],
  DescribeJobQueuesCommand: ['batch:DescribeJobQueues'],
  DescribeJobsCommand: ['batch:DescribeJobs'],
  DescribeClusterCommand: ['elasticmapreduce:DescribeCluster'],
  DeregisterTargetsCommand: ['elasticloadbalancing:DeregisterTargets'],
  DescribeTagsCommand: ['elasticloadbalancing:DescribeTags'],
  DescribeTargetGroupsCommand: ['elasticloadbalancing:DescribeTargetGroups'],
  DescribeTargetHealthCommand: ['elasticloadbalancing:DescribeTargetHealth'],
  GetLogEventsCommand: ['logs:GetLogEvents'],
  GetMetricDataCommand: ['cloudwatch:GetMetricData'],
  ListClustersCommand: ['elasticmapreduce:ListClusters'],
  ListInstanceFleetsCommand: ['elasticmapreduce:ListInstanceFleets'],
  ListInstanceGroupsCommand: ['elasticmapreduce:ListInstanceGroups'],
  ListInstancesCommand: ['elasticmapreduce:ListInstances'],
  ListMetricsCommand: ['cloudwatch:ListMetrics'],
  RegisterTargetsCommand: ['elasticloadbalancing:RegisterTargets'],
  SubmitJobCommand: ['batch:SubmitJob'],
  ListJobsCommand: ['batch:ListJobs'],
  PublishCommand: ['sns:Publish'],
  PutMetricDataCommand: ['cloudwatch:PutMetricData'],
  'table.get': ['dynamodb:GetItem'],
  'table.getAll': ['dynamodb:BatchGetItem'],
  'table.getFound': ['dynamodb:GetItem'],
  'table.query': ['dynamodb:Query'],
  'table.queryPages': ['dynamodb:Query'],
  'table.put': ['dynamodb:PutItem'],
  'table.update': ['dynamodb:UpdateItem'],
  'table.delete': ['dynamodb:DeleteItem'],
  'table.transact': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
  'objects.head': ['s3:GetObject'],
  'objects.list': ['s3:ListBucket'],
  createPutManifest: ['s3:PutObject'],
};

/** What is known of a function, beside its bundle. */
type Surroundings = {
  readonly called: ReadonlySet<string>;
  readonly takesMessages: boolean;
  readonly hasTags: boolean;
};

const always = (): boolean => true;
const takesMessages = (its: Surroundings): boolean => its.takesMessages;

/** Actions that no call of a bundle shows, and who needs each. */
const UNSEEN: Readonly<Record<string, (its: Surroundings) => boolean>> = {
  // Lambda writes the log with the function's role.
  'logs:CreateLogStream': always,
  'logs:PutLogEvents': always,
  // Lambda polls the queue with the function's role, and decrypts what it finds.
  'sqs:ReceiveMessage': takesMessages,
  'sqs:DeleteMessage': takesMessages,
  'sqs:GetQueueAttributes': takesMessages,
  'kms:Decrypt': (its) => its.takesMessages || its.called.has('sns:Publish'),
  // SNS encrypts what is published with the publisher's role.
  'kms:GenerateDataKey': ({ called }) => called.has('sns:Publish'),
  // S3 tells that a key is missing only to those who may list.
  's3:ListBucket': ({ called }) => called.has('s3:GetObject'),
  // A job that is submitted with tags is tagged by it.
  'batch:TagResource': ({ called, hasTags }) => called.has('batch:SubmitJob') && hasTags,
};

/** Adapters that have commands of which a function uses only some: the methods that it calls decide. */
const SHARED_ADAPTERS = ['shared/aws/s3.ts', 'shared/aws/table.ts'];

const CALL =
  /(?<=new )\w+Command(?=\()|\bobjects\.(?:head|list|pages|put)\b|\btable\.\w+(?=\()|\bcreatePutManifest(?=\()/g;

/** Reads, in the source files that are in a function's bundle, what it asks AWS for. */
const actionsCalledBy = async (name: string, metafile: string): Promise<Set<string>> => {
  const { outputs } = JSON.parse(await readFile(metafile, 'utf8'));
  const { inputs } = outputs[Object.keys(outputs).find((output) => output.endsWith('.js')) ?? ''];
  const files = Object.keys(inputs).filter(
    (file) =>
      (file.startsWith('shared/aws/') || file === `functions/${name}/handler.ts`) &&
      !SHARED_ADAPTERS.includes(file) &&
      inputs[file].bytesInOutput > 0,
  );
  const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const calls = sources.flatMap((source) => source.match(CALL) ?? []);
  return new Set(calls.flatMap((call) => ACTIONS[call] ?? [`unknown to this test: ${call}`]));
};

describe('roles', () => {
  const roleOf = ({ Properties }: TemplateResource): string => refersTo(Properties.Role) ?? '';

  it('are one for each function, and none is left over', () => {
    const taken = ofType(template, 'AWS::Lambda::Function').map(([, resource]) => roleOf(resource));

    expect(new Set(taken).size).toBe(taken.length);
    expect(
      ofType(template, 'AWS::IAM::Role')
        .map(([id]) => id)
        .toSorted(),
    ).toEqual(taken.toSorted());
  });

  it('name no action by a pattern, and limit all but what cannot be limited', () => {
    const statements = ofType(template, 'AWS::IAM::Role').flatMap(([, role]) => statementsOf(role));

    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    expect(new Set(statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action))).toEqual(
      new Set([
        'batch:DescribeComputeEnvironments',
        'batch:DescribeJobDefinitions',
        'batch:DescribeJobQueues',
        'batch:DescribeJobs',
        'batch:ListJobs',
        'ec2:DescribeInstances',
        'ec2:DescribeInstanceTypes',
        'elasticloadbalancing:DescribeTags',
        'elasticloadbalancing:DescribeTargetGroups',
        'elasticloadbalancing:DescribeTargetHealth',
        'cloudwatch:GetMetricData',
        'cloudwatch:ListMetrics',
        'cloudwatch:PutMetricData',
        'elasticmapreduce:ListClusters',
      ]),
    );
  });

  it('allow what the bundle calls, and nothing else', async () => {
    const { functions } = await packagedService();
    const takers = propertiesOf(template, 'AWS::Lambda::EventSourceMapping').map((mapping) =>
      refersTo(mapping.FunctionName),
    );
    const hasTags = configuration.feeds.some(({ job }) => Object.keys(job.batch.tags).length > 0);
    for (const { folder: name, metafile } of functions) {
      const [[id, { Properties }]] = ofType(template, 'AWS::Lambda::Function').filter(
        ([, resource]) => resource.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME === name,
      ) as [[string, TemplateResource]];
      const role = template.Resources[refersTo(Properties.Role) ?? ''];
      const allowed = role === undefined ? [] : statementsOf(role).flatMap(({ Action }) => Action);
      const called = await actionsCalledBy(name, metafile);
      const its = { called, takesMessages: takers.includes(id), hasTags };
      const unseen = Object.entries(UNSEEN).flatMap(([action, isNeeded]) => (isNeeded(its) ? [action] : []));

      expect([name, new Set(allowed)]).toEqual([name, new Set([...called, ...unseen])]);
    }
  });

  it('publish metrics into their own namespaces only, and keep of the ledger no more than their own', () => {
    const conditions = ofType(template, 'AWS::IAM::Role')
      .flatMap(([, role]) => statementsOf(role))
      .filter(({ Action }) => Action.includes('cloudwatch:PutMetricData'))
      .map(({ Condition }) => Condition?.['StringEquals']?.['cloudwatch:namespace']);

    expect(conditions).toContain(EMR_NAMESPACE);
    expect(conditions.every((namespace) => namespace === EMR_NAMESPACE || namespace === NAMESPACE)).toBe(true);
    expect(JSON.stringify(template.Resources['AggregateEmrMetricsRole'])).toContain(
      '{"dynamodb:LeadingKeys":["WATERMARK#aggregate-emr-metrics*"]}',
    );
    for (const prefix of ['TICK#count-stuck-jobs*', 'ALERT#*']) {
      expect(JSON.stringify(template.Resources['CountStuckJobsRole'])).toContain(
        `{"dynamodb:LeadingKeys":["${prefix}"]}`,
      );
    }
  });

  it('may submit to every queue, with every definition, and look into every bucket of the configuration', () => {
    const resources = JSON.stringify(template.Resources['SubmitBatchJobRole']?.Properties.Policies);

    for (const feed of configuration.feeds) {
      const { job } = feed;
      expect(resources).toContain(`:job-queue/${job.batch.queue}"`);
      expect(resources).toContain(`:job-definition/${job.batch.definition}"`);
      for (const { template: wanted } of fileSlotsOf(feed)) {
        expect(resources).toContain(`:s3:::${wanted.bucket}"`);
      }
    }
  });

  it('follow the configuration that BREAKAWAY_CONFIG names', () => {
    const ours = JSON.stringify(template.Resources['SubmitBatchJobRole']);
    const theirs = JSON.stringify(other.Resources['SubmitBatchJobRole']);

    expect(theirs).toContain(':job-queue/odd-queue"');
    expect(theirs).toContain(':job-definition/odd-definition:7"');
    expect(theirs).toContain(':s3:::odd-landing/*"');
    for (const { job } of configuration.feeds) {
      expect(theirs).not.toContain(job.batch.definition);
    }
    expect(ours).not.toContain('odd-');
  });
});

describe('the user interfaces of EMR clusters', () => {
  it('are bound when a cluster changes its state, and an event that comes too late is dropped', () => {
    const rules = propertiesOf(template, 'AWS::Events::Rule').filter(
      ({ EventPattern }) => EventPattern?.source[0] === 'aws.emr',
    );

    expect(rules).toMatchObject([
      {
        Name: 'breakaway-local-rebind-emr-ui-changes',
        EventPattern: { source: ['aws.emr'], 'detail-type': ['EMR Cluster State Change'] },
        Targets: [
          {
            Arn: { 'Fn::GetAtt': ['RebindEmrUiLambdaFunction', 'Arn'] },
            RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
          },
        ],
      },
    ]);
  });

  it('have no load balancer in the shipped configuration', () => {
    const types = Object.values(template.Resources).map(({ Type }) => Type);

    expect(types.filter((type) => /ElasticLoadBalancing|SecurityGroup/.test(type))).toEqual([]);
  });

  it('have one where the configuration asks for it, with what its texts say', () => {
    const groups = propertiesOf(other, 'AWS::ElasticLoadBalancingV2::TargetGroup');

    expect(groups.map(({ HealthCheckPath }) => HealthCheckPath)).toEqual([
      '/desktop/debug/is_alive',
      '/${self:service}',
    ]);
    expect(groups.map(({ Tags }) => Tags)).toEqual(
      ['hue', 'odd-ui'].map((ui) => [
        { Key: 'breakaway:cluster', Value: 'odd' },
        { Key: 'breakaway:ui', Value: ui },
        { Key: 'breakaway:stage', Value: 'dev' },
      ]),
    );
    expect(Object.keys(other.Outputs)).toEqual(
      expect.arrayContaining(['EmrUiLoadBalancerDnsName', 'EmrUiNodesSecurityGroup']),
    );
    expect(propertiesOf(other, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName)).toEqual(
      expect.arrayContaining(['breakaway-dev-odd-hue-unreachable', 'breakaway-dev-odd-odd-ui-unreachable']),
    );
  });
});

describe('the stack', () => {
  it('makes neither landing buckets nor anything of Batch', () => {
    const landing = new Set(configuration.feeds.flatMap(fileSlotsOf).map(({ template: wanted }) => wanted.bucket));

    expect(Object.values(template.Resources).filter(({ Type }) => Type.startsWith('AWS::Batch'))).toEqual([]);
    expect(propertiesOf(template, 'AWS::S3::Bucket').filter(({ BucketName }) => landing.has(BucketName))).toEqual([]);
  });

  it('keeps what must not be lost: encrypted, with its history, also when the stack is removed', () => {
    const { DeletionPolicy, UpdateReplacePolicy, Properties } = other.Resources['LedgerTable'] ?? {};

    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  it('removes table and bucket with a first deployment that fails, or the next would find their names taken', () => {
    const policies = Object.values(other.Resources)
      .filter(({ DeletionPolicy }) => DeletionPolicy !== undefined && DeletionPolicy !== 'Delete')
      .map(({ Type, DeletionPolicy, UpdateReplacePolicy }) => [Type, DeletionPolicy, UpdateReplacePolicy]);

    expect(policies.toSorted()).toEqual([
      ['AWS::DynamoDB::Table', 'RetainExceptOnCreate', 'Retain'],
      ['AWS::S3::Bucket', 'RetainExceptOnCreate', 'Retain'],
    ]);
  });

  it('leaves nothing behind on a local AWS', () => {
    for (const id of ['LedgerTable', 'SuiteBucket']) {
      expect(template.Resources[id]).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
  });

  it('closes the suite bucket, and lets manifests end', () => {
    expect(template.Resources['SuiteBucket']?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: { Rules: [{ Prefix: 'manifests/', Status: 'Enabled', ExpirationInDays: 400 }] },
    });
  });

  it('names everything after service and stage', () => {
    const names = Object.values(other.Resources).flatMap(({ Properties }) =>
      ['FunctionName', 'QueueName', 'TableName', 'TopicName', 'BucketName', 'AlarmName', 'Name'].flatMap((property) =>
        Properties[property] === undefined || typeof Properties[property] !== 'string' ? [] : [Properties[property]],
      ),
    );

    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !name.startsWith('breakaway-dev-'))).toEqual([]);
  });
});
