/** What all commands that ask AWS have in common: which stack they mean, how they end, and what their help says of it. */
import type { Command, CommanderError } from 'commander';
import { ConfigurationError } from '../configuration/load.ts';

/** How a command ends; its help says so. */
export const EXIT = {
  fine: 0,
  /** It did what it was asked, and there is a problem that a person should look at. */
  problem: 1,
  /** It was called wrongly, or the configuration has problems: nothing was done. */
  usage: 2,
  /** It could not look, or could not do it. */
  failed: 3,
  interrupted: 130,
} as const;

/** Thrown when a command is called in a way that makes no sense; the message says what would. */
export class UsageError extends Error {
  override name = 'UsageError' as const;
}

/** Which stack is meant, and how its answers are printed. */
export type StackOptions = {
  readonly stage: string;
  readonly profile?: string;
  readonly region?: string;
  readonly json: boolean;
};

/** The names of what is deployed, as `serverless.yml` has them. */
export type Stack = { readonly stage: string; readonly ledgerTable: string; readonly submitFunction: string };

/** Adds the options that say which stack is meant. */
export const withStackOptions = (command: Command): Command =>
  command
    .option('--stage <stage>', 'the stage of the stack (BREAKAWAY_STAGE)', process.env['BREAKAWAY_STAGE'] ?? 'dev')
    .option('--profile <name>', 'the AWS profile (AWS_PROFILE)')
    .option('--region <region>', 'the Region of the stack (AWS_REGION, AWS_DEFAULT_REGION; else ap-northeast-1)')
    .option('--json', 'print JSON', false);

/** Names what a stage consists of, and has the SDK ask in the right place. */
export const enterStack = ({ stage, profile, region }: StackOptions): Stack => {
  const environment = process.env;
  environment['AWS_REGION'] =
    region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'ap-northeast-1';
  if (profile !== undefined) {
    environment['AWS_PROFILE'] = profile;
  }
  const prefix = `breakaway-${stage}`;
  return { stage, ledgerTable: `${prefix}-ledger`, submitFunction: `${prefix}-submit-batch-job` };
};

/** What a command's help says besides its options. */
export type Help = {
  readonly examples: readonly string[];
  /** Each with what it is needed for. */
  readonly actions: readonly (readonly [action: string, on: string])[];
  /** What the exit codes 0 and 1 mean here. */
  readonly fine: string;
  readonly problem?: string;
  /** What the exit code 3 means, where the command asks something else than AWS. */
  readonly failed?: string;
};

const HELP_WIDTH = 24;

/** Adds examples, permissions and exit codes to the help of a command, and has it end with {@link EXIT.usage} when it is called wrongly. */
export const withHelp = (command: Command, { examples, actions, fine, problem, failed }: Help): Command =>
  command
    .exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? EXIT.fine : EXIT.usage);
    })
    .addHelpText(
      'after',
      [
        '\nExamples:',
        ...examples.map((example) => `  $ npx breakaway ${example}`),
        '\nPermissions:',
        ...(actions.length === 0 ? ['  none: it asks nobody'] : []),
        ...actions.map(([action, on]) => `  ${action.padEnd(HELP_WIDTH)}  ${on}`),
        '\nExit codes:',
        `  ${EXIT.fine}  ${fine}`,
        ...(problem === undefined ? [] : [`  ${EXIT.problem}  ${problem}`]),
        `  ${EXIT.usage}  it was called wrongly, or the configuration has problems; nothing was done`,
        ...(actions.length === 0 && failed === undefined
          ? []
          : [`  ${EXIT.failed}  ${failed ?? 'AWS could not be asked'}`]),
      ].join('\n'),
    );

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));

/** Says what went wrong in a line, with the reason behind it where there is one. */
const tell = (error: unknown): void => {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${messageOf(error.cause)})` : '';
  const name = error instanceof Error && !['Error', 'UsageError'].includes(error.name) ? `${error.name}: ` : '';
  console.error(`${name}${messageOf(error)}${cause}`);
};

/**
 * Does the work of a command, until Ctrl-C.
 *
 * The first Ctrl-C aborts the signal, and the command ends what it has begun; the second ends the process.
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
      tell(error);
      process.exitCode = EXIT.failed;
    }
  } finally {
    process.off('SIGINT', interrupt);
  }
};
