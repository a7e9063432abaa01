/** Turns the path that a script looks for into a template for keys in S3. */
import { readTemplate } from '../configuration/parse-template.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import {
  type ClockOffset,
  describeText,
  joinDates,
  type KnownText,
  literalOf,
  offsetsOf,
  startsWith,
} from './known-text.ts';

/** Where files of a folder come to now. */
export type FolderMapping = { readonly folder: string; readonly uri: string };

export type Capture = { readonly name: string; readonly values?: readonly string[] };

export type PathReading =
  | {
      readonly kind: 'template';
      readonly uri: string;
      /** How far its date lies from the day on which it is looked for. */
      readonly offset?: ClockOffset;
      readonly captures: readonly Capture[];
      readonly units: readonly DateUnit[];
      readonly hasStar: boolean;
      readonly doubts: readonly string[];
      /** Questions that only a person can answer, such as the bucket. */
      readonly questions: readonly string[];
    }
  | { readonly kind: 'problem'; readonly problem: string };

/** The bucket of files whose bucket is not known. */
export const UNKNOWN_NAME = 'replace-me';

const escaped = (text: string): string => text.replaceAll('{', '{{').replaceAll('}', '}}');

const written = (text: KnownText): string =>
  joinDates(
    text
      .map((part) => {
        switch (part.kind) {
          case 'text':
            return escaped(part.text);
          case 'date':
            return `{date:${part.unit}}`;
          case 'value':
            return `{${part.name}}`;
          default:
            return '*';
        }
      })
      .join('')
      .replaceAll(/\*+/g, '*')
      .replaceAll(/(?<!:)\/{2,}/g, '/'),
  );

const UNKNOWN_DOUBT = 'a part of the name is made when the script runs: * takes anything there';

const doubtsOf = (text: KnownText): string[] => [
  ...(text.some(({ kind }) => kind === 'unknown' || kind === 'files') ? [UNKNOWN_DOUBT] : []),
  ...text.flatMap((part) =>
    part.kind === 'value' && part.values === undefined
      ? [`nothing says what {${part.name}} may be: each value that comes makes a run of its own`]
      : [],
  ),
];

const located = (path: string, mappings: readonly FolderMapping[]): { uri: string; questions: string[] } => {
  const [best] = mappings
    .filter(({ folder }) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`))
    .sort((one, other) => other.folder.length - one.folder.length);
  if (best !== undefined) {
    const rest = path.slice(best.folder.length).replace(/^\//, '');
    return { uri: `${best.uri.replace(/\/$/, '')}/${rest}`, questions: [] };
  }
  const inBucket = /^s3[an]?:\/\/(.*)$/.exec(path)?.[1];
  if (inBucket !== undefined) {
    return { uri: `s3://${inBucket}`, questions: [] };
  }
  // A person knows the folder before the first placeholder.
  const folder = path.replace(/[{*].*$/s, '').replace(/\/[^/]*$/, '') || '/';
  const key = path.replace(/^[a-z]+:\/\/[^/]*/, '').replace(/^[./]+/, '');
  return {
    uri: `s3://${UNKNOWN_NAME}/${key}`,
    questions: [`to which bucket do the files of ${folder} come? (--map ${folder}=s3://bucket/folder)`],
  };
};

/** Makes a bucket that a variable names into one that a person names. */
const withBucket = (uri: string): { uri: string; questions: string[] } => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)(.*)$/.exec(uri) ?? [];

  return /[{}*]/.test(bucket)
    ? { uri: `s3://${UNKNOWN_NAME}${key}`, questions: [`which bucket is ${bucket}?`] }
    : { uri, questions: [] };
};

/** Reads the path that a script looks for as a template. */
export const templateOf = (path: KnownText, mappings: readonly FolderMapping[]): PathReading => {
  if (path.length === 0 || (path.length === 1 && literalOf(path) === undefined && !startsWith(path, '/'))) {
    return { kind: 'problem', problem: `which file \`${describeText(path)}\` is shows only when the script runs` };
  }
  const offsets = offsetsOf([path]);
  if (offsets.length > 1) {
    return { kind: 'problem', problem: `the name ${describeText(path)} has dates of different days` };
  }
  const place = located(written(path), mappings);
  const { uri, questions } = withBucket(place.uri.endsWith('/') ? `${place.uri}*` : place.uri);
  const read = readTemplate(uri);
  if (read.kind === 'problems') {
    return { kind: 'problem', problem: `${uri}: ${read.problems.map(({ message }) => message).join('; ')}` };
  }
  const { parts } = read.template;
  const [offset] = offsets;

  return {
    kind: 'template',
    uri,
    ...(offset !== undefined && { offset }),
    captures: path.flatMap((part) =>
      part.kind === 'value' ? [{ name: part.name, ...(part.values !== undefined && { values: part.values }) }] : [],
    ),
    units: [...new Set(parts.flatMap((part) => (part.kind === 'date' ? [part.unit] : [])))],
    hasStar: parts.some(({ kind }) => kind === 'any'),
    doubts: doubtsOf(path),
    questions: [...place.questions, ...questions],
  };
};

export { escaped as escapedText };
