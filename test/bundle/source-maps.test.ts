import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { besideTheZip } from '../../bundle/source-maps.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'beside-'));
});
afterEach(() => rm(root, { recursive: true }));

const buildHandler = (options: { readonly sourcemap: boolean }) =>
  build({
    absWorkingDir: root,
    entryPoints: ['handler.ts'],
    outdir: join(root, 'out'),
    bundle: true,
    sourcemap: options.sourcemap ? 'linked' : false,
    plugins: [besideTheZip(root)],
    logLevel: 'silent',
  });

const filesIn = (folder: string) => readdir(join(root, folder), { recursive: true });

describe('besideTheZip', () => {
  it('leaves only the bundle where it is zipped, and keeps map and metafile', async () => {
    await writeFile(join(root, 'handler.ts'), 'export const answer: number = 42;');

    await buildHandler({ sourcemap: true });

    expect(await filesIn('out')).toEqual(['handler.js']);
    expect((await filesIn('.build/bundles')).toSorted()).toEqual(['handler.js.map', 'handler.meta.json']);
    expect(await readFile(join(root, 'out/handler.js'), 'utf8')).toContain('//# sourceMappingURL=handler.js.map');
    expect(JSON.parse(await readFile(join(root, '.build/bundles/handler.meta.json'), 'utf8'))).toHaveProperty('inputs');
  });

  it('works without a map', async () => {
    await writeFile(join(root, 'handler.ts'), 'export const answer: number = 42;');

    await buildHandler({ sourcemap: false });

    expect(await filesIn('.build/bundles')).toEqual(['handler.meta.json']);
  });

  it('writes nothing for a build that failed', async () => {
    await writeFile(join(root, 'handler.ts'), 'import "./missing.ts";');

    await expect(buildHandler({ sourcemap: true })).rejects.toThrow('Could not resolve');
    expect(await filesIn('.')).toEqual(['handler.ts']);
  });

  it('refuses a build of several entry points, whose notes would be mixed up', async () => {
    const twoEntryPoints = build({
      absWorkingDir: root,
      entryPoints: ['one.ts', 'two.ts'],
      outdir: join(root, 'out'),
      plugins: [besideTheZip(root)],
      logLevel: 'silent',
    });

    await expect(twoEntryPoints).rejects.toThrow('A bundle has one entry point, not ["one.ts","two.ts"]');
  });
});
