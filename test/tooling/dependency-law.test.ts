/** The law of dependencies: a table of what each folder may import, held by a walk over the imports of all sources. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

type Sources = Readonly<Record<string, string>>;

const sources: Sources = Object.fromEntries(
  globSync('{functions,shared,configuration,template,bundle,cli,import-crontab,local}/**/*.{ts,cjs}', {
    cwd: ROOT,
  }).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);

const EFFECTS = 'shared/aws/|shared/lambda/lambda|shared/lambda/queue-handler|shared/telemetry/(?!catalogue)';

/** Which files and packages a file may import. The first row that names the file counts. */
const LAW: readonly { readonly file: RegExp; readonly files: RegExp; readonly packages: RegExp }[] = [
  { file: /^functions\/[^/]+\/handler\.ts$/, files: /^(functions\/OWN|shared)\//, packages: /^(node:|breakaway:)/ },
  {
    file: /^functions\/[^/]+\/[^/]+\.ts$/,
    files: new RegExp(`^(?!${EFFECTS})(functions/OWN/(?!handler)|shared/)`),
    packages: /^(node:(?!module)|@date-fns)/,
  },
  {
    file: /^shared\/aws\//,
    files: /^shared\/(?!lambda\/|telemetry\/(?!catalogue))/,
    packages: /^(@aws-sdk|@smithy|node:)/,
  },
  { file: /^shared\/telemetry\//, files: /^shared\/(?!aws\/|lambda\/)/, packages: /^(@aws-lambda-powertools|node:)/ },
  {
    file: /^shared\/lambda\//,
    files: /^shared\/(lambda|telemetry|[^/]+\.ts)/,
    packages: /^(@middy|@aws-lambda-powertools|node:)/,
  },
  {
    file: /^shared\//,
    files: new RegExp(`^(?!${EFFECTS})shared/`),
    packages: /^(node:(?!module)|@date-fns|string-width$)/,
  },
  {
    file: /^configuration\//,
    files: new RegExp(`^(?!${EFFECTS})(configuration|shared)/`),
    packages: /^(node:|@date-fns|cron-parser|esbuild$|zod$|breakaway:)/,
  },
  { file: /^template\//, files: new RegExp(`^(?!${EFFECTS})(template|configuration|shared)/`), packages: /^node:/ },
  {
    file: /^bundle\//,
    files: new RegExp(`^(?!${EFFECTS})(bundle|template|configuration|shared)/`),
    packages: /^(node:|esbuild|archiver)/,
  },
  {
    file: /^import-crontab\//,
    files: new RegExp(`^(?!${EFFECTS})(import-crontab|configuration|shared)/`),
    packages: /^(node:|@vscode\/tree-sitter-wasm$)/,
  },
  {
    file: /^cli\//,
    files: /^(cli|import-crontab|configuration|shared)\//,
    packages: /^(?!@aws-sdk|@smithy|@middy)/,
  },
  { file: /^local\//, files: /^(?!functions|cli|bench|test)/, packages: /^(?!@middy)/ },
];

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

const IMPORT =
  /\b(?:import|export)\s(?<type>type\s)?(?:[^;'"]*?\sfrom\s)?'(?<name>[^']+)'|\bimport\s*\(\s*'(?<late>[^']+)'/g;

type Import = { readonly to: string; readonly isFile: boolean; readonly isType: boolean };

const importsOf = (file: string, text: string): Import[] =>
  Array.from(withoutComments(text).matchAll(IMPORT), ({ groups = {} }) => {
    const name = groups['name'] ?? groups['late'] ?? '';
    const isFile = name.startsWith('.');
    return { to: isFile ? normalize(join(dirname(file), name)) : name, isFile, isType: groups['type'] !== undefined };
  });

/** A file with effects waits for them. */
const isVerb = (text: string | undefined): boolean =>
  /\basync\b|\bawait\b|\bPromise</.test(withoutComments(text ?? ''));

const isAllowed = (file: string, text: string, { to, isFile, isType }: Import, files: Sources): boolean => {
  const row = LAW.find((one) => one.file.test(file));
  if (row === undefined) return false;
  if (!isFile) return row.packages.test(to);
  const own = new RegExp(row.files.source.replaceAll('OWN', file.split('/')[1] ?? ''));
  const isNounWithVerb =
    to.startsWith('functions/') && !isType && !isVerb(text) && isVerb(files[to]) && !file.endsWith('/handler.ts');
  return own.test(to) && !isNounWithVerb;
};

const violations = (files: Sources): string[] =>
  Object.entries(files).flatMap(([file, text]) => [
    ...(LAW.some((row) => row.file.test(file)) ? [] : [`${file} is in no folder of the law`]),
    ...importsOf(file, text)
      .filter((one) => !isAllowed(file, text, one, files))
      .map(({ to }) => `${file} imports ${to}`),
  ]);

/** A folder of `shared/` is one, and so is each other folder at the root. A loose file of `shared/` is a folder of its own. */
const folderOf = (file: string): string =>
  (file.startsWith('shared/') ? file.split('/').slice(0, 2) : file.split('/').slice(0, 1)).join('/');

/** Lists each folder that imports itself through others. */
const circles = (files: Sources): string[] => {
  const edges = new Map<string, Set<string>>();
  for (const [file, text] of Object.entries(files)) {
    for (const { to, isFile } of importsOf(file, text)) {
      const [from, into] = [folderOf(file), folderOf(to)];
      if (isFile && from !== into) edges.set(from, (edges.get(from) ?? new Set()).add(into));
    }
  }
  const reached = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of edges.get(from) ?? []) if (!seen.has(next)) reached(next, seen.add(next));
    return seen;
  };
  return [...edges.keys()].filter((folder) => reached(folder).has(folder));
};

describe('the law of dependencies', () => {
  it('holds for every import of every source', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(250);
    expect(violations(sources)).toEqual([]);
  });

  it('leaves no circle between folders', () => {
    expect(circles(sources)).toEqual([]);
    expect(
      circles({
        'shared/a/x.ts': "import { y } from '../b/y.ts';",
        'shared/b/y.ts': "import type { X } from '../a/x.ts';",
      }),
    ).toEqual(['shared/a', 'shared/b']);
  });

  it.each([
    ['a handler that imports the SDK', 'functions/a/handler.ts', "import { A } from '@aws-sdk/client-batch';"],
    ['a function that imports another', 'functions/b/noun.ts', "export { a } from '../a/plan.ts';"],
    ['a function that imports another when it runs', 'functions/b/verb.ts', "await import('../a/plan.ts');"],
    ['a function that imports its own handler', 'functions/a/verb.ts', "import './handler.ts';"],
    [
      'a function that imports the compiler',
      'functions/a/handler.ts',
      "import { load } from '../../configuration/load.ts';",
    ],
    ['a verb that imports an adapter', 'functions/a/verb.ts', "import { a } from '../../shared/aws/batch.ts';"],
    [
      'a verb that imports the logger',
      'functions/a/verb.ts',
      "import {\n  logger,\n} from '../../shared/telemetry/logger.ts';",
    ],
    ['a noun that imports a verb', 'functions/a/noun.ts', "import { verb } from './verb.ts';"],
    ['a function that imports zod', 'functions/a/noun.ts', "import * as z from 'zod';"],
    ['shared code that imports a function', 'shared/runs/a.ts', "import type { A } from '../../functions/a/plan.ts';"],
    [
      'shared code that imports the compiler',
      'shared/feeds/a.ts',
      "import type { A } from '../../configuration/schema.ts';",
    ],
    ['shared code that imports an adapter', 'shared/runs/a.ts', "import { A } from '../aws/batch.ts';"],
    ['shared code that imports the SDK', 'shared/runs/a.ts', "import type { A } from '@smithy/types';"],
    ['an adapter that logs', 'shared/aws/a.ts', "import { logger } from '../telemetry/logger.ts';"],
    ['a command that imports the SDK', 'cli/a.ts', "import { A } from '@aws-sdk/client-s3';"],
    ['the importer that imports the command', 'import-crontab/a.ts', "import { A } from '../cli/a.ts';"],
    ['a template that imports a function', 'template/a.ts', "import { A } from '../functions/a/plan.ts';"],
    ['a file outside the folders', 'functions/a.ts', ''],
  ])('refuses %s', (_, file, text) => {
    expect(violations({ 'functions/a/verb.ts': 'export const verb = async () => 1;', [file]: text })).toHaveLength(1);
  });

  it('lets a noun import the type of a verb, and another noun', () => {
    expect(
      violations({
        'functions/a/noun.ts':
          "import type { V } from './verb.ts';\nimport { b } from './other.ts';\n// import './handler.ts'\n",
        'functions/a/verb.ts': 'export const verb = async () => 1;',
        'functions/a/other.ts': 'export const b = 1;',
      }),
    ).toEqual([]);
  });
});
