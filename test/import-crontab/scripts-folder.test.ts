import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readScripts } from '../../import-crontab/scripts-folder.ts';

let folder: string;
const at = (path: string): string => join(folder, path);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakaway-scripts-'));
  mkdirSync(at('releases/2/bin'), { recursive: true });
  writeFileSync(at('releases/2/bin/a.sh'), 'echo a\n');
  writeFileSync(at('sjis.sh'), Buffer.from('835c0a', 'hex'));
  writeFileSync(at('program'), '\u007fELF\0\0');
  writeFileSync(at('large.sh'), '#'.repeat(1_000_001));
  symlinkSync('releases/2', at('current'));
  symlinkSync('../..', at('releases/2/up'));
  symlinkSync('/etc/hostname', at('outside'));
  symlinkSync('nowhere', at('dangling'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reads scripts through links inside the folder, and names what it does not read', async () => {
  const { scripts, encodings, skipped } = await readScripts(folder);

  expect([...scripts.keys()]).toEqual(['current/bin/a.sh', 'releases/2/bin/a.sh', 'sjis.sh']);
  expect([...encodings]).toEqual([['sjis.sh', 'Shift_JIS']]);
  expect(Object.fromEntries(skipped.map(({ path, why }) => [path, why]))).toEqual({
    dangling: 'it is a link out of the folder, or to nothing',
    'large.sh': 'it is larger than 1 MB',
    outside: 'it is a link out of the folder, or to nothing',
    program: 'it is a program (ELF)',
  });
});

it('reads nothing without a folder', async () => {
  expect((await readScripts(undefined)).scripts.size).toBe(0);
});
