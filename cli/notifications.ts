/** `breakaway notifications`: the events of the landing buckets. */

import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { loadConfiguration } from '../configuration/load.ts';
import { createBucketNotifications } from '../shared/aws/bucket-notifications.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { createSwitchOn, type SwitchOnOutcome } from './switch-on-notifications.ts';

const COULD_NOT = 1;
const LEFT_OFF = 2;

const TOLD: Readonly<Record<SwitchOnOutcome, string>> = {
  'on already': 'EventBridge is on already: nothing to do',
  'switched on': 'EventBridge is switched on; S3 takes about five minutes to act on it',
  'left off': 'EventBridge is off: no file that comes here is noticed. Switch it on with --apply',
};

const landingBuckets = async (): Promise<string[]> => {
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  return [...new Set(configuration.feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket))].sort();
};

const askFor = async (bucket: string): Promise<boolean> => {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Change ${bucket}? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
};

type Options = { readonly apply: boolean; readonly region: string };

const run = async (bucket: string | undefined, { apply, region }: Options): Promise<void> => {
  const switchOn = createSwitchOn({
    notifications: createBucketNotifications(region),
    print: console.log,
    confirm: apply ? async () => true : askFor,
    sleep,
  });

  for (const name of bucket === undefined ? await landingBuckets() : [bucket]) {
    try {
      const outcome = await switchOn(name);
      console.log(`${name}: ${TOLD[outcome]}`);
      if (outcome === 'left off') {
        process.exitCode ??= LEFT_OFF;
      }
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = COULD_NOT;
      // Ctrl-C at the question means all buckets.
      if (error instanceof Error && error.name === 'AbortError') {
        return;
      }
    }
  }
};

/** Makes the command. */
export const notifications = (): Command =>
  new Command('notifications')
    .summary('switch EventBridge on for landing buckets')
    .description(
      'Shows what it takes for a bucket to tell EventBridge about its files, and does it. What the bucket tells topics, queues and functions stays as it is.',
    )
    .argument('[bucket]', 'one bucket (default: every landing bucket of the configuration)')
    .option('--apply', 'change without asking', false)
    .option(
      '--region <region>',
      'the Region of the stack (AWS_REGION, AWS_DEFAULT_REGION)',
      process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'ap-northeast-1',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx breakaway notifications                              # look at all landing buckets
  $ npx breakaway notifications northwind-landing            # look at one, and be asked
  $ npx breakaway notifications northwind-landing --apply    # change it without being asked

Exit codes:
  0  EventBridge is on
  1  a bucket could not be read or changed, or the configuration has problems
  2  a bucket was left as it is, with EventBridge off`,
    )
    .action(run);
