/** `breakaway notifications`: switches EventBridge on for the landing buckets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from '@commander-js/extra-typings';
import { createBucketNotifications } from '../shared/aws/bucket-notifications.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { ask, isTerminal } from './confirm.ts';
import { readConfiguration } from './stack-command.ts';
import { createSwitchOn, type SwitchOnOutcome } from './switch-on-notifications.ts';

/** The exit codes of this command, which are older than those of the others. */
const FAILED = 1;
const LEFT_OFF = 2;

const MESSAGES: Readonly<Record<SwitchOnOutcome, string>> = {
  'on already': 'EventBridge is on already: nothing to do',
  'switched on': 'EventBridge is switched on; S3 takes about five minutes to apply the change',
  'left off': 'EventBridge is off, so Breakaway does not notice the files of this bucket. Switch it on with --apply',
};

const landingBuckets = async (): Promise<string[]> => {
  const { feeds } = await readConfiguration();
  return [...new Set(feeds.flatMap(fileSlotsOf).map(({ template }) => template.bucket))].sort();
};

type Options = { readonly apply: boolean; readonly region: string };

const run = async (bucket: string | undefined, { apply, region }: Options): Promise<void> => {
  const canAsk = isTerminal() && process.stdout.isTTY;
  const switchOn = createSwitchOn({
    notifications: createBucketNotifications(region),
    print: console.log,
    confirm: async (name) => apply || (canAsk && (await ask(`Change ${name}?`))),
    sleep,
  });

  for (const name of bucket === undefined ? await landingBuckets() : [bucket]) {
    try {
      const outcome = await switchOn(name);
      console.log(`${name}: ${MESSAGES[outcome]}`);
      if (outcome === 'left off') {
        process.exitCode ??= LEFT_OFF;
      }
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = FAILED;
      // Ctrl-C at the question ends the command, not only this bucket.
      if (error instanceof Error && error.name === 'AbortError') {
        return;
      }
    }
  }
};

/** Adds the command. */
export const addNotifications = (program: Command): void => {
  const command = new Command('notifications')
    .summary('switch EventBridge on for landing buckets')
    .description(
      'Shows the change that makes a bucket send its events to EventBridge, and applies it. The notifications to topics, queues and functions stay as they are.',
    )
    .argument('[bucket]', 'one bucket (default: every landing bucket of the configuration)')
    .option('--apply', 'change the bucket without asking', false)
    .option(
      '--region <region>',
      'the Region of the stack (AWS_REGION, AWS_DEFAULT_REGION)',
      process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'ap-northeast-1',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx breakaway notifications                              # all landing buckets; asks for each
  $ npx breakaway notifications northwind-landing            # one bucket; asks
  $ npx breakaway notifications northwind-landing --apply    # does not ask

Exit codes:
  0  EventBridge is on
  1  a bucket could not be read or changed, or the configuration has problems
  2  a bucket was not changed, and EventBridge is off`,
    )
    .action(run);
  program.addCommand(command);
};
