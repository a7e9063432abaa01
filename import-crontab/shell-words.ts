/** Reads the words of shell from the tree that the parser makes. */
import type { Node } from './shell-nodes.ts';
import { allChildren, namedChildren } from './shell-nodes.ts';
import type { Assignment, Change, Step, Word, WordPart } from './shell-steps.ts';

/** Reads the steps inside a node, such as those of `$(...)`. */
type StepsOf = (node: Node) => readonly Step[];

export const textPart = (text: string, isQuoted: boolean): WordPart => ({ kind: 'text', text, isQuoted });

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, '$1');

/** The parser makes white space before `$` inside quotes part of what follows it. */
const leadingSpace = (node: Node): WordPart[] => {
  const [space = ''] = /^\s*/.exec(node.text) ?? [];
  return space === '' ? [] : [textPart(space, true)];
};

const stringOf = (node: Node, stepsOf: StepsOf): Word => {
  const parts: WordPart[] = [];
  let at = node.startIndex;
  for (const child of allChildren(node)) {
    const gap = node.text.slice(at - node.startIndex, child.startIndex - node.startIndex);
    parts.push(...(gap === '' ? [] : [textPart(gap, true)]));
    if (child.type === 'string_content') {
      parts.push(textPart(child.text.replaceAll(/\\([$`"\\])/g, '$1'), true));
    } else if (child.isNamed) {
      parts.push(...wordOf(child, stepsOf));
    }
    at = child.endIndex;
  }
  return parts.length === 0 ? [textPart('', true)] : parts;
};

const CUTS = ['%%', '%', '##', '#'] as const;

const changeOf = (text: string): Change | undefined => {
  const [, rest = ''] = /^\$\{\w+(.*)\}$/s.exec(text) ?? [];
  const [, start, length] = /^:\s*(\d+)(?::\s*(\d+))?$/.exec(rest) ?? [];
  if (start !== undefined) {
    return { kind: 'slice', start: Number(start), length: length === undefined ? undefined : Number(length) };
  }
  const operator = CUTS.find((each) => rest.startsWith(each));
  return operator && { kind: 'cut', operator, pattern: rest.slice(operator.length) };
};

const expansionOf = (node: Node, stepsOf: StepsOf): Word => {
  const text = node.text.trim();
  const [name, value] = namedChildren(node);
  const operator = allChildren(node).find(({ type }) => [':-', '-', ':=', '=', ':+', '+'].includes(type))?.type;
  const variable = /^\$\{(\w+)/.exec(text)?.[1];
  const base = { kind: 'variable', name: variable ?? '', text } as const;
  if (/^\$\{#\w+(\[[@*]\])?\}$/.test(text)) {
    const [, counted = ''] = /^\$\{#(\w+)/.exec(text) ?? [];
    return [...leadingSpace(node), { ...base, name: counted, change: { kind: 'count' } }];
  }
  if (/^\$\{\w+\[[@*0]\]\}$/.test(text) || (name?.type === 'variable_name' && text === `\${${name.text}}`)) {
    return [...leadingSpace(node), base];
  }
  const change = changeOf(text);
  if (change !== undefined) {
    return [...leadingSpace(node), { ...base, change }];
  }
  if (name?.type !== 'variable_name' || operator === undefined) {
    return [...leadingSpace(node), { kind: 'unknown', text }];
  }
  const word = value === undefined ? [] : wordOf(value, stepsOf);
  const part: WordPart = operator.endsWith('+')
    ? { ...base, change: { kind: 'set', text: word } }
    : { ...base, fallback: word };
  return [...leadingSpace(node), part];
};

const arrayOf = (node: Node, stepsOf: StepsOf): Word =>
  namedChildren(node).flatMap((child, index) => [
    ...(index === 0 ? [] : [textPart(' ', true)]),
    ...wordOf(child, stepsOf),
  ]);

/** Lists the parts of one word. */
export const wordOf = (node: Node, stepsOf: StepsOf): Word => {
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
      return stringOf(node, stepsOf);
    case 'concatenation':
    case 'command_name':
      return namedChildren(node).flatMap((child) => wordOf(child, stepsOf));
    case 'array':
      return arrayOf(node, stepsOf);
    case 'simple_expansion': {
      const text = node.text.trim();
      return [...leadingSpace(node), { kind: 'variable', name: text.slice(1), text }];
    }
    case 'expansion':
      return expansionOf(node, stepsOf);
    case 'command_substitution':
      return [...leadingSpace(node), { kind: 'output', steps: stepsOf(node), text: node.text.trim() }];
    default:
      return [{ kind: 'unknown', text: node.text }];
  }
};

const TEST_TREES = ['unary_expression', 'binary_expression', 'parenthesized_expression', 'negation_expression'];

/** Lists the words of a test in their order: the importer reads `test`, `[ ... ]` and `[[ ... ]]` alike. */
export const testWords = (node: Node, stepsOf: StepsOf): Word[] =>
  allChildren(node).flatMap((child) => {
    if (TEST_TREES.includes(child.type)) {
      return testWords(child, stepsOf);
    }
    return ['[', ']', '[[', ']]'].includes(child.type)
      ? []
      : [child.isNamed ? wordOf(child, stepsOf) : [textPart(child.text, false)]];
  });

/** Lists the assignments in a node. */
export const assignmentsIn = (node: Node, stepsOf: StepsOf): Assignment[] => {
  const nodes = node.type === 'variable_assignment' ? [node] : namedChildren(node);
  return nodes
    .filter(({ type }) => type === 'variable_assignment')
    .map((each) => {
      const [name, value] = namedChildren(each);
      return { name: name?.text ?? '', value: value === undefined ? [] : wordOf(value, stepsOf) };
    });
};
