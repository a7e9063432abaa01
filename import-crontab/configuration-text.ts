/** Writes a proposed configuration as the file that a user goes on with. */
import { type Answers, NO_ANSWERS } from './answers.ts';

import type { LineReading } from './line-reading.ts';
import type { Proposal } from './proposals.ts';
import type { CrontabReading } from './reading.ts';

const WIDTH = 120;

const quoted = (text: string): string =>
  text.includes("'") && !text.includes('"') && !text.includes('\\')
    ? JSON.stringify(text)
    : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key));

const inline = (value: unknown): string => {
  if (typeof value === 'string') {
    return quoted(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(inline).join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, inner]) => `${keyText(key)}: ${inline(inner)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  return String(value);
};

/** Writes a value on one line where it fits, else one field a line. */
const literal = (value: unknown, indent: string, before: number): string => {
  const short = inline(value);
  if (typeof value !== 'object' || value === null || before + short.length < WIDTH) {
    return short;
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((each) => `${inner}${literal(each, inner, inner.length)},\n`).join('')}${indent}]`;
  }
  const fields = Object.entries(value).map(([key, each]) => {
    const start = `${inner}${keyText(key)}: `;
    return `${start}${literal(each, inner, start.length)},\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
};

const fieldLines = (value: object, indent: string): string =>
  Object.entries(value)
    .map(([key, each]) => {
      const start = `${indent}${keyText(key)}: `;
      return `${start}${literal(each, indent, start.length)},\n`;
    })
    .join('');

const comment = (text: string, indent: string): string => {
  const room = WIDTH - indent.length - '// '.length;
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line) => `${indent}// ${line}\n`).join('');
};

const INDENT = '    ';

const feedText = ({ feed, line, remarks }: Proposal, reading: LineReading | undefined, answers: Answers): string => {
  const about = `Line ${line}, ${reading?.kind ?? ''}, ${reading?.confidence ?? ''}: ${reading?.text.trim() ?? ''}`;
  const open = remarks.flatMap(({ weight, text }) => {
    if (weight === 'note') {
      return [];
    }
    const answer = answers.get(text);
    if (answer !== undefined) {
      return [`Decided: ${text} ${answer}`];
    }
    return [weight === 'doubt' ? `Doubtful: ${text}` : `To decide: ${text}`];
  });

  return [
    comment(about, INDENT),
    ...open.map((text) => comment(text, INDENT)),
    `${INDENT}{\n${fieldLines(feed, `${INDENT}  `)}${INDENT}},\n`,
  ].join('');
};

/**
 * Writes the configuration.
 *
 * @param importPath - Where `define.ts` lies, from the file.
 */
export const configurationText = (
  { configuration, proposals, lines }: CrontabReading,
  source: string,
  importPath: string,
  answers: Answers = NO_ANSWERS,
): string => {
  const byLine = new Map(lines.map((line) => [line.line, line]));
  const feeds = proposals.map((proposal) => feedText(proposal, byLine.get(proposal.line), answers));
  const { calendars } = configuration;

  return [
    '/**\n',
    ` * What \`${source}\` did, proposed by \`breakaway import-crontab\`: each feed names the line that it takes the place of.\n`,
    ' *\n',
    ' * All feeds are shadows: they do everything but submit their jobs, until `shadow` is taken away. Queue and definitions are to be filled in.\n',
    ' */\n',
    `import { defineConfig } from ${quoted(importPath)};\n\n`,
    'export default defineConfig({\n',
    `  timeZone: ${quoted(configuration.timeZone)},\n\n`,
    calendars === undefined ? '' : `${fieldLines({ calendars }, '  ')}\n`,
    '  feeds: [\n',
    feeds.join('\n'),
    '  ],\n',
    '});\n',
  ].join('');
};
