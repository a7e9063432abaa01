/** Switches EventBridge on for a bucket, and keeps all other notifications of the bucket. */
import type { BucketNotifications } from '../shared/aws/bucket-notifications.ts';
import { areSame, difference, isEventBridgeOn, lostEntries, withEventBridge } from './notification-settings.ts';

/** S3 may return the old settings for a while after a write. */
const MAX_READS = 10;
const READ_INTERVAL_MS = 1_000;

export type SwitchOnPorts = {
  readonly notifications: BucketNotifications;
  readonly print: (text: string) => void;
  /** Asks whether to change the bucket, after the difference was printed. */
  readonly confirm: (bucket: string) => Promise<boolean>;
  readonly sleep: (ms: number) => Promise<unknown>;
};

export type SwitchOnOutcome = 'on already' | 'switched on' | 'left off';

/**
 * Makes the function that switches EventBridge on for one bucket, if that is confirmed.
 *
 * @remarks S3 replaces all settings at once and has no conditional write, so a change by another
 * client in the same instant is lost. The settings are read again right before and right after.
 */
export const createSwitchOn =
  ({ notifications, print, confirm, sleep }: SwitchOnPorts) =>
  /** @throws Error when the settings cannot be read or written, have changed, or lost an entry */
  async (bucket: string): Promise<SwitchOnOutcome> => {
    const before = await notifications.read(bucket);
    if (isEventBridgeOn(before)) {
      return 'on already';
    }

    const wanted = withEventBridge(before);
    print(difference(bucket, before, wanted));
    if (!(await confirm(bucket))) {
      return 'left off';
    }

    if (!areSame(before, await notifications.read(bucket))) {
      throw new Error(
        `The settings of ${bucket} were changed meanwhile: run the command again and check the new difference`,
      );
    }
    await notifications.write(bucket, wanted);

    let after = await notifications.read(bucket);
    for (let reads = 1; reads < MAX_READS && !areSame(wanted, after); reads += 1) {
      await sleep(READ_INTERVAL_MS);
      after = await notifications.read(bucket);
    }
    const lost = lostEntries(wanted, after);
    if (lost.length > 0) {
      throw new Error(
        `The settings of ${bucket} are not what was written. Missing:\n${lost.join('\n')}\nBefore, they were:\n${JSON.stringify(before, undefined, 2)}`,
      );
    }
    return 'switched on';
  };
