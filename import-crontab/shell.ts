/**
 * Reads shell, and runs nothing of it.
 *
 * A parser made for the language does the reading; what comes out is plain data, as far as the importer has a use for it.
 */
import { createRequire } from 'node:module';

type TreeSitter = typeof import('@vscode/tree-sitter-wasm');
type Node = InstanceType<TreeSitter['Node']>;
type Parser = InstanceType<TreeSitter['Parser']>;

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly isQuoted: boolean }
  /** `$DAY`, `${DAY:-today}`. */
  | { readonly kind: 'variable'; readonly name: string; readonly fallback?: Word }
  /** `$(…)`. */
  | { readonly kind: 'output'; readonly steps: readonly Step[]; readonly text: string }
  | { readonly kind: 'unknown'; readonly text: string };

/** One word of a command, before anything is filled in. */
export type Word = readonly WordPart[];

export type Redirect = { readonly operator: string; readonly target: Word };

type Placed = {
  /** From 1. */
  readonly line: number;
  /** As it stands in the source. */
  readonly text: string;
};

export type Branch = { readonly condition: readonly Step[]; readonly steps: readonly Step[] };

export type Assignment = { readonly name: string; readonly value: Word };

export type Step = Placed &
  (
    | { readonly kind: 'command'; readonly words: readonly Word[]; readonly assignments: readonly Assignment[] }
    /** `[ … ]` and `[[ … ]]`, as the words between the brackets. */
    | { readonly kind: 'test'; readonly words: readonly Word[] }
    | { readonly kind: 'assign'; readonly assignments: readonly Assignment[] }
    | { readonly kind: 'and' | 'or'; readonly left: Step; readonly right: Step }
    | { readonly kind: 'not'; readonly step: Step }
    | { readonly kind: 'pipe'; readonly steps: readonly Step[] }
    | { readonly kind: 'redirected'; readonly step: Step; readonly redirects: readonly Redirect[] }
    | { readonly kind: 'background'; readonly step: Step }
    | { readonly kind: 'group'; readonly steps: readonly Step[] }
    | { readonly kind: 'if'; readonly branches: readonly Branch[]; readonly otherwise: readonly Step[] }
    | {
        readonly kind: 'loop';
        readonly until: boolean;
        readonly condition: readonly Step[];
        readonly body: readonly Step[];
      }
    | {
        readonly kind: 'for';
        readonly variable: string;
        readonly words: readonly Word[];
        readonly body: readonly Step[];
      }
    | { readonly kind: 'function'; readonly name: string; readonly body: readonly Step[] }
    /** Shell that the importer has no use for, such as `case`. */
    | { readonly kind: 'other' }
    /** What is no shell, as far as the parser can tell. */
    | { readonly kind: 'unreadable' }
  );

const presentNodes = (nodes: readonly (Node | null)[]): Node[] => nodes.filter((node) => node !== null);

const namedChildren = (node: Node): Node[] => presentNodes(node.namedChildren).filter(({ type }) => type !== 'comment');

const allChildren = (node: Node): Node[] => presentNodes(node.children);

const textPart = (text: string, isQuoted: boolean): WordPart => ({ kind: 'text', text, isQuoted });

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, '$1');

/** The parser makes white space before `$` inside quotes part of what follows it. */
const leadingSpace = (node: Node): WordPart[] => {
  const [space = ''] = /^\s*/.exec(node.text) ?? [];
  return space === '' ? [] : [textPart(space, true)];
};

const stringOf = (node: Node): Word => {
  const parts: WordPart[] = [];
  let at = node.startIndex;
  for (const child of allChildren(node)) {
    const gap = node.text.slice(at - node.startIndex, child.startIndex - node.startIndex);
    parts.push(...(gap === '' ? [] : [textPart(gap, true)]));
    if (child.type === 'string_content') {
      parts.push(textPart(child.text.replaceAll(/\\([$`"\\])/g, '$1'), true));
    } else if (child.isNamed) {
      parts.push(...wordOf(child));
    }
    at = child.endIndex;
  }
  return parts;
};

const expansionOf = (node: Node): Word => {
  const named = namedChildren(node);
  const [name, fallback] = named;
  const operator = allChildren(node).find(({ type }) => type === ':-' || type === '-');
  if (name?.type !== 'variable_name' || (named.length > 1 && operator === undefined)) {
    return [...leadingSpace(node), { kind: 'unknown', text: node.text.trim() }];
  }
  const part: WordPart =
    fallback === undefined
      ? { kind: 'variable', name: name.text }
      : { kind: 'variable', name: name.text, fallback: wordOf(fallback) };

  return [...leadingSpace(node), part];
};

/** Says what one word consists of. */
const wordOf = (node: Node): Word => {
  switch (node.type) {
    case 'word':
    case 'number':
    case 'variable_name':
    case 'extglob_pattern':
    case 'regex':
    case 'test_operator':
      return [textPart(unescaped(node.text), false)];
    case 'raw_string':
      return [textPart(node.text.slice(1, -1), true)];
    case 'ansi_c_string':
      return [textPart(node.text.slice(2, -1), true)];
    case 'string':
    case 'translated_string':
      return stringOf(node);
    case 'concatenation':
    case 'command_name':
    case 'array':
      return namedChildren(node).flatMap(wordOf);
    case 'simple_expansion':
      return [...leadingSpace(node), { kind: 'variable', name: node.text.trim().slice(1) }];
    case 'expansion':
      return expansionOf(node);
    case 'command_substitution':
      return [...leadingSpace(node), { kind: 'output', steps: stepsOf(node), text: node.text.trim() }];
    default:
      return [{ kind: 'unknown', text: node.text }];
  }
};

const TEST_TREES = ['unary_expression', 'binary_expression', 'parenthesized_expression', 'negation_expression'];

/** Lists the words of a test in the order in which they stand: the importer reads `test …`, `[ … ]` and `[[ … ]]` alike. */
const testWords = (node: Node): Word[] =>
  allChildren(node).flatMap((child) => {
    if (TEST_TREES.includes(child.type)) {
      return testWords(child);
    }
    return ['[', ']', '[[', ']]'].includes(child.type)
      ? []
      : [child.isNamed ? wordOf(child) : [textPart(child.text, false)]];
  });

const assignmentOf = (node: Node): Assignment => {
  const [name, value] = namedChildren(node);
  return { name: name?.text ?? '', value: value === undefined ? [] : wordOf(value) };
};

const assignmentsIn = (node: Node): Assignment[] =>
  namedChildren(node)
    .filter(({ type }) => type === 'variable_assignment')
    .map(assignmentOf);

const redirectsIn = (node: Node): Redirect[] =>
  namedChildren(node).flatMap((child) => {
    const target = child.childForFieldName('destination');
    const operator = allChildren(child).find(({ isNamed }) => !isNamed)?.text ?? '';
    return child.type === 'file_redirect' && target !== null ? [{ operator, target: wordOf(target) }] : [];
  });

const commandOf = (node: Node): Step => {
  const words = namedChildren(node).filter(({ type }) => type !== 'variable_assignment' && !type.endsWith('_redirect'));
  return { ...placeOf(node), kind: 'command', words: words.map(wordOf), assignments: assignmentsIn(node) };
};

const placeOf = (node: Node): Placed => ({ line: node.startPosition.row + 1, text: node.text.trim() });

const grouped = (node: Node, steps: readonly Step[]): Step => {
  const [only, ...others] = steps;
  return only !== undefined && others.length === 0 ? only : { ...placeOf(node), kind: 'group', steps };
};

const listOf = (node: Node): Step => {
  const [left, right] = namedChildren(node);
  const kind = allChildren(node).some(({ type }) => type === '||') ? 'or' : 'and';

  return left === undefined || right === undefined
    ? { ...placeOf(node), kind: 'unreadable' }
    : { ...placeOf(node), kind, left: stepOf(left), right: stepOf(right) };
};

const pipeOf = (node: Node): Step => {
  const [first, ...others] = namedChildren(node).map(stepOf);
  // `! a | b` says no to the whole of it; the parser says so of its first part.
  if (first?.kind === 'not') {
    return { ...placeOf(node), kind: 'not', step: { ...placeOf(node), kind: 'pipe', steps: [first.step, ...others] } };
  }
  return { ...placeOf(node), kind: 'pipe', steps: first === undefined ? [] : [first, ...others] };
};

const redirectedOf = (node: Node): Step => {
  const body = node.childForFieldName('body');
  const step: Step = body === null ? { ...placeOf(node), kind: 'other' } : stepOf(body);

  return { ...placeOf(node), kind: 'redirected', step, redirects: redirectsIn(node) };
};

/** Splits what stands in `if` and `elif` at `then`. */
const branchOf = (node: Node): Branch => {
  const children = allChildren(node);
  const then = children.findIndex(({ type }) => type === 'then');
  const isClause = ({ type }: Node): boolean => type === 'elif_clause' || type === 'else_clause';

  return {
    condition: blockOf(children.slice(0, then)),
    steps: blockOf(children.slice(then).filter((child) => !isClause(child))),
  };
};

const ifOf = (node: Node): Step => {
  const clauses = namedChildren(node);
  const elses = clauses.filter(({ type }) => type === 'else_clause');

  return {
    ...placeOf(node),
    kind: 'if',
    branches: [node, ...clauses.filter(({ type }) => type === 'elif_clause')].map(branchOf),
    otherwise: elses.flatMap(stepsOf),
  };
};

const loopOf = (node: Node): Step => {
  const children = allChildren(node);
  const isBody = ({ type }: Node): boolean => type === 'do_group';

  return {
    ...placeOf(node),
    kind: 'loop',
    until: children[0]?.type === 'until',
    condition: blockOf(children.filter((child) => !isBody(child))),
    body: children.filter(isBody).flatMap(stepsOf),
  };
};

const forOf = (node: Node): Step => {
  const [variable, ...others] = namedChildren(node);
  const isBody = ({ type }: Node): boolean => type === 'do_group';

  return {
    ...placeOf(node),
    kind: 'for',
    variable: variable?.text ?? '',
    words: others.filter((child) => !isBody(child)).map(wordOf),
    body: others.filter(isBody).flatMap(stepsOf),
  };
};

const functionOf = (node: Node): Step => {
  const [name, body] = namedChildren(node);
  return { ...placeOf(node), kind: 'function', name: name?.text ?? '', body: body === undefined ? [] : stepsOf(body) };
};

const stepOf = (node: Node): Step => {
  switch (node.type) {
    case 'command':
      return commandOf(node);
    case 'test_command':
      return { ...placeOf(node), kind: 'test', words: testWords(node) };
    case 'variable_assignment':
      return { ...placeOf(node), kind: 'assign', assignments: [assignmentOf(node)] };
    case 'variable_assignments':
    case 'declaration_command':
      return { ...placeOf(node), kind: 'assign', assignments: assignmentsIn(node) };
    case 'list':
      return listOf(node);
    case 'pipeline':
      return pipeOf(node);
    case 'negated_command': {
      const [inner] = namedChildren(node);
      return inner === undefined
        ? { ...placeOf(node), kind: 'other' }
        : { ...placeOf(node), kind: 'not', step: stepOf(inner) };
    }
    case 'redirected_statement':
      return redirectedOf(node);
    case 'subshell':
    case 'compound_statement':
      return grouped(node, stepsOf(node));
    case 'if_statement':
      return ifOf(node);
    case 'while_statement':
      return loopOf(node);
    case 'c_style_for_statement':
      return { ...placeOf(node), kind: 'for', variable: '', words: [], body: bodyOf(node) };
    case 'for_statement':
      return forOf(node);
    case 'function_definition':
      return functionOf(node);
    case 'ERROR':
      return { ...placeOf(node), kind: 'unreadable' };
    default:
      return { ...placeOf(node), kind: node.isMissing ? 'unreadable' : 'other' };
  }
};

const bodyOf = (node: Node): Step[] =>
  namedChildren(node)
    .filter(({ type }) => type === 'do_group')
    .flatMap(stepsOf);

const blockOf = (nodes: readonly Node[]): Step[] =>
  nodes.flatMap((node, index) => {
    if (!node.isNamed || node.type === 'comment' || node.type === 'heredoc_body') {
      return [];
    }
    const step = stepOf(node);
    return nodes[index + 1]?.type === '&' ? [{ ...placeOf(node), kind: 'background' as const, step }] : [step];
  });

const stepsOf = (node: Node): Step[] => blockOf(allChildren(node));

/** Finds each `$` that the parser cuts off the name behind it, as in `$IN/orders_$DAY.csv`. */
const strayDollars = (root: Node): number[] =>
  presentNodes(root.descendantsOfType('concatenation')).flatMap((node) => {
    const last = allChildren(node).at(-1);
    return last?.type === '$' ? [last.startIndex] : [];
  });

/** Writes a variable as `${DAY}` where the parser would not know it for one. */
const withBraces = (source: string, dollars: readonly number[]): string =>
  dollars.reduceRight((text, at) => {
    const [name] = /^(\w+)/.exec(text.slice(at + 1)) ?? [];
    return name === undefined ? text : `${text.slice(0, at)}\${${name}}${text.slice(at + 1 + name.length)}`;
  }, source);

/** Reads shell. */
export type ReadShell = (source: string) => Step[];

let parser: Promise<Parser> | undefined;

const loadParser = async (): Promise<Parser> => {
  const load = createRequire(import.meta.url);
  const { Parser, Language }: TreeSitter = load('@vscode/tree-sitter-wasm');
  await Parser.init();
  const bash = await Language.load(load.resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-bash.wasm'));

  return new Parser().setLanguage(bash);
};

/** Makes the function that reads shell; the parser is loaded once. */
export const createReadShell = async (): Promise<ReadShell> => {
  parser ??= loadParser();
  const loaded = await parser;

  const read: ReadShell = (source) => {
    const tree = loaded.parse(source);
    if (tree === null) {
      return [];
    }
    try {
      const { rootNode } = tree;
      const braced = withBraces(source, strayDollars(rootNode));
      if (braced !== source) {
        return read(braced);
      }
      const steps = stepsOf(rootNode);
      const isTold = steps.some(({ kind }) => kind === 'unreadable');
      // The parser mends what it can; a person has to know that there was something to mend.
      return rootNode.hasError && !isTold ? [...steps, { ...placeOf(rootNode), kind: 'unreadable' }] : steps;
    } finally {
      tree.delete();
    }
  };
  return read;
};
