/**
 * Reads shell, and runs nothing of it.
 *
 * A parser made for the language reads it; the result is plain data.
 */
import { allChildren, isDeeperThan, loadParser, type Node, namedChildren, withBraces } from './shell-nodes.ts';
import type { Branch, Placed, ReadShell, Redirect, Step, StepOf } from './shell-steps.ts';
import { assignmentsIn, testWords, wordOf } from './shell-words.ts';

/** A tree that is deeper is not read. */
const MOST_LEVELS = 400;

const placeOf = (node: Node): Placed => ({ line: node.startPosition.row + 1, text: node.text.trim() });

const redirectOf = (node: Node): Redirect[] => {
  const descriptor = namedChildren(node).find(({ type }) => type === 'file_descriptor')?.text;
  const more = descriptor === undefined ? {} : { descriptor };
  const operator = allChildren(node).find(({ isNamed }) => !isNamed)?.text ?? '';
  if (node.type === 'heredoc_redirect') {
    return [{ operator: '<<', target: [], ...more }];
  }
  if (node.type === 'herestring_redirect') {
    return [{ operator: '<<<', target: [], ...more }];
  }
  const target = node.childForFieldName('destination');
  return node.type === 'file_redirect' && target !== null
    ? [{ operator, target: wordOf(target, stepsOf), ...more }]
    : [];
};

const redirectsIn = (node: Node): Redirect[] => namedChildren(node).flatMap(redirectOf);

const redirected = (node: Node, step: Step, redirects: readonly Redirect[]): Step =>
  redirects.length === 0 ? step : { ...placeOf(node), kind: 'redirected', step, redirects };

const commandOf = (node: Node): Step => {
  const words = namedChildren(node).filter(({ type }) => type !== 'variable_assignment' && !type.endsWith('_redirect'));
  const step: Step = {
    ...placeOf(node),
    kind: 'command',
    words: words.map((word) => wordOf(word, stepsOf)),
    assignments: assignmentsIn(node, stepsOf),
  };
  return redirected(node, step, redirectsIn(node));
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
  // `! a | b` negates the whole pipe; the parser negates its first part.
  if (first?.kind === 'not') {
    return { ...placeOf(node), kind: 'not', step: { ...placeOf(node), kind: 'pipe', steps: [first.step, ...others] } };
  }
  return { ...placeOf(node), kind: 'pipe', steps: first === undefined ? [] : [first, ...others] };
};

const redirectedOf = (node: Node): Step => {
  const body = node.childForFieldName('body');
  const step: Step = body === null ? { ...placeOf(node), kind: 'other' } : stepOf(body);

  return redirected(node, step, redirectsIn(node));
};

/** Splits the parts of `if` and `elif` at `then`. */
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

const caseOf = (node: Node): Step => {
  const value = node.childForFieldName('value');
  const items = namedChildren(node).filter(({ type }) => type === 'case_item');

  return {
    ...placeOf(node),
    kind: 'case',
    subject: value === null ? [] : wordOf(value, stepsOf),
    options: items.map((item) => {
      const end = allChildren(item).findIndex(({ type }) => type === ')');
      const patterns = allChildren(item)
        .slice(0, end)
        .filter(({ isNamed }) => isNamed);
      return {
        patterns: patterns.map((pattern) => wordOf(pattern, stepsOf)),
        steps: blockOf(allChildren(item).slice(end + 1)),
      };
    }),
  };
};

const isBody = ({ type }: Node): boolean => type === 'do_group';

const loopOf = (node: Node): Step => {
  const children = allChildren(node);

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

  return {
    ...placeOf(node),
    kind: 'for',
    variable: variable?.text ?? '',
    words: others.filter((child) => !isBody(child)).map((word) => wordOf(word, stepsOf)),
    body: others.filter(isBody).flatMap(stepsOf),
  };
};

const functionOf = (node: Node): Step => {
  const [name, body] = namedChildren(node);
  return { ...placeOf(node), kind: 'function', name: name?.text ?? '', body: body === undefined ? [] : stepsOf(body) };
};

const assignOf = (node: Node): StepOf<'assign'> => ({
  ...placeOf(node),
  kind: 'assign',
  assignments: assignmentsIn(node, stepsOf),
  isExported: node.type === 'declaration_command' && /^(export|declare\s+-\w*x|typeset\s+-\w*x)\b/.test(node.text),
  names: namedChildren(node)
    .filter(({ type }) => type === 'variable_name')
    .map(({ text }) => text),
});

const negatedOf = (node: Node): Step => {
  const [inner] = namedChildren(node);
  return inner === undefined
    ? { ...placeOf(node), kind: 'other' }
    : { ...placeOf(node), kind: 'not', step: stepOf(inner) };
};

/** `((i++))`: arithmetic, read like a test without words that are understood. */
const testOf = (node: Node): Step =>
  node.text.startsWith('((')
    ? { ...placeOf(node), kind: 'test', words: [[{ kind: 'unknown', text: node.text }]] }
    : { ...placeOf(node), kind: 'test', words: testWords(node, stepsOf) };

const groupOf = (node: Node): Step => ({
  ...placeOf(node),
  kind: 'group',
  steps: stepsOf(node),
  isSubshell: node.type === 'subshell',
});

const READERS: Readonly<Record<string, (node: Node) => Step>> = {
  command: commandOf,
  test_command: testOf,
  variable_assignment: assignOf,
  variable_assignments: assignOf,
  declaration_command: assignOf,
  list: listOf,
  pipeline: pipeOf,
  negated_command: negatedOf,
  redirected_statement: redirectedOf,
  subshell: groupOf,
  compound_statement: groupOf,
  if_statement: ifOf,
  case_statement: caseOf,
  while_statement: loopOf,
  c_style_for_statement: (node) => ({
    ...placeOf(node),
    kind: 'for',
    variable: '',
    words: [],
    body: namedChildren(node).filter(isBody).flatMap(stepsOf),
  }),
  for_statement: forOf,
  function_definition: functionOf,
  ERROR: (node) => ({ ...placeOf(node), kind: 'unreadable' }),
};

const stepOf = (node: Node): Step => {
  const read = Object.hasOwn(READERS, node.type) ? READERS[node.type] : undefined;
  return read?.(node) ?? { ...placeOf(node), kind: node.isMissing ? 'unreadable' : 'other' };
};

const blockOf = (nodes: readonly Node[]): Step[] =>
  nodes.flatMap((node, index) => {
    if (!node.isNamed || node.type === 'comment' || node.type === 'heredoc_body') {
      return [];
    }
    const step = stepOf(node);
    return nodes[index + 1]?.type === '&' ? [{ ...placeOf(node), kind: 'background' as const, step }] : [step];
  });

const stepsOf = (node: Node): Step[] => blockOf(allChildren(node));

/** Makes the function that reads shell; it reads each text once. */
export const createReadShell = async (): Promise<ReadShell> => {
  const parser = await loadParser();
  const known = new Map<string, readonly Step[]>();

  const parse = (source: string): readonly Step[] => {
    const tree = parser.parse(source);
    if (tree === null) {
      return [];
    }
    try {
      const { rootNode } = tree;
      if (isDeeperThan(rootNode, MOST_LEVELS)) {
        const why = `it is nested more than ${MOST_LEVELS} levels deep`;
        return [{ line: 1, text: source.slice(0, 60), kind: 'unreadable', why }];
      }
      const braced = withBraces(source, rootNode);
      if (braced !== source) {
        return parse(braced);
      }
      const steps = stepsOf(rootNode);
      const isTold = steps.some(({ kind }) => kind === 'unreadable');
      // The parser repairs what it can; a person has to know that there was something to repair.
      return rootNode.hasError && !isTold ? [...steps, { ...placeOf(rootNode), kind: 'unreadable' }] : steps;
    } finally {
      tree.delete();
    }
  };
  return (source) => {
    const steps = known.get(source) ?? parse(source);
    known.set(source, steps);
    return steps;
  };
};
