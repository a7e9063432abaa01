/** Names feeds after what their jobs do. */
import { type KnownText, literalOf } from './known-text.ts';

const PREFIX = /^(check|poll|wait|wait-for|watch|run|cron|do|exec|start|job)-(?=.)/;

/** Programs that say little about the job: what they run says more. */
const INTERPRETERS =
  /^(python[\d.]*|perl|ruby|php[\d.]*|node|Rscript|java|scala|spark-submit|hive|beeline|mysql|psql|hadoop|hdfs|make|docker|docker-compose|pig|aws|npm|yarn|composer|rake|bundle|sh|bash|curl|wget|sqlplus|Rscript|cp|mv|rsync|scp|pg_dump|mysqldump|env|ssh)$/;

const PROGRAM = /\.(py|pl|rb|php|js|mjs|R|jar|hql|sql|scala|pig|sh)$/;

const SHORT_WORDS = /^(exec|run|exec-it|compose|artisan|manage|console|jar|index|main|cron)$/;

export const slug = (text: string): string =>
  text
    .replace(/\.[A-Za-z0-9]+$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** A word as text; of `$HOME/bin/x.sh`, `/bin/x.sh`. */
const textOf = (word: KnownText): string => {
  const last = word.at(-1);
  return literalOf(word) ?? (last?.kind === 'text' && last.text.startsWith('/') ? last.text : '');
};

/** Names the program that a command is about: of `python3 jobs/load.py`, `jobs/load.py`. */
export const programPath = (words: readonly KnownText[]): string => {
  const texts = words.map(textOf);
  const [first = '', ...others] = texts;
  const program = first.split('/').at(-1) ?? '';
  const module = others.indexOf('-m') === -1 ? undefined : others[others.indexOf('-m') + 1];
  const target = INTERPRETERS.test(program)
    ? (others.find((text) => PROGRAM.test(text) && !text.includes('://')) ?? module)
    : undefined;

  return target === undefined || target === '' || target.startsWith('-') ? first : target;
};

/** Names the program that a command is about, without its folder. */
export const programName = (words: readonly KnownText[]): string => programPath(words).split('/').at(-1) ?? '';

/** The plain words that follow the program: they mostly tell its calls apart. */
const argumentsOf = (words: readonly KnownText[]): string[] => {
  const name = programName(words);
  const texts = words.map(textOf);
  const program = texts.findIndex((text) => text.split('/').at(-1) === name);
  const rest = texts.slice(program + 1).filter((text) => /[a-z]{2}/i.test(text));

  return rest
    .flatMap((text) => {
      const last =
        text
          .replace(/^-+/, '')
          .replace(/[?#].*$/, '')
          .split(/[/=]/)
          .filter((piece) => piece !== '')
          .at(-1) ?? '';
      const found = slug(last);
      return found === '' || found.length > 24 ? [] : [{ found, isOption: text.startsWith('-') }];
    })
    .toSorted((one, other) => Number(one.isOption) - Number(other.isOption))
    .map(({ found }) => found);
};

const MOST_NAME_LENGTH = 36;

const shortened = (name: string): string => name.slice(0, MOST_NAME_LENGTH).replace(/^[^a-z]+|-+$/g, '');

const isPlainWord = (words: readonly KnownText[], about: string): boolean =>
  words.some((word) => literalOf(word)?.toLowerCase().replaceAll('_', '-') === about && /^[a-z]/.test(about));

/** Lists names for the feed of a command, the best one first. */
export const namesFor = (words: readonly KnownText[], line: number): string[] => {
  const name = slug(programName(words));
  const rest = argumentsOf(words).filter((text) => !name.includes(text));
  const [about] = rest;
  const isVague = INTERPRETERS.test(programName(words)) || SHORT_WORDS.test(name);
  const isNamed = about !== undefined && (isVague || isPlainWord(words, about));
  const bare = name.replace(PREFIX, '');
  const full = [/^[a-z]{3}/.test(bare) ? bare : name, ...(isNamed ? [about] : [])];
  const more = rest.map((text) => [...full, text].join('-'));
  const names = [full.join('-'), ...more].map(shortened).filter((text) => text !== '');

  return names.length === 0 ? [`job-of-line-${line}`] : names;
};

/** Gives out names, each once. */
export const createNames = () => {
  const taken = new Set<string>();
  return (...wanted: readonly string[]): string => {
    const [first = 'job'] = wanted;
    let name = wanted.find((each) => !taken.has(each)) ?? first;
    for (let count = 2; taken.has(name); count += 1) {
      name = `${first}-${count}`;
    }
    taken.add(name);
    return name;
  };
};

export type Names = ReturnType<typeof createNames>;
