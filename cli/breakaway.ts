/** What an operator types: one file for each command. */
import { Command } from 'commander';
import { ConfigurationError } from '../shared/config/load.ts';
import { notifications } from './notifications.ts';

const breakaway = new Command('breakaway')
  .description('Looks after a Breakaway stack.')
  .showHelpAfterError()
  .addCommand(notifications());

try {
  await breakaway.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
