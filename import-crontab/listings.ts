/** Recognises the commands that list files: `ls`, `find`, `aws s3 ls`, `hadoop fs -ls`. */
import { globbed, type KnownText, literalOf, plain } from './known-text.ts';

export type Listing = {
  readonly path: KnownText;
  /** Conditions on age and size, such as `-mmin +120`. */
  readonly filters: readonly string[];
};

export const nonOptions = (words: readonly KnownText[]): KnownText[] =>
  words.filter((word) => !(literalOf(word)?.startsWith('-') ?? false));

const valueAfter = (words: readonly KnownText[], option: string): KnownText | undefined => {
  const at = words.findIndex((word) => literalOf(word) === option);
  return at === -1 ? undefined : words[at + 1];
};

const FILTERS = ['-mtime', '-mmin', '-ctime', '-cmin', '-atime', '-amin', '-newer', '-newermt', '-size', '-user'];

const findFiles = (words: readonly KnownText[]): Listing => {
  const folder = words.slice(1).find((word) => !/^-[HLP]$/.test(literalOf(word) ?? '')) ?? [];
  const name =
    valueAfter(words, '-name') ??
    valueAfter(words, '-iname') ??
    valueAfter(words, '-path') ??
    valueAfter(words, '-regex');
  const pattern: KnownText =
    name === undefined
      ? [{ kind: 'any' }]
      : name.flatMap((part) => (part.kind === 'text' ? globbed(part.text) : [part]));
  const isFile = name === undefined && !words.some((word) => FILTERS.includes(literalOf(word) ?? ''));
  const literal = literalOf(folder) ?? '';
  const filters = words.flatMap((word, at) => {
    const option = literalOf(word) ?? '';
    return FILTERS.includes(option) || option.startsWith('-newer')
      ? [`${option} ${literalOf(words[at + 1] ?? []) ?? '...'}`]
      : [];
  });
  // `find /data/in/orders.csv -mmin +5` names the file itself.
  const isItself = !isFile && name === undefined && /\.\w+$/.test(literal);

  return { path: isItself ? folder : [...folder, ...plain('/'), ...pattern], filters };
};

const headObject = (words: readonly KnownText[]): KnownText | undefined => {
  const [bucket, key] = [valueAfter(words, '--bucket'), valueAfter(words, '--key') ?? valueAfter(words, '--prefix')];
  return bucket && key && [...plain('s3://'), ...bucket, ...plain('/'), ...key];
};

const listedByAws = (words: readonly KnownText[]): KnownText | undefined => {
  const [, service, verb] = words.map(literalOf);
  if (service === 's3' && verb === 'ls') {
    return nonOptions(words.slice(3))[0];
  }
  const looks = ['head-object', 'wait', 'list-objects', 'list-objects-v2', 'get-object'];
  return service === 's3api' && looks.includes(verb ?? '') ? headObject(words) : undefined;
};

const pathOf = (words: readonly KnownText[]): KnownText | undefined => {
  const [program, verb, option] = words.map(literalOf);
  switch (program?.split('/').at(-1)) {
    case 'ls':
    case 'stat':
      return nonOptions(words.slice(1))[0];
    case 'aws':
      return listedByAws(words);
    case 's3cmd':
      return verb === 'ls' || verb === 'info' ? nonOptions(words.slice(2))[0] : undefined;
    case 'gsutil':
      return verb === 'ls' || verb === 'stat' ? nonOptions(words.slice(2))[0] : undefined;
    case 'hadoop':
    case 'hdfs':
      return ['-ls', '-test', '-stat', '-count'].includes(option ?? '') ? nonOptions(words.slice(3))[0] : undefined;
    case 'compgen':
      return valueAfter(words, '-G');
    default:
      return undefined;
  }
};

/**
 * Tells which files a command lists.
 *
 * @returns `undefined` when the command does not list files.
 */
export const listedFiles = (words: readonly KnownText[]): Listing | undefined => {
  const [program] = words.map(literalOf);
  if (program?.split('/').at(-1) === 'find') {
    return findFiles(words);
  }
  const path = pathOf(words)?.flatMap((part) => (part.kind === 'text' ? globbed(part.text) : [part]));
  return path && { path, filters: [] };
};
