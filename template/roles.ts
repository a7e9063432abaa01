/** One role for each function. */
import type { Configuration } from '../configuration/configuration.ts';
import { logicalName, type Resource, type Resources } from './cloudformation.ts';
import { permissionsOf, type Statement } from './permissions.ts';
import type { Service, ServiceFunction } from './service.ts';

/**
 * The limits of IAM in characters without white space: for all inline policies of a role, and for
 * one managed policy.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const INLINE_LIMIT = 10_240;
const MANAGED_LIMIT = 6144;
const MANAGED_POLICIES = 10;

/** Values that are at least as long as the values that CloudFormation fills in. */
const LONGEST: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'ap-northeast-1',
  'AWS::AccountId': '123456789012',
};

/** The longest ARN of a resource of this stack. */
const STACK_ARN_LENGTH = 128;

const policyDocument = (statements: readonly Statement[]) => ({ Version: '2012-10-17', Statement: statements });

/** Fills in a text with the longest possible values. */
const filledIn = (text: string): string =>
  text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => LONGEST[name] ?? 'x'.repeat(STACK_ARN_LENGTH));

const characters = (statements: readonly Statement[]): number =>
  JSON.stringify(policyDocument(statements), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if ('Fn::Sub' in value) {
      return filledIn(String(value['Fn::Sub']));
    }
    return 'Ref' in value || 'Fn::GetAtt' in value ? 'x'.repeat(STACK_ARN_LENGTH) : value;
  }).length;

/** Splits a statement into one per resource, so that several policies can share it. */
const pieces = (statement: Statement): Statement[] =>
  statement.Resource === '*'
    ? [statement]
    : statement.Resource.map((resource) => ({ ...statement, Resource: [resource] }));

const isSameRule = (one: Statement, other: Statement): boolean => one.Sid === other.Sid;

/** Joins a piece to the rest of its statement, if the rest is in the same policy. */
const joined = (statements: readonly Statement[], piece: Statement): Statement[] => {
  const last = statements.at(-1);
  return last !== undefined && isSameRule(last, piece) && last.Resource !== '*' && piece.Resource !== '*'
    ? [...statements.slice(0, -1), { ...last, Resource: [...last.Resource, ...piece.Resource] }]
    : [...statements, piece];
};

/**
 * Spreads statements over the fewest policies, in order.
 *
 * @returns One list of statements for each policy, none longer than a managed policy may be.
 */
export const spread = (statements: readonly Statement[]): Statement[][] => {
  const policies: Statement[][] = [];
  for (const piece of statements.flatMap(pieces)) {
    const grown = joined(policies.at(-1) ?? [], piece);
    if (policies.length > 0 && characters(grown) <= MANAGED_LIMIT) {
      policies.splice(-1, 1, grown);
    } else {
      policies.push([piece]);
    }
  }
  return policies;
};

const LAMBDA_ASSUMES = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

const role = (properties: Readonly<Record<string, unknown>>): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: LAMBDA_ASSUMES, ...properties },
});

const roleId = (key: string): string => `${logicalName(key)}Role`;

const roleOf = ({ key, name }: ServiceFunction, configuration: Configuration): Resources => {
  const statements = permissionsOf(key, configuration);
  if (characters(statements) <= INLINE_LIMIT) {
    return { [roleId(key)]: role({ Policies: [{ PolicyName: name, PolicyDocument: policyDocument(statements) }] }) };
  }

  const policies = spread(statements).map((part, index) => ({
    id: `${logicalName(key)}Policy${index + 1}`,
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: { PolicyDocument: policyDocument(part) },
  }));
  if (policies.length > MANAGED_POLICIES) {
    throw new Error(
      `The configuration names so many queues, definitions and prefixes that the role of ${name} would need ${policies.length} policies, and IAM allows ${MANAGED_POLICIES}`,
    );
  }
  return {
    [roleId(key)]: role({ ManagedPolicyArns: policies.map(({ id }) => ({ Ref: id })) }),
    ...Object.fromEntries(policies.map(({ id, ...policy }) => [id, policy])),
  };
};

/**
 * Derives one role for each function, named `<Function>Role`.
 *
 * @throws Error when the permissions of a function are unknown, or longer than IAM allows.
 */
export const roles = ({ functions }: Service, configuration: Configuration): Resources =>
  Object.assign({}, ...functions.map((definition) => roleOf(definition, configuration)));
