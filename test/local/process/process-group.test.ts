import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runToEnd, startGroup } from '../../../local/process/process-group.ts';

let folder = '';
let group = 0;
let holder: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-group-'));
});
afterEach(() => {
  holder?.kill('SIGKILL');
  if (isAlive(group)) {
    process.kill(-group, 'SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Tells whether any process of a group is left. */
const isAlive = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(-pid, 0);
  } catch {
    return false;
  }
};

const aCommand = (program: string, ...args: readonly string[]) => ({
  program,
  args,
  environment: { PATH: process.env['PATH'] ?? '' },
  folder,
  logFile: join(folder, 'command.log'),
});

const logged = (): string => readFileSync(join(folder, 'command.log'), 'utf8');

/** Starts a process that runs a command, and waits until it does. */
const hold = async (...command: readonly string[]): Promise<{ holder: ChildProcess; pid: number }> => {
  const script = join(import.meta.dirname, 'hold-command.ts');
  const child = spawn(process.execPath, [script, join(folder, 'command.log'), ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  holder = child;
  const [line]: string[] = await once(createInterface(child.stdout), 'line');
  group = Number(line);
  await vi.waitFor(() => expect(logged()).toContain('at work'), { timeout: 20_000, interval: 20 });
  return { holder: child, pid: group };
};

describe('startGroup', () => {
  it('ends the program and all its children with the starter, even when the starter is killed', async () => {
    const started = await hold('/bin/sh', '-c', '(sleep 601; :) & echo at work; sleep 602; :');
    expect(isAlive(started.pid)).toBe(true);

    started.holder.kill('SIGKILL');

    await vi.waitFor(() => expect(isAlive(started.pid)).toBe(false), { timeout: 10_000, interval: 20 });
  });

  it('gives the program no input, so that it never waits for input', async () => {
    const { ended } = startGroup(aCommand('/bin/sh', '-c', 'cat; echo at work'));
    await ended;

    expect(logged()).toBe('at work\n');
  });

  it('makes the program the leader of its group', async () => {
    const { pid, ended } = startGroup(aCommand('/bin/sh', '-c', 'echo $$'));
    await ended;

    expect(logged()).toBe(`${pid}\n`);
  });
});

describe('runToEnd', () => {
  it.each([
    ['exit 0', { succeeded: true, reason: 'exit code 0', timedOut: false }],
    ['exit 7', { succeeded: false, reason: 'exit code 7', timedOut: false }],
    ['kill -TERM $$', { succeeded: false, reason: 'signal SIGTERM', timedOut: false }],
  ])('reports how the program ended: %s', async (script, ending) => {
    expect(await runToEnd(aCommand('/bin/sh', '-c', script), 20_000)).toEqual(ending);
  });

  it('passes the arguments on unchanged', async () => {
    const args = ['', 'two words', '$HOME', '*', '-n', "it's", 'line\nbreak'];

    await runToEnd(aCommand(process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', '--', ...args), 20_000);

    expect(JSON.parse(logged())).toEqual(args);
  });

  it('writes the reason into the log when the program does not exist', async () => {
    const { succeeded } = await runToEnd(aCommand('no-such-program'), 20_000);

    expect(succeeded).toBe(false);
    expect(logged()).toMatch(/no-such-program.*not found/);
  });

  it('ends a whole group that exceeds the time limit, and reports it', async () => {
    const ending = await runToEnd(aCommand('/bin/sh', '-c', 'sleep 604 & echo $$; wait'), 500);

    expect(ending).toMatchObject({ succeeded: false, timedOut: true });
    await vi.waitFor(() => expect(isAlive(Number(logged()))).toBe(false), { timeout: 10_000, interval: 20 });
  });
});
