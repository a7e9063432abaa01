/** The command line. Each command has a file of its own. */
import { Command } from '@commander-js/extra-typings';
import { ConfigurationError } from '../configuration/load.ts';
import { addAlerts } from './alerts.ts';
import { addCost } from './cost.ts';
import { addExplain } from './explain.ts';
import { addForget } from './forget.ts';
import { addImportCrontab } from './import-crontab.ts';
import { addMatch } from './match.ts';
import { addNotifications } from './notifications.ts';
import { addParity } from './parity.ts';
import { addReplay } from './replay.ts';
import { EXIT } from './stack-command.ts';
import { addStatus } from './status.ts';
import { addWorkflow } from './workflow.ts';

const breakaway = new Command('breakaway')
  .description('Operates a Breakaway stack.')
  .showHelpAfterError()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.fine : EXIT.usage));
addNotifications(breakaway);
addStatus(breakaway);
addExplain(breakaway);
addReplay(breakaway);
addForget(breakaway);
addAlerts(breakaway);
addMatch(breakaway);
addCost(breakaway);
addImportCrontab(breakaway);
addWorkflow(breakaway);
addParity(breakaway);

try {
  await breakaway.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigurationError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}
