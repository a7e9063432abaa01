import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areSame, difference, isEventBridgeOn, lostEntries, withEventBridge } from '../../cli/notification-settings.ts';
import type { NotificationSettings } from '../../shared/aws/bucket-notifications.ts';

const topic = (id: string) => ({
  Id: id,
  TopicArn: 'arn:aws:sns:ap-northeast-1:123456789012:files',
  Events: ['s3:ObjectCreated:*' as const],
  Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'sales/' }] } },
});

const anyEntry = fc.record(
  {
    Id: fc.string(),
    TopicArn: fc.string(),
    Events: fc.array(fc.constantFrom('s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:TestEvent'), { minLength: 1 }),
    Filter: fc.record({
      Key: fc.record({
        FilterRules: fc.array(fc.record({ Name: fc.constantFrom('prefix', 'Suffix'), Value: fc.string() })),
      }),
    }),
  },
  { requiredKeys: ['Id'] },
);

const anySettings: fc.Arbitrary<NotificationSettings> = fc.record(
  {
    TopicConfigurations: fc.array(anyEntry),
    QueueConfigurations: fc.array(anyEntry),
    LambdaFunctionConfigurations: fc.array(anyEntry),
    EventBridgeConfiguration: fc.constant({}),
    // A kind that S3 may add later.
    PigeonConfigurations: fc.array(anyEntry),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<NotificationSettings>;

describe('withEventBridge', () => {
  it('switches EventBridge on and loses no entry, whatever the settings', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        const changed = withEventBridge(settings);

        expect(isEventBridgeOn(changed)).toBe(true);
        expect(lostEntries(settings, changed)).toEqual([]);
        expect(changed).toMatchObject(settings);
      }),
    );
  });

  it('changes nothing where EventBridge is on', () => {
    fc.assert(
      fc.property(anySettings, (settings) => {
        const on = withEventBridge(settings);

        expect(withEventBridge(on)).toEqual(on);
      }),
    );
  });
});

describe('isEventBridgeOn', () => {
  it('knows off from on by the presence of an empty entry', () => {
    expect(isEventBridgeOn({ TopicConfigurations: [topic('one')] })).toBe(false);
    expect(isEventBridgeOn({ EventBridgeConfiguration: {} })).toBe(true);
  });
});

describe('lostEntries', () => {
  it('names exactly the entry that was taken away, also one of two alike', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1 }), fc.nat(), (entries, choice) => {
        const gone = choice % entries.length;
        const before = { QueueConfigurations: entries } as NotificationSettings;
        const after = { QueueConfigurations: entries.toSpliced(gone, 1) } as NotificationSettings;

        expect(lostEntries(before, after)).toHaveLength(1);
      }),
    );
  });

  it('writes a lost entry with its kind', () => {
    const before = { TopicConfigurations: [topic('kept'), topic('lost')] };
    const after = { TopicConfigurations: [topic('kept')] };

    expect(lostEntries(before, after)).toEqual([
      'TopicConfigurations {"Events":["s3:ObjectCreated:*"],"Filter":{"Key":{"FilterRules":[{"Name":"prefix","Value":"sales/"}]}},"Id":"lost","TopicArn":"arn:aws:sns:ap-northeast-1:123456789012:files"}',
    ]);
  });

  it('takes an entry of another kind for another entry', () => {
    const entry = { Id: 'one', Events: ['s3:ObjectCreated:*' as const] };

    const lost = lostEntries(
      { QueueConfigurations: [{ ...entry, QueueArn: 'arn' }] },
      { TopicConfigurations: [{ ...entry, TopicArn: 'arn' }] },
    );

    expect(lost).toHaveLength(1);
  });
});

describe('areSame', () => {
  it('does not mind the order and case in which S3 gives settings back', () => {
    const written: NotificationSettings = {
      QueueConfigurations: [
        {
          Id: 'q',
          QueueArn: 'arn',
          Events: ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
          Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'A/' }] } },
        },
      ],
    };
    const read = {
      QueueConfigurations: [
        {
          Filter: { Key: { FilterRules: [{ Value: 'A/', Name: 'Prefix' }] } },
          Events: ['s3:ObjectCreated:Copy', 's3:ObjectCreated:Put'],
          QueueArn: 'arn',
          Id: 'q',
        },
      ],
    } as unknown as NotificationSettings;

    expect(areSame(written, read)).toBe(true);
  });

  it('minds another value', () => {
    expect(areSame({ TopicConfigurations: [topic('one')] }, { TopicConfigurations: [topic('One')] })).toBe(false);
  });

  it('minds what came on top', () => {
    expect(areSame({}, { TopicConfigurations: [topic('one')] })).toBe(false);
  });
});

describe('difference', () => {
  it('shows what is added among what stays', () => {
    const before = { TopicConfigurations: [{ Id: 'one', TopicArn: 'arn', Events: [] }] };

    const shown = difference('northwind-landing', before, withEventBridge(before));

    expect(shown).toBe(
      [
        '--- northwind-landing\tnow',
        '+++ northwind-landing\twith EventBridge',
        '@@ -1,1 +1,2 @@',
        '+EventBridgeConfiguration {}',
        ' TopicConfigurations {"Events":[],"Id":"one","TopicArn":"arn"}',
      ].join('\n'),
    );
  });
});
