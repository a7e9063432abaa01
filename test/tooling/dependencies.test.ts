import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

type Locked = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
};

const readJson = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));

const manifest: {
  readonly dependencies?: object;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
} = readJson('package.json');

const { packages }: { readonly packages: Readonly<Record<string, Locked>> } = readJson('package-lock.json');
const locked = Object.entries(packages).filter(([path]) => path !== '');

describe('package.json', () => {
  it('names exact versions only', () => {
    const versions = Object.values({ ...manifest.devDependencies, ...manifest.optionalDependencies });

    expect(versions.filter((version) => !/^(?:npm:[\w@/-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('has no dependencies of its own when it runs, since the bundles hold what they need', () => {
    expect(manifest.dependencies).toBeUndefined();
  });

  it('brings Node 24 for each platform', () => {
    const nodes = Object.entries(manifest.optionalDependencies);

    expect(nodes.map(([, version]) => version.split('.')[0])).toEqual(nodes.map(() => '24'));
    for (const [name] of nodes) expect(packages[`node_modules/${name}`]?.bin).toEqual({ node: 'bin/node' });
  });

  it('links the Node of this platform anew, since an npm before 11 removes its link with the packages of the others', () => {
    expect(manifest.scripts['postinstall']).toBe('npm rebuild --ignore-scripts');
  });

  it('decides on each install script of a package, and lets none run', () => {
    const withScript = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''));

    expect(Object.keys(manifest.allowScripts).toSorted()).toEqual([...new Set(withScript)].toSorted());
    expect(new Set(Object.values(manifest.allowScripts))).toEqual(new Set([false]));
  });
});

describe('package-lock.json', () => {
  it('has a hash of every package', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(
      locked
        .filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'))
        .map(([path]) => path),
    ).toEqual([]);
  });

  it('says of no package where it was downloaded from', () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('is in step with package.json', () => {
    const { devDependencies, optionalDependencies } = packages[''] as typeof manifest;

    expect({ devDependencies, optionalDependencies }).toEqual({
      devDependencies: manifest.devDependencies,
      optionalDependencies: manifest.optionalDependencies,
    });
  });
});
