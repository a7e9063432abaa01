import { describe, expect, it } from 'vitest';
import { createSwitchOn } from '../../cli/switch-on-notifications.ts';
import type { NotificationSettings } from '../../shared/aws/bucket-notifications.ts';

const TOPICS: NotificationSettings = {
  TopicConfigurations: [
    { Id: 'one', TopicArn: 'arn:aws:sns:eu-west-1:123456789012:t', Events: ['s3:ObjectCreated:*'] },
  ],
};

/** A bucket that answers reads from the list, and from what was written when the list is used up. */
const aBucket = (reads: NotificationSettings[], isConfirmed = true) => {
  const printed: string[] = [];
  const written: NotificationSettings[] = [];
  const slept: number[] = [];
  const switchOn = createSwitchOn({
    notifications: {
      read: async () => reads.shift() ?? written.at(-1) ?? {},
      write: async (_, settings) => {
        written.push(settings);
      },
    },
    print: (text) => printed.push(text),
    confirm: async () => isConfirmed,
    sleep: async (ms) => slept.push(ms),
  });
  return { switchOn, printed, written, slept };
};

describe('createSwitchOn', () => {
  it('leaves a bucket alone that is on already', async () => {
    const { switchOn, printed, written } = aBucket([{ ...TOPICS, EventBridgeConfiguration: {} }]);

    const outcome = await switchOn('landing');

    expect(outcome).toBe('on already');
    expect(printed).toEqual([]);
    expect(written).toEqual([]);
  });

  it('writes the settings that are there together with EventBridge', async () => {
    const { switchOn, written, slept } = aBucket([TOPICS, TOPICS]);

    const outcome = await switchOn('landing');

    expect(outcome).toBe('switched on');
    expect(written).toEqual([{ ...TOPICS, EventBridgeConfiguration: {} }]);
    expect(slept).toEqual([]);
  });

  it('shows the difference and writes nothing unless it may', async () => {
    const { switchOn, printed, written } = aBucket([TOPICS], false);

    const outcome = await switchOn('landing');

    expect(outcome).toBe('left off');
    expect(printed.join('\n')).toContain('+EventBridgeConfiguration {}');
    expect(written).toEqual([]);
  });

  it('writes nothing when somebody changed the settings after they were shown', async () => {
    const { switchOn, written } = aBucket([TOPICS, {}]);

    await expect(switchOn('landing')).rejects.toThrow('The settings of landing were changed meanwhile');
    expect(written).toEqual([]);
  });

  it('waits until S3 shows what was written', async () => {
    const { switchOn, slept } = aBucket([TOPICS, TOPICS, TOPICS, TOPICS]);

    const outcome = await switchOn('landing');

    expect(outcome).toBe('switched on');
    expect(slept).toEqual([1000, 1000]);
  });

  it('says what is missing, and how it was, when an entry is lost', async () => {
    const onlyEventBridge = { EventBridgeConfiguration: {} };
    const { switchOn, slept } = aBucket([TOPICS, TOPICS, ...Array.from({ length: 10 }, () => onlyEventBridge)]);

    const error = await switchOn('landing').catch(String);

    expect(error).toMatch(/Missing:\nTopicConfigurations .*"one".*\nBefore, they were:/s);
    expect(slept).toHaveLength(9);
  });
});
