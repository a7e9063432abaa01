import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { copyKept, keyOf } from '../../bundle/kept-packages.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-kept-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('keyOf', () => {
  const configurationOf = async (name: string, timeZone: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, `export default { timeZone: '${timeZone}', feeds: [] };`);
    return file;
  };

  it('is the same for the same configuration, whatever its file', async () => {
    const [one, other] = [await configurationOf('a.config.ts', 'UTC'), await configurationOf('b.config.ts', 'UTC')];

    expect(await keyOf(one, 'local')).toBe(await keyOf(other, 'local'));
  });

  it('differs by configuration, by stage, and by the variables that serverless.yml names', async () => {
    const [utc, tokyo] = [
      await configurationOf('a.config.ts', 'UTC'),
      await configurationOf('b.config.ts', 'Asia/Tokyo'),
    ];

    const keys = [await keyOf(utc, 'local'), await keyOf(tokyo, 'local'), await keyOf(utc, 'prod')];
    vi.stubEnv('AWS_REGION', 'eu-west-3');
    keys.push(await keyOf(utc, 'local'));

    expect(new Set(keys).size).toBe(4);
  });
});

describe('copyKept', () => {
  /** Packages a text, and counts how often. */
  const aMake = (text: string) =>
    vi.fn(async (target: string) => {
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'text'), text);
    });
  const copy = (key: string, make: (target: string) => Promise<void>): Promise<void> =>
    copyKept(join(folder, 'store'), key, join(folder, 'target'), make);
  const copied = (): Promise<string> => readFile(join(folder, 'target/text'), 'utf8');

  it('makes a package once, and copies it each time over what is there', async () => {
    const [one, other] = [aMake('one'), aMake('other')];

    await copy('1', one);
    await copy('2', other);
    await copy('1', one);

    expect(await copied()).toBe('one');
    expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
  });

  it('keeps nothing of a package that could not be made', async () => {
    const failing = async (target: string): Promise<void> => {
      await aMake('half')(target);
      throw new Error('no');
    };
    await expect(copy('1', failing)).rejects.toThrow('no');

    await copy('1', aMake('whole'));

    expect(await copied()).toBe('whole');
  });

  it('keeps the six packages that were used last', async () => {
    for (const key of ['1', '2', '3', '4', '5', '6']) await copy(key, aMake(key));
    await copy('1', aMake('again'));
    await copy('7', aMake('7'));

    expect((await readdir(join(folder, 'store'))).sort()).toEqual(['1', '3', '4', '5', '6', '7']);
  });
});
