import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../configuration/configuration.ts';
import { planSearch } from '../../functions/check-arrivals/search-plan.ts';
import type { Feed } from '../../shared/feeds/feed.ts';
import { permissionsOf } from '../../template/permissions.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';
import { isAllowed } from './iam.ts';

const BATCH = 'arn:aws:batch:ap-northeast-1:123456789012';

const configurationOf = (...feeds: readonly Feed[]): Configuration => ({
  timeZone: 'Asia/Tokyo',
  feeds,
  calendars: {},
  queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: {} },
  logGroups: [],
});

const submitterOf = (...feeds: readonly Feed[]) => permissionsOf('submitBatchJob', configurationOf(...feeds));

describe('permissionsOf', () => {
  it('allows to submit every revision of a definition without a revision to the queues of the feeds, and nothing else', () => {
    const statements = submitterOf(
      aFeed({ batch: { queue: 'etl', definition: 'load' } }),
      aFeed({ batch: { queue: 'adhoc', definition: 'report:3' } }),
    );

    const allowed = [
      'job-queue/etl',
      'job-queue/adhoc',
      'job-definition/load',
      'job-definition/load:1',
      'job-definition/load:12',
      'job-definition/report:3',
    ];
    const refused = ['job-queue/etl2', 'job-definition/load2:1', 'job-definition/report', 'job-definition/report:4'];
    expect(allowed.filter((arn) => !isAllowed(statements, 'batch:SubmitJob', `${BATCH}:${arn}`))).toEqual([]);
    expect(refused.filter((arn) => isAllowed(statements, 'batch:SubmitJob', `${BATCH}:${arn}`))).toEqual([]);
  });

  it('allows to tag jobs only where a feed has tags', () => {
    const tagged = submitterOf(aFeed(), aFeed({ batch: { tags: { team: 'sales' } } }));

    expect(isAllowed(tagged, 'batch:TagResource', `${BATCH}:job/1234`)).toBe(true);
    expect(isAllowed(tagged, 'batch:TagResource', `${BATCH}:job-queue/etl`)).toBe(false);
    expect(isAllowed(submitterOf(aFeed()), 'batch:TagResource', `${BATCH}:job/1234`)).toBe(false);
  });

  it('allows to read objects that can fill a slot, and to list their buckets', () => {
    const statements = submitterOf(aFeed({ slots: [aFileSlot({ uri: 's3://landing/sales/{date:yyyyMMdd}.tsv' })] }));

    expect(isAllowed(statements, 's3:GetObject', 'arn:aws:s3:::landing/sales/20261122.tsv')).toBe(true);
    expect(isAllowed(statements, 's3:ListBucket', 'arn:aws:s3:::landing')).toBe(true);
    expect(isAllowed(statements, 's3:GetObject', 'arn:aws:s3:::landing/salaries.tsv')).toBe(false);
    expect(isAllowed(statements, 's3:GetObject', 'arn:aws:s3:::landing2/sales/20261122.tsv')).toBe(false);
    expect(isAllowed(statements, 's3:ListBucket', 'arn:aws:s3:::landing2')).toBe(false);
  });

  it('allows every key that begins as the template does, whatever characters it has', () => {
    const strange = fc.string({
      unit: fc.constantFrom('a', '*', '?', '$', `\${a}`, '/', '\\', '+', '.', ' ', '\n', 'é'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(strange, strange, (prefix, rest) => {
        const { template } = aFileSlot();
        const parts = [
          ...(prefix === '' ? [] : [{ kind: 'literal' as const, text: prefix }]),
          { kind: 'any' as const },
        ];
        const statements = submitterOf(aFeed({ slots: [aFileSlot({ template: { ...template, parts } })] }));

        expect(isAllowed(statements, 's3:GetObject', `arn:aws:s3:::landing/${prefix}${rest}`)).toBe(true);
        expect(isAllowed(statements, 's3:GetObject', `arn:aws:s3:::other/${prefix}${rest}`)).toBe(false);
      }),
    );
  });

  it.each([
    ['売上/', ''],
    ['sales/売上/', 'sales/'],
    ['sales/é/', 'sales/'],
    ['sales/\u0000/', 'sales/'],
    [`sales/\${a}/`, 'sales/'],
  ])('cuts the prefix %j where IAM would refuse the policy', (prefix, plain) => {
    const statements = submitterOf(
      aFeed({ slots: [aFileSlot({ uri: `s3://landing/${prefix.replace(/[{}]/g, '$&$&')}*` })] }),
    );

    expect(statements.find(({ Sid }) => Sid === 'ReadArrivals')?.Resource).toEqual([
      { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::landing/${plain}*` },
    ]);
  });

  it('names a prefix once, and no prefix that another one covers', () => {
    const statements = submitterOf(
      aFeed({
        slots: ['s3://landing/sales/*', 's3://landing/sales/eu/*', 's3://landing/sales/*.gz'].map((uri) =>
          aFileSlot({ uri }),
        ),
      }),
    );

    expect(statements.find(({ Sid }) => Sid === 'ReadArrivals')?.Resource).toEqual([
      { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::landing/sales/*` },
    ]);
  });

  it('keeps a prefix that contains another one but does not begin with it', () => {
    const slots = ['s3://landing/sales/*', 's3://landing/archive/sales/*', 's3://old-landing/sales/*'].map((uri) =>
      aFileSlot({ uri }),
    );

    const submitter = submitterOf(aFeed({ slots }));
    const listed = permissionsOf('checkArrivals', configurationOf(aFeed({ slots })))
      .filter(({ Sid }) => Sid.startsWith('ListArrivals'))
      .map(({ Condition }) => Condition);

    for (const key of ['landing/sales/a', 'landing/archive/sales/a', 'old-landing/sales/a']) {
      expect(isAllowed(submitter, 's3:GetObject', `arn:aws:s3:::${key}`)).toBe(true);
    }
    expect(listed).toEqual([
      { StringLike: { 's3:prefix': ['archive/sales/*', 'sales/*'] } },
      { StringLike: { 's3:prefix': ['sales/*'] } },
    ]);
  });

  it('needs no bucket where no feed waits for files', () => {
    expect(submitterOf(aFeed({ slots: [] })).map(({ Sid }) => Sid)).not.toContain('ReadArrivals');
  });

  it('allows each function to write to its own log group only', () => {
    const [logs] = permissionsOf('checkArrivals', configurationOf(aFeed()));

    expect(logs).toMatchObject({
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [{ 'Fn::GetAtt': ['CheckArrivalsLogGroup', 'Arn'] }],
    });
  });

  it('allows only check-arrivals to find candidates and publish notifications, and only submit-batch-job to receive arrivals', () => {
    const submitter = submitterOf(aFeed());
    const sweeper = permissionsOf('checkArrivals', configurationOf(aFeed()));

    for (const [action, resource] of [
      ['dynamodb:Query', 'LedgerTable.Arn/index/candidates'],
      ['sns:Publish', 'AlertTopic'],
    ] as const) {
      expect(isAllowed(sweeper, action, resource)).toBe(true);
      expect(isAllowed(submitter, action, resource)).toBe(false);
    }
    for (const [action, resource] of [['sqs:ReceiveMessage', 'ArrivalsQueue.Arn']] as const) {
      expect(isAllowed(sweeper, action, resource)).toBe(false);
      expect(isAllowed(submitter, action, resource)).toBe(true);
    }
  });

  it('allows check-arrivals to list each bucket below the prefixes of the templates only', () => {
    const uris = [
      's3://landing/sales/{date:yyyyMMdd}.tsv',
      's3://landing/sales/eu/*',
      's3://all-bucket/{a}/x',
      's3://landing/b_*',
    ];
    const statements = permissionsOf(
      'checkArrivals',
      configurationOf(aFeed({ slots: uris.map((uri) => aFileSlot({ uri })) })),
    );

    const listing = statements.filter(({ Action }) => Action.includes('s3:ListBucket'));
    expect(listing.map(({ Resource, Condition }) => [Resource, Condition])).toEqual([
      [[{ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::all-bucket` }], { StringLike: { 's3:prefix': ['*'] } }],
      [[{ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::landing` }], { StringLike: { 's3:prefix': ['b_*', 'sales/*'] } }],
    ]);
    expect(new Set(listing.map(({ Sid }) => Sid)).size).toBe(2);
    expect(isAllowed(statements, 's3:GetObject', 'arn:aws:s3:::landing/sales/20261122.tsv')).toBe(true);
    expect(isAllowed(statements, 's3:GetObject', 'arn:aws:s3:::landing/salaries.tsv')).toBe(false);
    expect(isAllowed(statements, 'dynamodb:BatchGetItem', 'LedgerTable.Arn')).toBe(true);
  });

  it('allows to list every prefix, and spreads many prefixes over statements that fit into a policy', () => {
    const feeds = Array.from({ length: 300 }, (_, index) =>
      aFeed({
        name: `feed-${index}`,
        slots: [aFileSlot({ uri: `s3://landing/${'folder/'.repeat(5)}${index}-\u00e9/{date:yyyyMMdd}/*` })],
      }),
    );
    const statements = permissionsOf('checkArrivals', configurationOf(...feeds)).filter(({ Action }) =>
      Action.includes('s3:ListBucket'),
    );
    const patterns = statements
      .map(({ Condition }) => Condition?.['StringLike']?.['s3:prefix'] ?? [])
      .map((some) => [some].flat());
    const plan = planSearch(
      feeds,
      new Map(feeds.map(({ name }) => [name, new Date(0)])),
      new Date('2026-11-22T03:00:00Z'),
    );

    expect(statements.length).toBeGreaterThan(3);
    for (const group of patterns) {
      expect(group.join('').length).toBeLessThan(2_500);
    }
    const starts = patterns.flat().map((pattern) => String(pattern).slice(0, -1));
    expect(plan.places.narrow).toHaveLength(1_500);
    for (const { prefix } of plan.places.narrow) {
      expect(starts.some((start) => prefix.startsWith(start))).toBe(true);
    }
  });

  it('allows no listing where no feed waits for files', () => {
    const statements = permissionsOf('checkArrivals', configurationOf(aFeed({ slots: [] })));

    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.startsWith('s3:'))).toEqual([
      's3:PutObject',
    ]);
  });

  it.each([
    ['feeds', [aFeed({ batch: { tags: { team: 'sales' } } })]],
    ['a feed that waits for no file', [aFeed({ slots: [] })]],
    ['no feeds', []],
  ])('makes no statement of %s without a resource, which IAM would refuse', (_, feeds) => {
    const configuration = configurationOf(...feeds);

    for (const key of [
      'submitBatchJob',
      'checkArrivals',
      'trackJobs',
      'notifyFailure',
      'countStuckJobs',
      'aggregateEmrMetrics',
      'rebindEmrUi',
    ]) {
      const without = permissionsOf(key, configuration).filter(({ Resource }) => Resource.length === 0);

      expect([key, without]).toEqual([key, []]);
    }
  });

  it('allows to read the log group of AWS Batch and the log groups of the configuration, and no others', () => {
    const configuration = { ...configurationOf(aFeed()), logGroups: ['/team/etl'] };
    const LOGS = 'arn:aws:logs:ap-northeast-1:123456789012:log-group';

    for (const key of ['notifyFailure', 'checkArrivals']) {
      const statements = permissionsOf(key, configuration);
      expect(isAllowed(statements, 'logs:GetLogEvents', `${LOGS}:/aws/batch/job:log-stream:a/default/1`)).toBe(true);
      expect(isAllowed(statements, 'logs:GetLogEvents', `${LOGS}:/team/etl:log-stream:a`)).toBe(true);
      expect(isAllowed(statements, 'logs:GetLogEvents', `${LOGS}:/aws/lambda/x:log-stream:a`)).toBe(false);
    }
    expect(
      isAllowed(permissionsOf('trackJobs', configuration), 'logs:GetLogEvents', `${LOGS}:/team/etl:log-stream:a`),
    ).toBe(false);
  });

  it('allows notify-failure to submit nothing, and to keep only its own items', () => {
    const teller = permissionsOf('notifyFailure', configurationOf(aFeed()));

    expect(isAllowed(teller, 'batch:SubmitJob', `${BATCH}:job-queue/etl`)).toBe(false);
    expect(isAllowed(teller, 'sns:Publish', 'AlertTopic')).toBe(true);
    const written = teller.filter(
      ({ Action }) => Action.includes('dynamodb:UpdateItem') || Action.includes('dynamodb:PutItem'),
    );
    expect(written.map(({ Condition }) => Object.values(Condition ?? {})[0]?.['dynamodb:LeadingKeys'])).toEqual([
      ['ALERT#*'],
      ['FAILURES#*'],
      ['CASCADE#*'],
    ]);
  });

  it('limits every action to a resource where AWS allows it', () => {
    const unlimited = ['submitBatchJob', 'trackJobs', 'notifyFailure', 'checkArrivals']
      .flatMap((key) => permissionsOf(key, configurationOf(aFeed())))
      .filter(({ Resource }) => Resource === '*')
      .flatMap(({ Action }) => Action);

    expect(new Set(unlimited)).toEqual(new Set(['batch:DescribeJobs', 'batch:ListJobs', 'cloudwatch:PutMetricData']));
  });

  it('refuses a function without permissions in the list', () => {
    expect(() => permissionsOf('newcomer', configurationOf())).toThrow(
      'The function newcomer of serverless.yml has no permissions in template/permissions.ts',
    );
  });
});

describe('the permissions of rebindEmrUi', () => {
  const statements = permissionsOf('rebindEmrUi', configurationOf());

  it('change only target groups with both of our tags', () => {
    const changing = statements.filter(({ Action }) =>
      Action.some((action) => /^elasticloadbalancing:(?!Describe)/.test(action)),
    );

    expect(changing).toEqual([
      {
        Sid: 'ChangeOurTargetGroups',
        Effect: 'Allow',
        Action: ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'],
        Resource: [
          { 'Fn::Sub': `arn:\${AWS::Partition}:elasticloadbalancing:\${AWS::Region}:\${AWS::AccountId}:targetgroup/*` },
        ],
        Condition: { Null: { 'aws:ResourceTag/breakaway:cluster': 'false', 'aws:ResourceTag/breakaway:ui': 'false' } },
      },
    ]);
  });

  it('change nothing else but its own records and metrics', () => {
    const changes = statements
      .flatMap(({ Action }) => Action)
      .filter((action) => !/:(?:Describe|List|Query)/.test(action) && !action.startsWith('logs:'));

    expect(changes.toSorted()).toEqual([
      'cloudwatch:PutMetricData',
      'dynamodb:PutItem',
      'elasticloadbalancing:DeregisterTargets',
      'elasticloadbalancing:RegisterTargets',
    ]);
  });
});
