import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { permissionsOf, type Statement } from '../../template/permissions.ts';
import { roles, spread } from '../../template/roles.ts';
import { aFeed } from '../support/builders.ts';
import { aService } from './a-service.ts';

/** As many feeds as asked for, each with a job definition of its own. */
const configurationOf = (definitions: number): Configuration => ({
  timeZone: 'Asia/Tokyo',
  feeds: Array.from({ length: definitions }, (_, index) =>
    aFeed({ name: `feed-${index}`, batch: { definition: `definition-of-a-realistic-length-${index}` } }),
  ),
  calendars: {},
  queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
  logGroups: [],
});

type Policy = { readonly Statement: readonly Statement[] };

const documentOf = (properties: Readonly<Record<string, unknown>> | undefined): Policy =>
  properties?.['PolicyDocument'] as Policy;

/** Every action on every resource, one a line. */
const grants = (statements: readonly Statement[]): string[] =>
  statements.flatMap(({ Action, Resource }) =>
    (Resource === '*' ? ['*'] : Resource).flatMap((resource) =>
      Action.map((action) => JSON.stringify([action, resource])),
    ),
  );

const length = (statements: readonly Statement[]): number =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements })
    .replaceAll(/\{"Fn::Sub":("[^"]*")\}/g, '$1')
    .replaceAll(`\${AWS::Partition}`, 'aws')
    .replaceAll(`\${AWS::Region}`, 'ap-northeast-1')
    .replaceAll(`\${AWS::AccountId}`, '123456789012').length;

describe('roles', () => {
  it('gives each function a role that only Lambda can assume', () => {
    const resources = roles(aService(), configurationOf(1));

    expect(Object.keys(resources)).toEqual(['SubmitBatchJobRole', 'CheckArrivalsRole']);
    for (const { Properties } of Object.values(resources)) {
      expect(Properties['AssumeRolePolicyDocument']).toMatchObject({
        Statement: [{ Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      });
    }
  });

  it('writes the permissions into the role while they fit', () => {
    const configuration = configurationOf(1);

    const resources = roles(aService(), configuration);

    expect(resources['SubmitBatchJobRole']?.Properties['Policies']).toMatchObject([
      { PolicyDocument: { Statement: permissionsOf('submitBatchJob', configuration) } },
    ]);
  });

  it('spreads the permissions of a hundred feeds over policies that IAM accepts, and loses none', () => {
    const configuration = configurationOf(100);

    const resources = roles(aService(), configuration);

    const attached = resources['SubmitBatchJobRole']?.Properties['ManagedPolicyArns'] as { Ref: string }[];
    const documents = attached.map(({ Ref }) => documentOf(resources[Ref]?.Properties).Statement);
    expect(documents.length).toBeGreaterThan(1);
    expect(documents.map(length).filter((characters) => characters > 6144)).toEqual([]);
    expect(documents.flatMap(grants)).toEqual(grants(permissionsOf('submitBatchJob', configuration)));
  });

  it('throws an error when ten policies are too few', () => {
    expect(() => roles(aService(), configurationOf(1000))).toThrow(
      /the role of breakaway-dev-submit-batch-job would need \d+ policies, and IAM allows 10/,
    );
  });
});

describe('spread', () => {
  it('keeps every permission, in order, within the limit of a policy', () => {
    const statement = fc.record({
      Sid: fc.stringMatching(/^[A-Z][a-z]{2,8}$/),
      Effect: fc.constant('Allow' as const),
      Action: fc.array(fc.constantFrom('a:One', 'b:Two'), { minLength: 1, maxLength: 2 }),
      Resource: fc.oneof(
        fc.constant('*' as const),
        fc.array(
          fc.stringMatching(/^[a-z/]{1,100}$/).map((resource) => ({ 'Fn::Sub': resource })),
          { minLength: 1, maxLength: 120 },
        ),
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(statement, { selector: ({ Sid }) => Sid, maxLength: 8 }), (statements) => {
        const policies = spread(statements);

        expect(policies.flatMap(grants)).toEqual(grants(statements));
        expect(policies.map(length).filter((characters) => characters > 6144)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
