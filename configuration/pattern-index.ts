/** Finds, among many patterns of keys, the few that can have a key in common with another one. */
import { canEndAlike, type KeyPattern, type PatternPart } from './key-pattern.ts';

/**
 * One step through a pattern: a character, which can be a slash; any digit; or, spelled out, all
 * text before the next slash, or all remaining text.
 */
type Token = string;

const DIGIT: Token = 'digit';
const UP_TO_SLASH: Token = 'up to the next slash';
const REST: Token = 'rest';

const DIGITS = Array.from('0123456789');

/**
 * Adds the tokens of a part. After text of unknown length, nothing before the next slash has a
 * known position.
 */
const addTokens = (tokens: Token[], part: PatternPart): void => {
  switch (part.kind) {
    case 'rest':
      tokens.push(REST);
      return;
    case 'literal':
      for (const character of part.text) {
        if (tokens.at(-1) !== UP_TO_SLASH || character === '/') {
          tokens.push(character);
        }
      }
      return;
    default:
      if (tokens.at(-1) !== UP_TO_SLASH) {
        tokens.push(...(part.kind === 'date' ? Array.from(part.unit, () => DIGIT) : [UP_TO_SLASH]));
      }
  }
};

const tokensOf = ({ parts }: KeyPattern): readonly Token[] => {
  const tokens: Token[] = [];
  for (const part of parts) {
    addTokens(tokens, part);
  }
  return tokens;
};

type Entry<Item> = { readonly item: Item; readonly pattern: KeyPattern; readonly index: number };

/** A node of a prefix tree: the patterns below it begin with the same tokens. */
type Node<Item> = {
  readonly next: Map<Token, Node<Item>>;
  /** Whether the node follows text of unknown length, before the next slash. */
  readonly isOpen: boolean;
  readonly ends: Entry<Item>[];
};

const aNode = <Item>(isOpen = false): Node<Item> => ({ next: new Map(), isOpen, ends: [] });

const insert = <Item>(root: Node<Item>, tokens: readonly Token[], entry: Entry<Item>): void => {
  let node = root;
  for (const token of tokens) {
    const next = node.next.get(token) ?? aNode<Item>(token === UP_TO_SLASH);
    node.next.set(token, next);
    node = next;
  }
  node.ends.push(entry);
};

const isInFolder = (token: Token): boolean => token !== '/' && token !== REST;

/** Lists a node and its descendants, as far as all tokens on the path pass. */
const descendants = <Item>(start: Node<Item>, passes: (token: Token) => boolean): Node<Item>[] => {
  const nodes = [start];
  // The list grows during the loop.
  for (const { next } of nodes) {
    for (const [token, node] of next) {
      if (passes(token)) {
        nodes.push(node);
      }
    }
  }
  return nodes;
};

/** Lists the tokens that can mean the same character. */
const alike = (token: Token): readonly Token[] => {
  if (token === DIGIT) {
    return [DIGIT, ...DIGITS];
  }
  return DIGITS.includes(token) ? [token, DIGIT] : [token];
};

/** Lists the nodes that can follow a node after one more token of another pattern. */
const step = <Item>(node: Node<Item>, token: Token): Node<Item>[] => {
  if (token === UP_TO_SLASH) {
    return descendants(node, isInFolder);
  }
  if (node.isOpen && token !== '/') {
    return [node];
  }
  return alike(token).flatMap((one) => node.next.get(one) ?? []);
};

/** Adds the nodes after text that can be empty. */
const withOpen = <Item>(nodes: readonly Node<Item>[]): Node<Item>[] =>
  Array.from(new Set(nodes.flatMap((node) => [node, node.next.get(UP_TO_SLASH) ?? []].flat())));

const find = <Item>(root: Node<Item>, tokens: readonly Token[]): Set<Entry<Item>> => {
  const found: Entry<Item>[] = [];
  let nodes = withOpen([root]);
  for (const token of tokens) {
    found.push(...nodes.flatMap(({ next }) => next.get(REST)?.ends ?? []));
    nodes =
      token === REST
        ? nodes.flatMap((node) => descendants(node, () => true))
        : withOpen(nodes.flatMap((node) => step(node, token)));
  }
  found.push(...nodes.flatMap(({ ends, next }) => [...ends, ...(next.get(REST)?.ends ?? [])]));

  return new Set(found);
};

/**
 * Indexes items by their patterns.
 *
 * @returns A function that lists, in their order, the items whose pattern may have a key in common
 * with another pattern. No item that has one is missing; a few that have none can be in the list.
 * The work grows with the number of patterns that begin alike in every folder, not with the number
 * of all patterns.
 */
export const createPatternIndex = <Item>(
  items: readonly Item[],
  patternOf: (item: Item) => KeyPattern,
): ((pattern: KeyPattern) => Item[]) => {
  const roots = new Map<string, Node<Item>>();
  for (const [index, item] of items.entries()) {
    const pattern = patternOf(item);
    const root = roots.get(pattern.bucket) ?? aNode<Item>();
    roots.set(pattern.bucket, root);
    insert(root, tokensOf(pattern), { item, pattern, index });
  }

  return (pattern) => {
    const root = roots.get(pattern.bucket);

    return root === undefined
      ? []
      : Array.from(find(root, tokensOf(pattern)))
          .filter((entry) => canEndAlike(entry.pattern, pattern))
          .sort((one, other) => one.index - other.index)
          .map(({ item }) => item);
  };
};
