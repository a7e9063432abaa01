/** The parser for shell, and the nodes of its trees. */
import { createRequire } from 'node:module';

type TreeSitter = typeof import('@vscode/tree-sitter-wasm');
export type Node = InstanceType<TreeSitter['Node']>;
type Parser = InstanceType<TreeSitter['Parser']>;

const present = (nodes: readonly (Node | null)[]): Node[] => nodes.filter((node) => node !== null);

export const namedChildren = (node: Node): Node[] =>
  present(node.namedChildren).filter(({ type }) => type !== 'comment');

export const allChildren = (node: Node): Node[] => present(node.children);

/** Says whether a tree is deeper than a number of levels. */
export const isDeeperThan = (root: Node, most: number): boolean => {
  const cursor = root.walk();
  let depth = 0;
  for (;;) {
    if (cursor.gotoFirstChild()) {
      depth += 1;
    } else {
      while (!cursor.gotoNextSibling()) {
        if (!cursor.gotoParent()) {
          return false;
        }
        depth -= 1;
      }
    }
    if (depth > most) {
      return true;
    }
  }
};

/** Finds each `$` that the parser cuts off the name behind it, as in `$IN/orders_$DAY.csv`. */
const strayDollars = (root: Node): number[] =>
  present(root.descendantsOfType('concatenation')).flatMap((node) => {
    const last = allChildren(node).at(-1);
    return last?.type === '$' ? [last.startIndex] : [];
  });

/** Writes a variable as `${DAY}` where the parser does not recognise it. */
export const withBraces = (source: string, root: Node): string =>
  strayDollars(root).reduceRight((text, at) => {
    const [name] = /^(\w+)/.exec(text.slice(at + 1)) ?? [];
    return name === undefined ? text : `${text.slice(0, at)}\${${name}}${text.slice(at + 1 + name.length)}`;
  }, source);

let parser: Promise<Parser> | undefined;

const load = async (): Promise<Parser> => {
  const require = createRequire(import.meta.url);
  const { Parser, Language }: TreeSitter = require('@vscode/tree-sitter-wasm');
  await Parser.init();
  const bash = await Language.load(require.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'));

  return new Parser().setLanguage(bash);
};

/** Loads the parser once. */
export const loadParser = (): Promise<Parser> => {
  parser ??= load();
  return parser;
};
