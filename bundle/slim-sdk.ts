/**
 * Two rules by which esbuild leaves a third of the AWS SDK out of a bundle: what no function runs.
 * They change no request and no answer. The build fails when the SDK no longer looks as a rule
 * expects it: read what the SDK does now, and change the rule or remove it.
 */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** The file of each such package that is rewritten. `write` throws when it looks different. */
type Rewrite = { readonly packages: RegExp; readonly file: RegExp; readonly write: (original: string) => string };

/** Rule 1: a module that Lambda has no use for is replaced. */
const replacement = (exported: string, source: string) => (original: string) => {
  if (!original.includes(exported)) throw new Error(`it does not export ${exported}`);
  return source;
};

/**
 * Rule 2: `[_name]: value` becomes `"name": value`, where the file has `const _name = "name"`.
 * esbuild assumes that a computed key has effects, and keeps the schemas of every operation because
 * of it. It drops an object with literal keys that nothing uses.
 */
const literalKeys = (text: string): string => {
  const names = new Map(
    [...text.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, variable, name]) => [variable, name]),
  );
  const key = /\[(_\w+)\]: /g;
  if (text.search(key) === -1) throw new Error('it has no computed keys');
  return text.replaceAll(key, (_, variable: string) => {
    const name = names.get(variable);
    if (name === undefined || name === '"__proto__"') throw new Error(`${variable} does not name a property`);
    return `${name}: `;
  });
};

const REWRITES: readonly Rewrite[] = [
  {
    // Lambda and `serverless invoke local` pass credentials in the environment.
    packages: /^@aws-sdk\/credential-provider-node$/,
    file: /^dist-es\/index\.js$/,
    write: replacement(
      'defaultProvider',
      'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";',
    ),
  },
  {
    // No function calls an operation that has an event stream.
    packages: /^@smithy\/core$/,
    file: /^dist-es\/submodules\/event-streams\/index\.js$/,
    write: replacement(
      'resolveEventStreamSerdeConfig',
      'export const eventStreamSerdeProvider = () => undefined;\nexport const resolveEventStreamSerdeConfig = (config) => config;',
    ),
  },
  { packages: /^@aws-sdk\/client-[^/]+$/, file: /^dist-es\/schemas\/schemas_\d+\.js$/, write: literalKeys },
];

const failure = (what: string, problem: string) => ({
  text: `The AWS SDK is not as bundle/slim-sdk.ts expects it: ${what}: ${problem}`,
});

/** Makes the esbuild plugin that applies the rules. It fails the build when it cannot. */
export const slimSdk = (): Plugin => ({
  name: 'slim-sdk',
  setup: (build) => {
    const loaded = new Set<string>();
    const rewritten = new Set<string>();

    build.onLoad({ filter: /[\\/]node_modules[\\/]@(aws-sdk|smithy)[\\/].*\.js$/ }, async ({ path }) => {
      const [, name = '', file = ''] =
        /^.*\/node_modules\/([^/]+\/[^/]+)\/(.*)$/.exec(path.replaceAll('\\', '/')) ?? [];
      loaded.add(name);
      const rewrite = REWRITES.find((one) => one.packages.test(name) && one.file.test(file));
      if (rewrite === undefined) return undefined;
      rewritten.add(name);
      try {
        return { contents: rewrite.write(await readFile(path, 'utf8')), loader: 'js' };
      } catch (error) {
        return { errors: [failure(`${name}/${file}`, String(error))] };
      }
    });

    build.onEnd(() => {
      const expected = [...loaded].filter((name) => REWRITES.some(({ packages }) => packages.test(name)));
      const missed = expected.filter((name) => !rewritten.has(name));
      return { errors: missed.map((name) => failure(name, 'the file that a rule rewrites is not loaded')) };
    });
  },
});
