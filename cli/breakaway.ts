/** What an operator types: one file for each command. */
import { Command } from 'commander';
import { notifications } from './notifications.ts';

await new Command('breakaway')
  .description('Looks after a Breakaway stack.')
  .showHelpAfterError()
  .addCommand(notifications())
  .parseAsync();
