/**
 * `npm run bench [name]`: every measurement of this folder, each in a process of its own, or the named one.
 *
 * Each prints its figures beside their limits in the same run. Exits with 1 when one of them missed a limit.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const all = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.replace(/\.ts$/, ''));

const [name] = process.argv.slice(2);
const chosen = all.filter((bench) => name === undefined || bench === name);
if (chosen.length === 0) {
  process.stderr.write(`There is no measurement ${name}; there are ${all.join(', ')}\n`);
  process.exit(2);
}

process.stdout.write(`Node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
const missed = chosen.filter((bench) => {
  process.stdout.write(`\n== ${bench}\n`);
  return spawnSync(process.execPath, [join(import.meta.dirname, `${bench}.ts`)], { stdio: 'inherit' }).status !== 0;
});
process.stdout.write(missed.length === 0 ? '\nEvery limit was kept.\n' : `\nMissed: ${missed.join(', ')}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;
