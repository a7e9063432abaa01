/** The parts that commands share: configuration, stack, help, exit codes and Ctrl-C. */
import type { Command, CommandUnknownOpts, OptionValues } from '@commander-js/extra-typings';
import type { Configuration } from '../configuration/configuration.ts';
import { ConfigurationError, loadConfiguration } from '../configuration/load.ts';

/** The exit codes; the help of each command describes them. */
export const EXIT = {
  fine: 0,
  /** The command did what it was asked, and a person should look at something. */
  problem: 1,
  /** Wrong arguments, or a problem in the configuration: nothing was done. */
  usage: 2,
  /** A call to AWS or to the file system failed. */
  failed: 3,
  interrupted: 130,
} as const;

/** Thrown for arguments that make no sense together; the message says what to write instead. */
export class UsageError extends Error {
  override name = 'UsageError' as const;
}

/** The names of deployed resources, as `serverless.yml` has them. */
export type Stack = { readonly stage: string; readonly ledgerTable: string; readonly submitFunction: string };

/** Loads the configuration that `BREAKAWAY_CONFIG` names, else the one of the project. */
export const readConfiguration = async (): Promise<Configuration> =>
  (await loadConfiguration(process.env['BREAKAWAY_CONFIG'])).configuration;

/** Adds the options that select a stack and the form of the output. */
export const withStackOptions = <Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
) =>
  command
    .option('--stage <stage>', 'the stage of the stack (BREAKAWAY_STAGE)', process.env['BREAKAWAY_STAGE'] ?? 'dev')
    .option('--profile <name>', 'the AWS profile (AWS_PROFILE)')
    .option('--region <region>', 'the Region of the stack (AWS_REGION, AWS_DEFAULT_REGION; else ap-northeast-1)')
    .option('--json', 'print JSON', false);

/** The options that a function adds to a command. */
export type OptionsOf<AddOptions extends (command: Command) => CommandUnknownOpts> = ReturnType<
  ReturnType<AddOptions>['opts']
>;

export type StackOptions = OptionsOf<typeof withStackOptions<[], Record<never, never>>>;

/** Sets the profile and Region that the SDK uses, and names the resources of the stage. */
export const selectStack = ({ stage, profile, region }: StackOptions): Stack => {
  const environment = process.env;
  environment['AWS_REGION'] =
    region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'ap-northeast-1';
  if (profile !== undefined) {
    environment['AWS_PROFILE'] = profile;
  }
  const prefix = `breakaway-${stage}`;
  return { stage, ledgerTable: `${prefix}-ledger`, submitFunction: `${prefix}-submit-batch-job` };
};

/** The parts of a command's help that commander does not know. */
export type Help = {
  readonly examples: readonly string[];
  /** The IAM actions that the command needs, each with its resource. */
  readonly actions: readonly (readonly [action: string, on: string])[];
  /** The meaning of exit code 0. */
  readonly fine: string;
  /** The meaning of exit code 1. */
  readonly problem?: string;
  /** The meaning of exit code 3, where it is not a failed call to AWS. */
  readonly failed?: string;
};

const ACTION_WIDTH = 24;

/** Adds to the help, and ends with {@link EXIT.usage} after wrong arguments. */
export const withHelp = <Typed extends CommandUnknownOpts>(
  command: Typed,
  { examples, actions, fine, problem, failed }: Help,
): Typed =>
  command
    .exitOverride((error) => {
      process.exit(error.exitCode === 0 ? EXIT.fine : EXIT.usage);
    })
    .addHelpText(
      'after',
      [
        '\nExamples:',
        ...examples.map((example) => `  $ npx breakaway ${example}`),
        '\nPermissions:',
        ...(actions.length === 0 ? ['  none: the command does not call AWS'] : []),
        ...actions.map(([action, on]) => `  ${action.padEnd(ACTION_WIDTH)}  ${on}`),
        '\nExit codes:',
        `  ${EXIT.fine}  ${fine}`,
        ...(problem === undefined ? [] : [`  ${EXIT.problem}  ${problem}`]),
        `  ${EXIT.usage}  wrong arguments, or a problem in the configuration; nothing was done`,
        ...(actions.length === 0 && failed === undefined
          ? []
          : [`  ${EXIT.failed}  ${failed ?? 'a call to AWS failed'}`]),
      ].join('\n'),
    );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

/** Prints an error on one line, with its cause. */
const printError = (error: unknown): void => {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${messageOf(error.cause)})` : '';
  const name = error instanceof Error && !['Error', 'UsageError'].includes(error.name) ? `${error.name}: ` : '';
  console.error(`${name}${messageOf(error)}${cause}`);
};

/**
 * Runs a command and sets the exit code.
 *
 * The first Ctrl-C aborts the signal, and the command finishes its current step. The second Ctrl-C
 * ends the process.
 */
export const perform = async (work: (signal: AbortSignal) => Promise<number>): Promise<void> => {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) {
      process.exit(EXIT.interrupted);
    }
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  try {
    process.exitCode = await work(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) {
      process.exitCode = EXIT.interrupted;
    } else if (error instanceof ConfigurationError || error instanceof UsageError) {
      console.error(error.message);
      process.exitCode = EXIT.usage;
    } else {
      printError(error);
      process.exitCode = EXIT.failed;
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
};
