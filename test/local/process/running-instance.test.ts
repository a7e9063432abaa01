import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../../../bundle/process-identity.ts';
import { ROOT } from '../../../local/local-aws.ts';
import { claimSingleInstance, findRunning } from '../../../local/process/running-instance.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-running-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string): string => join(folder, name);

/** Runs statements in a process of its own, which has what `local/process/running-instance.ts` exports. */
const inProcess = async (statements: string): Promise<{ code: unknown; pid: number | undefined }> => {
  const script = `import { announce, claimSingleInstance } from '${join(ROOT, 'local/process/running-instance.ts')}';
    import { rmSync, writeFileSync } from 'node:fs';
    const folder = ${JSON.stringify(folder)};
    ${statements}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code]: unknown[] = await once(child, 'exit');
  return { code, pid: child.pid };
};

const owner = (pid: number): string => JSON.stringify({ ...identify(pid), environment: { AWS_ENDPOINT_URL: 'there' } });

describe('claimSingleInstance', () => {
  it('says whether the other start is ready', () => {
    writeFileSync(fileOf('start.lock'), JSON.stringify(identify(process.ppid)));

    expect(() => claimSingleInstance(folder)).toThrow(
      `Process ${process.ppid} is already starting the local AWS. Wait until it is ready, or end it`,
    );

    writeFileSync(fileOf('running.json'), owner(process.ppid));
    expect(() => claimSingleInstance(folder)).toThrow(
      `The local AWS is running already, as process ${process.ppid}. Use it (npm run put), or end it`,
    );
  });

  it('holds until the process exits', async () => {
    const { code } = await inProcess(`
      claimSingleInstance(folder);
      let refused = 0;
      try { claimSingleInstance(folder); } catch { refused = 3; }
      process.exit(refused);`);

    expect(code).toBe(3);
    expect(existsSync(fileOf('start.lock'))).toBe(false);
  });
});

describe('announce', () => {
  it('writes a file for other commands and a script for shells, and removes both at the end', async () => {
    const { code } = await inProcess(`
      announce({ AWS_ENDPOINT_URL: "it's here" }, folder);
      const { execFileSync } = await import('node:child_process');
      const read = execFileSync('sh', ['-c', '. "$0"; printf %s "$AWS_ENDPOINT_URL"', folder + '/env.sh'], { encoding: 'utf8' });
      process.exitCode = read === "it's here" ? 4 : 1;`);

    expect(code).toBe(4);
    expect(findRunning(folder)).toBeUndefined();
    expect(existsSync(fileOf('env.sh'))).toBe(false);
  });

  it('leaves the files of another start alone at the end', async () => {
    const others = owner(process.pid);

    await inProcess(`
      announce({}, folder);
      writeFileSync(folder + '/running.json', ${JSON.stringify(others)});
      writeFileSync(folder + '/env.sh', 'of another');`);

    expect(findRunning(folder)).toEqual({ pid: process.pid, environment: { AWS_ENDPOINT_URL: 'there' } });
    expect(readFileSync(fileOf('env.sh'), 'utf8')).toBe('of another');
  });
});
