import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** An import for its side effects, which no rule about names can be the first to complain of. */
const importing = (specifier: string): string => `import '${specifier}';\n`;

const IMPORTS = 'lint/style/noRestrictedImports';

/** Where each file would be, what it holds, and the rule that refuses it. */
const REFUSED: readonly (readonly [what: string, file: string, text: string, rule: string])[] = [
  ['a handler that imports the SDK', 'functions/a/handler.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  ['a noun that imports the SDK', 'functions/a/job-plan.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  [
    'a noun that imports a type of the SDK',
    'functions/a/job-type.ts',
    "import type { A } from '@smithy/types';\nexport type B = A;\n",
    IMPORTS,
  ],
  ['a noun that imports an adapter', 'functions/a/plan-adapter.ts', importing('../../shared/aws/batch.ts'), IMPORTS],
  [
    'a noun that imports the logger',
    'functions/a/plan-logger.ts',
    importing('../../shared/telemetry/logger.ts'),
    IMPORTS,
  ],
  ['a noun that imports the middleware', 'functions/a/plan-lambda.ts', importing('../../shared/lambda.ts'), IMPORTS],
  [
    'a noun that imports Powertools',
    'functions/a/plan-powertools.ts',
    importing('@aws-lambda-powertools/metrics'),
    IMPORTS,
  ],
  ['a function that imports another', 'functions/b/handler.ts', importing('../a/job-plan.ts'), IMPORTS],
  [
    'a function that re-exports from another',
    'functions/b/noun.ts',
    "export { a } from '../a/job-plan.ts';\n",
    IMPORTS,
  ],
  [
    'a function that imports another when it runs',
    'functions/b/verb.ts',
    "export const a = await import('../a/job-plan.ts');\n",
    IMPORTS,
  ],
  [
    'a function that imports another the long way',
    'functions/b/event.ts',
    importing('../../functions/a/job-plan.ts'),
    IMPORTS,
  ],
  ['a function that imports a command', 'functions/b/config.ts', importing('../../cli/status.ts'), IMPORTS],
  ['a function that imports the local AWS', 'functions/c/handler.ts', importing('../../local/start.ts'), IMPORTS],
  ['a function that imports the template', 'functions/c/event.ts', importing('../../template/derived.ts'), IMPORTS],
  ['a function that imports zod', 'functions/c/config.ts', importing('zod'), IMPORTS],
  ['a function that imports zod/mini', 'functions/c/noun.ts', importing('zod/mini'), IMPORTS],
  ['a function that imports the schema', 'functions/c/verb.ts', importing('../../shared/config/schema.ts'), IMPORTS],
  [
    'a function that loads the configuration',
    'functions/d/config.ts',
    importing('../../shared/config/load.ts'),
    IMPORTS,
  ],
  ['a function that imports middy', 'functions/d/handler.ts', importing('@middy/core'), IMPORTS],
  ['shared code that imports a function', 'shared/runs/a.ts', importing('../../functions/a/job-plan.ts'), IMPORTS],
  ['shared code that imports a command', 'shared/runs/b.ts', importing('../../cli/status.ts'), IMPORTS],
  ['shared code that imports the local AWS', 'shared/runs/c.ts', importing('../../local/start.ts'), IMPORTS],
  ['shared code that imports the template', 'shared/runs/d.ts', importing('../../template/derived.ts'), IMPORTS],
  ['shared code that imports the SDK', 'shared/runs/e.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  ['shared code that imports an adapter', 'shared/runs/f.ts', importing('../aws/batch.ts'), IMPORTS],
  ['shared code that imports the logger', 'shared/runs/g.ts', importing('../telemetry/logger.ts'), IMPORTS],
  ['shared code that imports zod', 'shared/runs/h.ts', importing('zod'), IMPORTS],
  ['the middleware that imports the SDK', 'shared/lambda.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  ['telemetry that imports middy', 'shared/telemetry/metrics.ts', importing('@middy/core'), IMPORTS],
  ['an adapter that imports middy', 'shared/aws/a.ts', importing('@middy/core'), IMPORTS],
  ['an adapter that imports the logger', 'shared/aws/b.ts', importing('../telemetry/logger.ts'), IMPORTS],
  ['an adapter that imports a function', 'shared/aws/c.ts', importing('../../functions/a/job-plan.ts'), IMPORTS],
  [
    'a schema that keeps all of zod',
    'shared/config/schema.ts',
    "import { z } from 'zod';\nexport const a = z.string();\n",
    IMPORTS,
  ],
  ['a command that imports the SDK', 'cli/status.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  ['a command that imports a function', 'cli/replay.ts', importing('../functions/a/job-plan.ts'), IMPORTS],
  ['the template that imports the SDK', 'template/a.ts', importing('@aws-sdk/client-batch'), IMPORTS],
  ['a noun that imports its handler', 'functions/f/plan.ts', importing('./handler.ts'), IMPORTS],
  [
    'a noun that imports the metrics',
    'functions/f/plan-metrics.ts',
    importing('../../shared/telemetry/metrics.ts'),
    IMPORTS,
  ],
  [
    'a noun that imports the reports of runs',
    'functions/f/plan-runs.ts',
    importing('../../shared/telemetry/runs.ts'),
    IMPORTS,
  ],
  [
    'a noun that imports another function by way of what is shared',
    'functions/f/plan-detour.ts',
    importing('../../shared/../functions/a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'a noun that imports another function by way of its own folder',
    'functions/f/plan-own.ts',
    importing('./../a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'a noun that imports an absolute path',
    'functions/f/plan-absolute.ts',
    importing('/srv/breakaway/functions/a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'a noun that imports the checks of the configuration',
    'functions/f/plan-checks.ts',
    importing('../../shared/config/checks.ts'),
    IMPORTS,
  ],
  ['a noun that makes a require', 'functions/f/plan-module.ts', importing('node:module'), IMPORTS],
  [
    'a handler that imports another function by way of what is shared',
    'functions/g/handler.ts',
    importing('../../shared/../functions/a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'a handler that imports an absolute path',
    'functions/h/handler.ts',
    importing('/srv/breakaway/functions/a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'a handler that imports the checks of the configuration',
    'functions/i/handler.ts',
    importing('../../shared/config/checks.ts'),
    IMPORTS,
  ],
  [
    'a handler that imports the schema of the configuration',
    'functions/j/handler.ts',
    importing('../../shared/config/schema.ts'),
    IMPORTS,
  ],
  [
    'a handler that loads the configuration',
    'functions/k/handler.ts',
    importing('../../shared/config/load.ts'),
    IMPORTS,
  ],
  [
    'a handler that imports the file of the configuration',
    'functions/l/handler.ts',
    importing('../../breakaway.config.ts'),
    IMPORTS,
  ],
  [
    'shared code that imports the schema of the configuration',
    'shared/runs/i.ts',
    importing('../config/schema.ts'),
    IMPORTS,
  ],
  ['shared code that loads the configuration', 'shared/runs/j.ts', importing('../config/load.ts'), IMPORTS],
  ['shared code that imports the reports of runs', 'shared/runs/k.ts', importing('../telemetry/runs.ts'), IMPORTS],
  ['shared code that imports the metrics', 'shared/runs/l.ts', importing('../telemetry/metrics.ts'), IMPORTS],
  [
    'shared code that imports the file of the configuration',
    'shared/runs/m.ts',
    importing('../../breakaway.config.ts'),
    IMPORTS,
  ],
  [
    'shared code that imports an absolute path',
    'shared/runs/n.ts',
    importing('/srv/breakaway/functions/a/job-plan.ts'),
    IMPORTS,
  ],
  [
    'an adapter that imports the schema of the configuration',
    'shared/aws/d.ts',
    importing('../config/schema.ts'),
    IMPORTS,
  ],
  ['an adapter that imports the metrics', 'shared/aws/e.ts', importing('../telemetry/metrics.ts'), IMPORTS],
  ['telemetry that loads the configuration', 'shared/telemetry/a.ts', importing('../config/load.ts'), IMPORTS],
  ['the template that imports a function', 'template/b.ts', importing('../functions/a/job-plan.ts'), IMPORTS],
  ['the template that imports the local AWS', 'template/c.ts', importing('../local/start.ts'), IMPORTS],
  ['the template that imports a test', 'template/d.ts', importing('../test/support/builders.ts'), IMPORTS],
  ['the template that imports a command', 'template/e.ts', importing('../cli/status.ts'), IMPORTS],
  [
    'a noun that requires the SDK',
    'functions/f/plan-require.ts',
    "export const a: unknown = require('@aws-sdk/client-batch');\n",
    'lint/style/noCommonJs',
  ],

  [
    'a promise that nobody awaits',
    'shared/runs/floating.ts',
    'const a = async (): Promise<void> => {};\nexport const b = (): void => {\n  a();\n};\n',
    'lint/nursery/noFloatingPromises',
  ],
  [
    'promises of a map that nobody awaits',
    'shared/runs/map.ts',
    'export const a = (all: string[]): void => {\n  all.map(async (one) => one);\n};\n',
    'lint/nursery/noFloatingPromises',
  ],
  [
    'a promise in the place of a condition',
    'shared/runs/misused.ts',
    'const a = async (): Promise<boolean> => true;\nexport const b = (): number => (a() ? 1 : 2);\n',
    'lint/nursery/noMisusedPromises',
  ],
  [
    'a file that only passes on',
    'shared/runs/barrel.ts',
    "export * from './run.ts';\n",
    'lint/performance/noBarrelFile',
  ],
  ['an enum', 'shared/runs/enum.ts', 'export enum A {\n  B = 1,\n}\n', 'lint/style/noEnum'],
  [
    'a non-null assertion',
    'shared/runs/non-null.ts',
    'export const a = (b?: string): string => b!;\n',
    'lint/style/noNonNullAssertion',
  ],
  ['a type assertion', 'shared/runs/assertion.ts', 'export const a = (b: unknown): string => b as string;\n', 'plugin'],
  [
    'a type assertion in brackets',
    'shared/runs/brackets.ts',
    'export const a = (b: unknown): string => <string>b;\n',
    'plugin',
  ],
  ['any', 'shared/runs/any.ts', 'export const a = (b: any): unknown => b;\n', 'lint/suspicious/noExplicitAny'],
  [
    'a parameter property',
    'shared/runs/property.ts',
    'export class A {\n  constructor(readonly b: string) {}\n}\n',
    'lint/style/noParameterProperties',
  ],
  [
    'an interface',
    'shared/runs/interface.ts',
    'export interface A {\n  b: string;\n}\n',
    'lint/style/useConsistentTypeDefinitions',
  ],
  [
    'a file name in another case',
    'shared/runs/camelCase.ts',
    'export const a = 1;\n',
    'lint/style/useFilenamingConvention',
  ],
  [
    'a type imported as a value',
    'shared/runs/type.ts',
    "import { A } from './run.ts';\nexport type B = A;\n",
    'lint/style/useImportType',
  ],
  [
    'an import without its extension',
    'shared/runs/extension.ts',
    "import { a } from './any';\nexport const b = a;\n",
    'lint/correctness/useImportExtensions',
  ],
  [
    'an import that is not used',
    'shared/runs/unused.ts',
    "import { a } from './run.ts';\nexport const b = 1;\n",
    'lint/correctness/noUnusedImports',
  ],
  ['console', 'shared/runs/console.ts', "console.log('a');\n", 'lint/suspicious/noConsole'],
  [
    'an error without a message',
    'shared/runs/message.ts',
    'export const a = (): never => {\n  throw new Error();\n};\n',
    'lint/suspicious/useErrorMessage',
  ],
  [
    'a thrown string',
    'shared/runs/throw.ts',
    "export const a = (): never => {\n  throw 'b';\n};\n",
    'lint/style/useThrowOnlyError',
  ],
  [
    'a focused test',
    'test/a.test.ts',
    "import { it } from 'vitest';\nit.only('a', () => {});\n",
    'lint/suspicious/noFocusedTests',
  ],
  [
    'a skipped test',
    'test/b.test.ts',
    "import { it } from 'vitest';\nit.skip('a', () => {});\n",
    'lint/suspicious/noSkippedTests',
  ],
  [
    'a cycle of imports',
    'shared/runs/cycle-a.ts',
    "import { b } from './cycle-b.ts';\nexport const a = (): number => b;\n",
    'lint/suspicious/noImportCycles',
  ],
  [
    'the other half of a cycle',
    'shared/runs/cycle-b.ts',
    "import { a } from './cycle-a.ts';\nexport const b = a();\n",
    'lint/suspicious/noImportCycles',
  ],
];

const ACCEPTED: readonly (readonly [what: string, file: string, text: string])[] = [
  [
    'a handler that wires',
    'functions/e/handler.ts',
    `${importing('../../shared/aws/batch.ts')}${importing('../../shared/lambda.ts')}${importing('../../shared/telemetry/logger.ts')}${importing('./job-plan.ts')}`,
  ],
  ['a noun that imports what is shared and pure', 'functions/e/job-plan.ts', importing('../../shared/runs/run.ts')],
  ['the configuration as data', 'functions/e/config.ts', importing('breakaway:configuration')],
  [
    'a noun that imports the names of metrics and the types of the configuration',
    'functions/e/gauges.ts',
    `${importing('../../shared/config/configuration.ts')}${importing('../../shared/telemetry/catalogue.ts')}`,
  ],
  [
    'an adapter that imports the SDK',
    'shared/aws/batch.ts',
    `${importing('@aws-sdk/client-batch')}${importing('@smithy/core/retry')}${importing('../runs/run.ts')}`,
  ],
  [
    'the middleware that imports middy',
    'shared/lambda.ts',
    `${importing('@middy/core')}${importing('./telemetry/logger.ts')}`,
  ],
  [
    'a schema that keeps what it uses of zod',
    'shared/config/schema.ts',
    "import * as z from 'zod';\nexport const a = z.string();\n",
  ],
  ['telemetry that imports Powertools', 'shared/telemetry/logger.ts', importing('@aws-lambda-powertools/logger')],
  [
    'shared code that imports shared code',
    'shared/runs/run.ts',
    `${importing('../config/clusters.ts')}${importing('../feeds/template.ts')}export const a = [1] as const;\n`,
  ],
  [
    'the configuration that imports its schema',
    'shared/config/load.ts',
    `${importing('../feeds/template.ts')}${importing('./schema.ts')}`,
  ],
  [
    'the template that loads the configuration',
    'template/derived.ts',
    `${importing('../shared/config/load.ts')}${importing('./roles.ts')}`,
  ],
  [
    'a command that imports an adapter and prints',
    'cli/explain.ts',
    `${importing('../shared/aws/batch.ts')}console.log('a');\n`,
  ],
  ['the local AWS that imports the SDK', 'local/start.ts', importing('@aws-sdk/client-batch')],
  [
    'a test that imports the SDK and knows better',
    'test/c.test.ts',
    `${importing('@aws-sdk/client-batch')}export const a = (b?: unknown): string => (b as string)!;\n`,
  ],
];

type Diagnostic = { readonly file: string; readonly rule: string; readonly severity: string };

/** Lints all files at once, in a folder of the same shape as the project. */
const lint = async (files: readonly (readonly [file: string, text: string])[]): Promise<Diagnostic[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'breakaway-lint-'));
  try {
    await Promise.all(
      ['biome.jsonc', '.biome', '.gitignore'].map((name) =>
        cp(join(ROOT, name), join(folder, name), { recursive: true }),
      ),
    );
    for (const [file, text] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    const stdout = await new Promise<string>((done) => {
      const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
      execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (_, out) => done(out));
    });
    const { diagnostics } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      diagnostics: { category: string; severity: string; location: { path: string | { file: string } } }[];
    };
    return diagnostics.map(({ category, severity, location: { path } }) => ({
      file: typeof path === 'string' ? path : path.file,
      rule: category,
      severity,
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

describe('biome.jsonc', () => {
  let refused: Diagnostic[] = [];
  let accepted: Diagnostic[] = [];

  beforeAll(async () => {
    refused = await lint(REFUSED.map(([, file, text]) => [file, text]));
    accepted = await lint(ACCEPTED.map(([, file, text]) => [file, text]));
  }, 60_000);

  it.each(REFUSED)('refuses %s', (_, file, _text, rule) => {
    expect(refused).toContainEqual({ file, rule, severity: 'error' });
  });

  it.each(ACCEPTED)('accepts %s', (_, file) => {
    expect(accepted.filter((diagnostic) => diagnostic.file === file)).toEqual([]);
  });
});
