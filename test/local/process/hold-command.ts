/** Runs a command as the start of the local AWS does, says its process id, and holds it: `node hold-command.ts LOG PROGRAM ARGS...`. */
import { tmpdir } from 'node:os';
import { startGroup } from '../../../local/process/process-group.ts';

const [, , logFile = '', program = '', ...args] = process.argv;
const { pid, ended } = startGroup({
  program,
  args,
  environment: { PATH: process.env['PATH'] ?? '' },
  folder: tmpdir(),
  logFile,
});
process.stdout.write(`${pid}\n`);
await ended;
