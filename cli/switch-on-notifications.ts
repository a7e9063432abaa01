/** Switches EventBridge on for a bucket, and loses nothing that the bucket tells others. */
import type { BucketNotifications } from '../shared/aws/bucket-notifications.ts';
import { areSame, difference, isEventBridgeOn, lostEntries, withEventBridge } from './notification-settings.ts';

/** How often, and how long apart, the settings are read again until they show what was written: S3 may show the old ones for a while. */
const READS = 10;
const READ_GAP_MS = 1000;

export type SwitchOnPorts = {
  readonly notifications: BucketNotifications;
  readonly print: (text: string) => void;
  /** Whether to change the bucket, after its difference was shown. */
  readonly confirm: (bucket: string) => Promise<boolean>;
  readonly sleep: (ms: number) => Promise<unknown>;
};

export type SwitchOnOutcome = 'on already' | 'switched on' | 'left off';

/**
 * Makes the function that looks at one bucket and, when it may, switches EventBridge on.
 *
 * @remarks S3 replaces the whole configuration at once and knows no condition, so a change by someone else in the same instant is lost; it is
 * read again right before and right after.
 */
export const createSwitchOn =
  ({ notifications, print, confirm, sleep }: SwitchOnPorts) =>
  /** @throws Error when the bucket could not be read or written, was changed meanwhile, or is not as it should be afterwards */
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
      throw new Error(`The settings of ${bucket} were changed meanwhile: look at the new difference first`);
    }
    await notifications.write(bucket, wanted);

    let after = await notifications.read(bucket);
    for (let reads = 1; reads < READS && !areSame(wanted, after); reads += 1) {
      await sleep(READ_GAP_MS);
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
