/** Finds, among many patterns, the few that may match a key that another one matches as well. */
import type { KeyPattern, PatternPart } from './common-key.ts';

/**
 * What stands at one place of a pattern: a character, a slash among them; any digit; or, in words, whatever there is up to the next slash, or
 * all that follows.
 */
type Token = string;

const DIGIT: Token = 'digit';
const UP_TO_SLASH: Token = 'up to the next slash';
const ALL_THAT_FOLLOWS: Token = 'all that follows';

const DIGITS = Array.from('0123456789');

/** Adds what a part says; what stands behind an open end tells nothing until the next slash. */
const addTokens = (tokens: Token[], part: PatternPart): void => {
  switch (part.kind) {
    case 'rest':
      tokens.push(ALL_THAT_FOLLOWS);
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

type Filed<Item> = { readonly item: Item; readonly index: number };

/** A place that patterns have in common, since they begin alike. */
type Node<Item> = {
  readonly next: Map<Token, Node<Item>>;
  /** Whether it is somewhere between two slashes, and no longer told where. */
  readonly isOpen: boolean;
  readonly ends: Filed<Item>[];
};

const aNode = <Item>(isOpen = false): Node<Item> => ({ next: new Map(), isOpen, ends: [] });

const insert = <Item>(root: Node<Item>, tokens: readonly Token[], filed: Filed<Item>): void => {
  let node = root;
  for (const token of tokens) {
    const next = node.next.get(token) ?? aNode<Item>(token === UP_TO_SLASH);
    node.next.set(token, next);
    node = next;
  }
  node.ends.push(filed);
};

const isInFolder = (token: Token): boolean => token !== '/' && token !== ALL_THAT_FOLLOWS;

/** Lists a place and those behind it, as far as tokens of one kind lead. */
const placesBehind = <Item>(start: Node<Item>, isWithin: (token: Token) => boolean): Node<Item>[] => {
  const places = [start];
  // The list grows while it is gone through.
  for (const { next } of places) {
    for (const [token, node] of next) {
      if (isWithin(token)) {
        places.push(node);
      }
    }
  }
  return places;
};

/** Lists the tokens that may stand for the same character. */
const alike = (token: Token): readonly Token[] => {
  if (token === DIGIT) {
    return [DIGIT, ...DIGITS];
  }
  return DIGITS.includes(token) ? [token, DIGIT] : [token];
};

/** Lists where a key may be that was at a place, once another pattern is a token further. */
const step = <Item>(node: Node<Item>, token: Token): Node<Item>[] => {
  if (token === UP_TO_SLASH) {
    return placesBehind(node, isInFolder);
  }
  if (node.isOpen && token !== '/') {
    return [node];
  }
  return alike(token).flatMap((one) => node.next.get(one) ?? []);
};

/** Adds the places behind what may be empty. */
const withOpen = <Item>(nodes: readonly Node<Item>[]): Node<Item>[] =>
  Array.from(new Set(nodes.flatMap((node) => [node, node.next.get(UP_TO_SLASH) ?? []].flat())));

const find = <Item>(root: Node<Item>, tokens: readonly Token[]): Set<Filed<Item>> => {
  const found: Filed<Item>[] = [];
  let places = withOpen([root]);
  for (const token of tokens) {
    found.push(...places.flatMap(({ next }) => next.get(ALL_THAT_FOLLOWS)?.ends ?? []));
    places =
      token === ALL_THAT_FOLLOWS
        ? places.flatMap((node) => placesBehind(node, () => true))
        : withOpen(places.flatMap((node) => step(node, token)));
  }
  found.push(...places.flatMap(({ ends, next }) => [...ends, ...(next.get(ALL_THAT_FOLLOWS)?.ends ?? [])]));

  return new Set(found);
};

/**
 * Files items by their patterns.
 *
 * @returns A function that gives, in their order, the items whose pattern may have a key in common with another: all that have one are among
 * them. Its work grows with how many begin alike in every folder, and not with how many there are.
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
    insert(root, tokensOf(pattern), { item, index });
  }

  return (pattern) => {
    const root = roots.get(pattern.bucket);

    return root === undefined
      ? []
      : Array.from(find(root, tokensOf(pattern)))
          .sort((one, other) => one.index - other.index)
          .map(({ item }) => item);
  };
};
