/**
 * Hides confidential values in messages: the values of a job's environment, and texts that look
 * like credentials.
 *
 * Rules for credentials may hide too much, and cannot find all: a job should not log its secrets.
 */
import { plainLine, printable } from '../alerts/plain-text.ts';
import type { Confidential } from './job.ts';

/** Replaces a hidden text. */
export const HIDDEN = '***';

/** A shorter value is not hidden, since it would occur in many words. */
const MIN_VALUE_LENGTH = 4;

/** The length of a line that the rules search; people see far less of it. */
const MAX_SEARCHED_LENGTH = 8_000;

const SECRET_NAME =
  '(?:passw(?:or)?d|passphrase|(?<=[_-])pass(?![a-z])|pwd|secret|token|credential|authorization|signature|(?:access|account|api|auth|encryption|master|private|shared|signing|secret)[_-]?key|cookie)';

/** A value after its name: in quotes, or up to the next separator. */
const VALUE = `(?:(?:Basic|Bearer|Digest|Negotiate)\\s{1,3})?(?:"(?:[^"\\\\]|\\\\.){0,2000}"?|'(?:[^'\\\\]|\\\\.){0,2000}'?|[^\\s,;&"'<>]{1,2000})`;

type Rule = { readonly pattern: RegExp; readonly hide: (found: string, ...groups: (string | undefined)[]) => string };

const all = (pattern: RegExp): Rule => ({ pattern, hide: () => HIDDEN });

const afterFirst = (pattern: RegExp): Rule => ({ pattern, hide: (_, first = '') => `${first}${HIDDEN}` });

const hasDigitOrSign = (text: string): boolean => /[0-9=+/._-]/.test(text);

/** The length of an AWS secret access key. */
const SECRET_KEY_LENGTH = 40;

/** Random texts change between upper case, lower case and digits often; words and paths do not. */
const looksRandom = (text: string): boolean => {
  const kindOf = (character: string): number => [/[A-Z]/, /[a-z]/, /[0-9]/].findIndex((kind) => kind.test(character));
  const kinds = Array.from(text, kindOf);
  const changes = kinds.filter((kind, index) => {
    const before = kinds[index - 1] ?? -1;
    return kind !== -1 && before !== -1 && kind !== before;
  });
  const isKey = text.length === SECRET_KEY_LENGTH && /^[A-Za-z0-9/+]+$/.test(text);
  return changes.length >= (isKey ? 0.3 : 0.45) * text.length && [0, 1, 2].every((kind) => kinds.includes(kind));
};

/** The rules in their order: texts with a known form first, then values after a known name. */
const RULES: readonly Rule[] = [
  all(/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs),
  // Access key ids of AWS, of users and roles.
  all(/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,128}\b/g),
  // JSON Web Tokens.
  all(/\beyJ[\w-]{8,2000}\.[\w-]{8,2000}(?:\.[\w-]{0,2000})?/g),
  // Tokens with a known prefix.
  all(
    /\b(?:gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|[rsp]k_(?:live|test)_|sk-|npm_|pypi-|AIza|ya29\.|dop_v1_|hf_|SG\.)[\w.-]{10,500}/g,
  ),
  afterFirst(/(\bhooks\.slack\.com\/services\/)[^\s"'<>]{1,500}/g),
  // scheme://user:password@host
  afterFirst(/(\b[a-z][a-z0-9+.-]{1,30}:\/\/)[^\s/@:"'<>]{0,256}:[^\s/"'<>]{1,512}@/gi),
  {
    pattern: /\b(Basic|Bearer|Digest|Negotiate)(\s+)([\w.~+/=-]{6,4000})/gi,
    hide: (found, scheme = '', space = '', value = '') =>
      hasDigitOrSign(value) ? `${scheme}${space}${HIDDEN}` : found,
  },
  // password=..., "apiKey": "...", X-Amz-Signature=..., AWS_SECRET_ACCESS_KEY: ...
  afterFirst(
    new RegExp(`(${SECRET_NAME}[\\w.-]{0,60}["']?\\s{0,3}(?:=>|:=|[=:])\\s{0,3})(?!\\s|${'\\*\\*\\*'})${VALUE}`, 'gi'),
  ),
  // --password ...
  afterFirst(new RegExp(`((?:^|\\s)--?(?:[a-z0-9]{1,30}-){0,4}${SECRET_NAME}s?\\s{1,3})${VALUE}`, 'gi')),
  // <password>...</password>
  afterFirst(new RegExp(`(<(?:\\w{0,40})${SECRET_NAME}(?:\\w{0,40})>)[^<]{1,2000}`, 'gi')),
  afterFirst(/(\bsig=)[^\s&"'<>]{8,2000}/gi),
  { pattern: /[A-Za-z0-9+/_=-]{32,}/g, hide: (found) => (looksRandom(found) ? HIDDEN : found) },
];

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}/]/g, '\\$&');

/** Lists the forms of a value in a line: plain, in JSON, in a URL. */
const formsOf = (value: string): string[] => {
  const lines = value
    .split(/[\r\n]+/)
    .map((line) => printable(line).trim())
    .filter((line) => line.length >= MIN_VALUE_LENGTH);
  return [printable(value), ...lines].flatMap((text) => [
    text,
    text.replaceAll(/\s+/gu, ' '),
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
  ]);
};

const anyOf = (texts: readonly string[]): RegExp | undefined => {
  const distinct = [...new Set(texts)].filter((text) => text.length >= MIN_VALUE_LENGTH);
  // The longest first, so that no end of it remains.
  return distinct.length === 0
    ? undefined
    : new RegExp(
        distinct
          .sort((one, other) => other.length - one.length)
          .map(escaped)
          .join('|'),
        'gu',
      );
};

/** Hides confidential values in a line. */
export type Redaction = (line: string) => string;

/**
 * Makes the redaction of one job.
 *
 * @returns a function that returns a line of any length in printable form, without the values of
 * the job's environment (of four characters and more) and without credentials
 */
export const createRedaction = ({ values, secretNames }: Confidential): Redaction => {
  const known = anyOf(values.flatMap(({ value }) => formsOf(value)));
  const names = secretNames.filter((name) => name.length > 0).map(escaped);
  const named =
    names.length === 0
      ? undefined
      : new RegExp(`((?:${names.join('|')})["']?\\s{0,3}(?:=>|:=|[=:])\\s{0,3})${VALUE}`, 'g');

  return (line) => {
    const plain = printable(line);
    const withoutValues = known === undefined ? plain : plain.replaceAll(known, HIDDEN);
    const start = withoutValues.slice(0, MAX_SEARCHED_LENGTH).toWellFormed();
    const withoutSecrets = named === undefined ? start : start.replaceAll(named, `$1${HIDDEN}`);
    return RULES.reduce((text, { pattern, hide }) => text.replaceAll(pattern, hide), withoutSecrets);
  };
};

/**
 * Makes one short line of a text, and hides confidential values before and after its spaces are
 * merged.
 */
export const redactedLine = (text: string, redact: Redaction): string => redact(plainLine(redact(text)));

const KEY_BEGINS = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const KEY_ENDS = /-----END [A-Z ]*PRIVATE KEY-----/;

/** Hides confidential values in consecutive lines: a private key may take several. */
export const redactLines = (lines: readonly string[], redact: Redaction): string[] => {
  let isInKey = false;
  return lines.flatMap((line) => {
    const wasInKey = isInKey;
    isInKey = isInKey ? !KEY_ENDS.test(line) : KEY_BEGINS.test(line) && !KEY_ENDS.test(line);
    return wasInKey ? [] : [redact(line)];
  });
};
