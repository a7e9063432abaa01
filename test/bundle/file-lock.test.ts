import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock, withLock } from '../../bundle/file-lock.ts';
import { identify } from '../../bundle/process-identity.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-lock-'));
  file = join(folder, 'some', 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const release = (lock: ReturnType<typeof takeLock>): void => {
  if (lock.kind === 'taken') {
    lock.release();
  }
};

describe('takeLock', () => {
  it('names the holder, until the holder releases it', () => {
    const first = takeLock(file);

    expect(takeLock(file)).toEqual({ kind: 'held', holder: identify(process.pid) });

    release(first);
    const second = takeLock(file);
    expect(second.kind).toBe('taken');
    release(second);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['of a process that has ended', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
    ['of another process that had the number of a living one', JSON.stringify({ pid: process.pid, startedAt: '1' })],
    ['that is empty', ''],
  ])('replaces one %s', (_, written) => {
    release(takeLock(file));
    writeFileSync(file, written);

    const lock = takeLock(file);

    expect(lock.kind).toBe('taken');
    release(lock);
  });

  it('leaves the lock of another process alone when it releases its own', () => {
    const own = takeLock(file);
    const others = JSON.stringify(identify(process.ppid));
    writeFileSync(file, others);

    release(own);

    expect(takeLock(file)).toEqual({ kind: 'held', holder: identify(process.ppid) });
  });
});

describe('withLock', () => {
  it('runs one action at a time, and names once the process that it waits for', async () => {
    const done: string[] = [];
    const holders: number[] = [];
    const act = (name: string) =>
      withLock(
        file,
        ({ pid }) => holders.push(pid),
        async () => {
          done.push(`${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, 300));
          done.push(`${name} ends`);
        },
      );

    await Promise.all([act('one'), act('other')]);

    expect(done).toEqual(['one begins', 'one ends', 'other begins', 'other ends']);
    expect(holders).toEqual([process.pid]);
  });
});
