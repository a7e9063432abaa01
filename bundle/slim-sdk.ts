/**
 * Two rules by which esbuild leaves out of a bundle what a function never runs of the AWS SDK: a third of its size.
 *
 * A rule changes no request and no answer. The build fails when the SDK no longer looks as a rule expects it: read what the SDK does
 * now, and change the rule or remove it.
 */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

type Rule = {
  /** The file that the rule rewrites, inside `node_modules`. */
  readonly file: RegExp;
  /** The packages that must have such a file, once esbuild loads anything of them. */
  readonly packages: RegExp;
  /** @throws Error when the file does not look as expected */
  readonly write: (original: string) => string;
};

/**
 * Writes `[_name]: value` as `"name": value`, where the file has `const _name = "name"`. esbuild assumes that a computed key has effects,
 * and keeps the schemas of every operation because of it. It drops an object with literal keys that nothing uses.
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

const RULES: readonly Rule[] = [
  {
    // Lambda and `serverless invoke local` give credentials in the environment, so the providers for laptops and containers can go.
    file: /^@aws-sdk\/credential-provider-node\/dist-es\/index\.js$/,
    packages: /^@aws-sdk\/credential-provider-node$/,
    write: (original) => {
      if (!/\bdefaultProvider\b/.test(original)) throw new Error('it does not export defaultProvider');
      return 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";\n';
    },
  },
  {
    file: /^@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_\d+\.js$/,
    packages: /^@aws-sdk\/client-[^/]+$/,
    write: literalKeys,
  },
];

const failure = (what: string, problem: string) => ({
  text: `The AWS SDK is not as bundle/slim-sdk.ts expects it: ${what}: ${problem}`,
});

/** Makes the esbuild plugin that applies the rules, and fails the build when one cannot be applied. */
export const slimSdk = (): Plugin => ({
  name: 'slim-sdk',
  setup: (build) => {
    const loaded = new Set<string>();
    const rewritten = new Set<string>();

    build.onStart(() => {
      loaded.clear();
      rewritten.clear();
    });

    build.onLoad({ filter: /[\\/]node_modules[\\/]@aws-sdk[\\/].*\.js$/ }, async ({ path }) => {
      const file = path.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
      const name = file.split('/', 2).join('/');
      loaded.add(name);
      const rule = RULES.find((candidate) => candidate.file.test(file));
      if (rule === undefined) return undefined;
      rewritten.add(name);
      try {
        return { contents: rule.write(await readFile(path, 'utf8')), loader: 'js' };
      } catch (error) {
        return { errors: [failure(file, String(error))] };
      }
    });

    build.onEnd(() => {
      const missed = [...loaded].filter(
        (name) => RULES.some(({ packages }) => packages.test(name)) && !rewritten.has(name),
      );
      return { errors: missed.map((name) => failure(name, 'the file that a rule rewrites is not loaded')) };
    });
  },
});
