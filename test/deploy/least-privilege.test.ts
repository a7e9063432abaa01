/** What the packaged template lets whom do. That each role allows what its bundle calls, and nothing else, is in `template.test.ts`. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type PackagedTemplate, packagedService, readTemplate } from './packaged.ts';

type Statement = {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, unknown>>;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** The conditions without which an action would reach further than the suite. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  'ec2:DescribeInstanceTypes': ['ec2:Region'],
  'ec2:DescribeInstances': ['ec2:Region'],
  'cloudwatch:PutMetricData': ['cloudwatch:namespace'],
  'elasticloadbalancing:DeregisterTargets': ['aws:ResourceTag/breakaway:cluster', 'aws:ResourceTag/breakaway:ui'],
  'elasticloadbalancing:RegisterTargets': ['aws:ResourceTag/breakaway:cluster', 'aws:ResourceTag/breakaway:ui'],
  'kms:Decrypt': ['kms:ViaService'],
  'kms:GenerateDataKey': ['kms:ViaService'],
};

/** What may stand for any resource of its kind, since its name is not known beforehand. */
const NAMED_LATER = [
  // Lambda names a stream when it begins one; jobs have ids.
  /:log-stream:\*$|:log-group:.*\*$/,
  /:job\/\*$/,
  /:cluster\/\*$/,
  // Limited by tags.
  /:targetgroup\/\*$/,
  // Keys under a prefix, revisions of a definition, rules and alarms of this stack.
  /:s3:::[^*]+\*$|manifests\/\*$/,
  /:job-definition\/[^*]+:\*$/,
];

let template: PackagedTemplate;

beforeAll(async () => {
  template = await readTemplate(await packagedService());
});

/** Finds every policy statement, wherever it stands in the template. */
const statementsIn = (value: unknown): Statement[] => {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(statementsIn);
  return 'Effect' in value && 'Action' in value ? [value as Statement, ...inside] : inside;
};

const resourcesOf = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type);

const actionsOf = ({ Action }: Statement): readonly string[] => (typeof Action === 'string' ? [Action] : Action);

const ofRoles = (): Statement[] =>
  ['AWS::IAM::Role', 'AWS::IAM::ManagedPolicy']
    .flatMap(resourcesOf)
    .flatMap(({ Properties }) => statementsIn(Properties.Policies ?? Properties.PolicyDocument));

describe('the roles', () => {
  it('can be assumed by Lambda only, and have no managed policy of another owner', () => {
    for (const { Properties } of resourcesOf('AWS::IAM::Role')) {
      const [assume, ...others] = statementsIn(Properties.AssumeRolePolicyDocument);

      expect(assume).toMatchObject({ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } });
      expect(others).toEqual([]);
      // Where a configuration is too large for one policy, the stack makes several.
      for (const { Ref } of Properties.ManagedPolicyArns ?? []) {
        expect(template.Resources[Ref]?.Type).toBe('AWS::IAM::ManagedPolicy');
      }
    }
    expect(JSON.stringify(template)).not.toContain(':aws:policy/');
  });

  it('neither pass roles nor call IAM, and have no NotAction and no NotResource', () => {
    const actions = ofRoles().flatMap(actionsOf);

    expect(actions.length).toBeGreaterThan(50);
    expect(actions.filter((action) => /^(?:iam|sts|organizations):|PassRole|\*/i.test(action))).toEqual([]);
    expect(ofRoles().filter((statement) => 'NotAction' in statement || 'NotResource' in statement)).toEqual([]);
  });

  it('have a condition where one limits an action to the suite', () => {
    const seen = new Set<string>();
    for (const statement of ofRoles()) {
      for (const action of actionsOf(statement)) {
        const keys = Object.values(statement.Condition ?? {}).flatMap((condition) => Object.keys(condition));
        if (action in CONDITIONS) seen.add(action);
        expect([action, keys]).toEqual([action, expect.arrayContaining([...(CONDITIONS[action] ?? [])])]);
      }
    }
    expect([...seen].toSorted()).toEqual(Object.keys(CONDITIONS).toSorted());
  });

  it('name every resource that has a name', () => {
    const texts = ofRoles()
      .flatMap(({ Resource }) => (Array.isArray(Resource) ? Resource : [Resource]))
      .map((resource: unknown) => (typeof resource === 'object' && resource !== null ? Object.values(resource)[0] : ''))
      .filter((text): text is string => typeof text === 'string' && text.includes('*'));

    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter((text) => !NAMED_LATER.some((pattern) => pattern.test(text)))).toEqual([]);
  });

  it('read only their own items of the ledger, unless they keep the runs', () => {
    const unlimited = resourcesOf('AWS::IAM::Role')
      .filter(({ Properties }) =>
        statementsIn(Properties.Policies).some(
          (statement) =>
            actionsOf(statement).some((action) => action.startsWith('dynamodb:')) &&
            !JSON.stringify(statement.Resource).includes('/index/') &&
            statement.Condition === undefined,
        ),
      )
      .map(({ Properties }) => String(Properties.Policies[0].PolicyName).replace(/^breakaway-local-/, ''));

    expect(unlimited.toSorted()).toEqual(['check-arrivals', 'submit-batch-job', 'track-jobs']);
  });
});

describe('everything else', () => {
  it('allows all actions only to the account, on its own key', () => {
    const wide = Object.entries(template.Resources).flatMap(([id, { Properties }]) =>
      statementsIn(Properties)
        .filter(({ Effect }) => Effect === 'Allow')
        .filter((statement) => actionsOf(statement).some((action) => action.includes('*')))
        .map(({ Sid }) => `${id} ${Sid}`),
    );

    expect(wide).toEqual(['SuiteKey AllowAccount']);
  });

  it('admits only named principals, and services only for this account', () => {
    const allowed = ['AWS::KMS::Key', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy', 'AWS::S3::BucketPolicy']
      .flatMap(resourcesOf)
      .flatMap(({ Properties }) => statementsIn(Properties))
      .filter(({ Effect }) => Effect === 'Allow');

    expect(allowed.filter(({ Principal }) => Principal === '*')).toEqual([]);
    for (const { Principal, Condition } of allowed) {
      if (typeof Principal === 'object' && 'Service' in Principal) {
        expect(Condition?.['StringEquals']).toMatchObject({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      }
    }
  });

  it('starts a function only for a rule of this stack', () => {
    const permissions = resourcesOf('AWS::Lambda::Permission');

    expect(permissions.length).toBeGreaterThan(3);
    for (const { Properties } of permissions) {
      expect(Properties).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'events.amazonaws.com' });
      expect(JSON.stringify(Properties.SourceArn)).toMatch(/Rule|"rule","breakaway-local-/);
    }
  });
});
