import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivalPatterns } from '../../shared/feeds/event-patterns.ts';
import { arrivalRules, eventRules, ruleWarnings } from '../../template/event-rules.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';

describe('eventRules', () => {
  it('makes a rule for each pattern, numbered from 1', () => {
    const resources = eventRules('breakaway-dev', 'arrivals', [{ source: ['one'] }, { source: ['two'] }]);

    expect(Object.keys(resources)).toEqual(['ArrivalsRule1', 'ArrivalsRule2']);
    expect(resources['ArrivalsRule2']?.Properties).toMatchObject({
      Name: 'breakaway-dev-arrivals-2',
      EventPattern: { source: ['two'] },
    });
  });

  it('sends undelivered events to the queue of undelivered events', () => {
    const [rule] = Object.values(eventRules('breakaway-dev', 'arrivals', [{}]));

    expect(rule?.Properties['Targets']).toEqual([
      {
        Id: 'arrivals',
        Arn: { 'Fn::GetAtt': ['ArrivalsQueue', 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['UndeliveredQueue', 'Arn'] } },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
      },
    ]);
  });
});

const patternsOf = (...uris: readonly string[]) =>
  arrivalPatterns(uris.map((uri) => aFeed({ slots: [aFileSlot({ uri })] })));

const someBucket = fc.stringMatching(/^[a-z0-9]{3,20}([.-][a-z0-9]{1,20}){0,2}$/);

describe('arrivalRules', () => {
  it('names a rule by its bucket, readably', () => {
    const resources = arrivalRules('breakaway-dev', 'arrivals', patternsOf('s3://northwind-landing/sales/*'));

    expect(Object.entries(resources).map(([id, { Properties }]) => [id, Properties['Name']])).toEqual([
      ['ArrivalsRuleNorthwindLanding5ed094b91', 'breakaway-dev-arrivals-northwind-landing-5ed094b9-1'],
    ]);
  });

  it('keeps the rules of a bucket when another bucket comes before it', () => {
    const many = Array.from({ length: 60 }, (_, index) => `s3://landing/${'x'.repeat(60)}${index}/*`);
    const before = arrivalRules('breakaway-dev', 'arrivals', patternsOf(...many));

    const after = arrivalRules('breakaway-dev', 'arrivals', patternsOf('s3://a-landing/*', ...many));

    expect(Object.keys(before).length).toBeGreaterThan(1);
    expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 1);
    expect(after).toMatchObject(before);
  });

  it.each(['breakaway-dev', 'breakaway-a-stage-of-many-letters'])(
    'gives every bucket a name of its own in %s',
    (prefix) => {
      fc.assert(
        fc.property(fc.uniqueArray(someBucket, { minLength: 1, maxLength: 5 }), (buckets) => {
          const uris = buckets.map((bucket) => `s3://${bucket}/*`);

          const resources = arrivalRules(prefix, 'arrivals', patternsOf(...uris));

          const names = Object.values(resources).map(({ Properties }) => String(Properties['Name']));
          expect(Object.keys(resources)).toHaveLength(buckets.length);
          expect(new Set(names).size).toBe(buckets.length);
          expect(names.filter((name) => !/^[A-Za-z0-9._-]{1,64}$/.test(name))).toEqual([]);
          // What the policy of the queue admits.
          expect(names.filter((name) => !name.startsWith(`${prefix}-arrivals-`))).toEqual([]);
          expect(Object.keys(resources).filter((id) => !/^[A-Za-z0-9]{1,255}$/.test(id))).toEqual([]);
        }),
      );
    },
  );
});

describe('ruleWarnings', () => {
  const ofBuckets = (count: number) =>
    patternsOf(...Array.from({ length: count }, (_, index) => `s3://landing-${index}/*`));

  it('names the number of rules and the quota of a bus', () => {
    expect(ruleWarnings(ofBuckets(400))).toEqual([
      expect.stringMatching(/^The feeds need 400 EventBridge rules.* 300 /),
    ]);
  });

  it('does not warn while there is room for the other rules of the stack', () => {
    expect(ruleWarnings(ofBuckets(280))).toEqual([]);
    expect(ruleWarnings(ofBuckets(281))).toHaveLength(1);
  });
});
