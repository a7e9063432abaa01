/** What of the dependency law the linter cannot see: it knows files by their names, not by what they do. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

type Sources = Readonly<Record<string, string>>;

const sources: Sources = Object.fromEntries(
  globSync('{functions,shared}/**/*', { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

/** A verb has effects, so whoever asks it for something waits for it. */
const isVerb = (text: string): boolean => /\basync\b|\bawait\b|\bPromise</.test(withoutComments(text));

/** The files that a file imports from beside it, other than for their types. */
const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/\b(?:import|export)\s(?!\s*type\b)[^;]*?\sfrom '(\.[^']+)'|\bimport\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, named = '', whole = named]) => normalize(join(dirname(file), whole)),
  );

/** Each pure file of a function that could have an effect through another one. */
const nounsWithVerbs = (files: Sources): string[] =>
  Object.entries(files)
    .filter(([file, text]) => /^functions\/[^/]+\//.test(file) && !file.endsWith('/handler.ts') && !isVerb(text))
    .flatMap(([file, text]) =>
      importsOf(file, text)
        .filter((imported) => imported.startsWith('functions/') && isVerb(files[imported] ?? ''))
        .map((imported) => `${file} imports ${imported}`),
    );

/** Each file that is where, or of a kind that, the linter's rules do not reach. */
const outOfReach = (files: Sources): string[] =>
  Object.keys(files).filter((file) => /^functions\/[^/]+$/.test(file) || !file.endsWith('.ts'));

describe('the nouns of functions', () => {
  it('import no verbs', () => {
    expect(Object.keys(sources).filter((file) => file.startsWith('functions/')).length).toBeGreaterThan(50);
    expect(nounsWithVerbs(sources)).toEqual([]);
  });

  it.each([
    ['a value', "import { b } from './b.ts';\nexport const a = b;\n"],
    ['a value beside a type', "import { type B, b } from './b.ts';\nexport const a: B = b;\n"],
    ['values over several lines', "import {\n  b,\n} from './b.ts';\nexport const a = b;\n"],
    ['its effect', "import './b.ts';\nexport const a = 1;\n"],
    ['what it hands on', "export { b } from './b.ts';\n"],
    ['a module when it runs', "export const a = () => import('./b.ts');\n"],
  ])('would be seen to import %s of one', (_, text) => {
    const verb = 'export const b = async () => 1;\n';

    expect(nounsWithVerbs({ 'functions/f/a.ts': text, 'functions/f/b.ts': verb })).toEqual([
      'functions/f/a.ts imports functions/f/b.ts',
    ]);
  });

  it.each([
    ['a type of a verb', "import type { B } from './b.ts';\nexport type A = B;\n", 'export const b = async () => 1;\n'],
    ['a noun', "import { b } from './b.ts';\nexport const a = b;\n", '/** Nothing async. */\nexport const b = 1;\n'],
  ])('may import %s', (_, text, other) => {
    expect(nounsWithVerbs({ 'functions/f/a.ts': text, 'functions/f/b.ts': other })).toEqual([]);
  });
});

describe('functions and what they share', () => {
  it('are TypeScript in folders, where the rules of the linter reach them', () => {
    expect(outOfReach(sources)).toEqual([]);
    expect(outOfReach({ 'functions/a.ts': '', 'functions/f/a.cjs': '', 'functions/f/a.ts': '' })).toEqual([
      'functions/a.ts',
      'functions/f/a.cjs',
    ]);
  });
});
