import { describe, expect, it } from 'vitest';
import { parseTemplate, readTemplate } from '../../configuration/parse-template.ts';

const problemsOf = (uri: string) => {
  const read = readTemplate(uri);
  return read.kind === 'problems' ? read.problems.map(({ at, message }) => `${at} ${message}`) : [];
};

describe('parseTemplate', () => {
  it('reads literal text, a date, captures and stars', () => {
    const uri = 's3://landing/sales/{date:yyyyMMdd}/orders_{shop}_*.tsv.gz';

    expect(parseTemplate(uri)).toEqual({
      uri,
      bucket: 'landing',
      parts: [
        { kind: 'literal', text: 'sales/' },
        { kind: 'date', unit: 'yyyy' },
        { kind: 'date', unit: 'MM' },
        { kind: 'date', unit: 'dd' },
        { kind: 'literal', text: '/orders_' },
        { kind: 'capture', name: 'shop' },
        { kind: 'literal', text: '_' },
        { kind: 'any' },
        { kind: 'literal', text: '.tsv.gz' },
      ],
    });
  });

  it('merges neighbouring literal text: escaped braces, and text between the units of a date', () => {
    expect(parseTemplate('s3://landing/a{{b}}/{date:yyyy-MM-}{date:dd}').parts).toEqual([
      { kind: 'literal', text: 'a{b}/' },
      { kind: 'date', unit: 'yyyy' },
      { kind: 'literal', text: '-' },
      { kind: 'date', unit: 'MM' },
      { kind: 'literal', text: '-' },
      { kind: 'date', unit: 'dd' },
    ]);
  });

  it('reads a date whose pieces are apart, in any order, and a date that occurs twice', () => {
    expect(problemsOf('s3://landing/{date:dd}/{date:MM}/{date:yyyy}')).toEqual([]);
    expect(problemsOf('s3://landing/{date:yyyy}/{date:MM}/{date:dd}/x_{date:yyyyMMdd}_*')).toEqual([]);
    expect(problemsOf('s3://landing/{a}-{date:yyyyMMdd}-{b}/{c}-{date:yyyyMMdd}-*')).toEqual([]);
  });

  it('throws an error with position and caret', () => {
    expect(() => parseTemplate('s3://landing/{date:YYYYMMdd}')).toThrow(
      [
        'position 20: "YYYY" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean yyyy?',
        '    s3://landing/{date:YYYYMMdd}',
        '                       ^',
      ].join('\n'),
    );
  });
});

describe('readTemplate', () => {
  it.each([
    ['landing/sales', ['0 a template starts with s3://']],
    ['S3://landing/sales', ['0 a template starts with s3://']],
    ['s3//landing', ['0 a template starts with s3://', '11 the key is missing: s3://bucket/key']],
    [
      's3:/Landing/{a}{b c}',
      [
        '0 a template starts with s3://',
        '4 a bucket name has only a-z, 0-9, "." and "-", unlike "Landing"',
        '15 {b c} is not a name: a letter, then at most 39 letters, digits, "_" or "-"',
      ],
    ],
    [
      's3a://landing/{date:MM}',
      ['0 a template starts with s3://', '14 MM without yyyy: a date has all units from the year down to its smallest'],
    ],
    [
      's3-landing/{date:YYYY}',
      [
        '0 a template starts with s3://',
        '17 "YYYY" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean yyyy?',
      ],
    ],
    [
      '{a b}/x',
      [
        '0 a template starts with s3://',
        '0 {a b} is not a name: a letter, then at most 39 letters, digits, "_" or "-"',
      ],
    ],
    [
      '/mnt/{a}{a}',
      [
        '0 a template starts with s3://',
        '8 {a} occurs for the second time; only a date may occur twice',
        '8 there must be some text between this and the placeholder before it, or the end of the first is unknown',
      ],
    ],
    [
      's3://landing/\ud800{a',
      ['0 half of a surrogate pair cannot be part of a key', '14 this { has no }; write {{ for a plain brace'],
    ],
    ['s3://landing', ['12 the key is missing: s3://bucket/key']],
    ['s3://landing/', ['13 the key is missing: s3://bucket/key']],
    ['s3://x/', ['5 a bucket name has 3 to 63 characters, "x" has 1', '7 the key is missing: s3://bucket/key']],
    ['s3://land*/x', ['5 a bucket is a plain name; only the key may have {…} and *']],
    ['s3://land{a}/x', ['5 a bucket is a plain name; only the key may have {…} and *']],
    ['s3://Landing/x', ['5 a bucket name has only a-z, 0-9, "." and "-", unlike "Landing"']],
    ['s3://landing/\ud800', ['0 half of a surrogate pair cannot be part of a key']],
    ['s3://landing/{a', ['13 this { has no }; write {{ for a plain brace']],
    ['s3://landing/{a}}', ['16 this } has no {; write }} for a plain brace']],
    ['s3://landing/{date}', ['13 {date} needs a format, for example {date:yyyyMMdd}']],
    ['s3://landing/{date:}', ['19 the date has no unit, write for example {date:yyyyMMdd}']],
    ['s3://landing/{feed}', ['13 {feed} has another meaning in a job: use another name']],
    ['s3://landing/{manifest}', ['13 {manifest} has another meaning in a job: use another name']],
    ['s3://landing/{generation}', ['13 {generation} has another meaning in a job: use another name']],
    ['s3://landing/{}', ['13 {} is not a name: a letter, then at most 39 letters, digits, "_" or "-"']],
    ['s3://landing/{a b}', ['13 {a b} is not a name: a letter, then at most 39 letters, digits, "_" or "-"']],
    ['s3://landing/{1a}', ['13 {1a} is not a name: a letter, then at most 39 letters, digits, "_" or "-"']],
    [
      's3://landing/{__proto__}',
      ['13 {__proto__} is not a name: a letter, then at most 39 letters, digits, "_" or "-"'],
    ],
    ['s3://landing/{a.uri}', ['13 {a.uri} is not a name: a letter, then at most 39 letters, digits, "_" or "-"']],
    ['s3://landing/{a}/{a}', ['17 {a} occurs for the second time; only a date may occur twice']],
    [
      's3://landing/{a}{b}',
      ['16 there must be some text between this and the placeholder before it, or the end of the first is unknown'],
    ],
    [
      's3://landing/**',
      ['14 there must be some text between this and the placeholder before it, or the end of the first is unknown'],
    ],
    [
      's3://landing/{a}*',
      ['16 there must be some text between this and the placeholder before it, or the end of the first is unknown'],
    ],
    ['s3://landing/{date:MM}', ['13 MM without yyyy: a date has all units from the year down to its smallest']],
    ['s3://landing/{date:yyyydd}', ['13 dd without MM: a date has all units from the year down to its smallest']],
    [
      's3://landing/{date:yyyy-mm-dd}',
      [
        '13 dd without MM: a date has all units from the year down to its smallest; mm is minutes, write MM for the month',
      ],
    ],
    [
      's3://landing/{date:yyyy}/{date:mm}',
      [
        '25 mm without MM: a date has all units from the year down to its smallest; mm is minutes, write MM for the month',
      ],
    ],
    [
      's3://landing/x/{date:yyyyMMdd}/{date:mm}',
      ['31 mm without HH: a date has all units from the year down to its smallest'],
    ],
  ])('says what is wrong with %s', (uri, problems) => {
    expect(problemsOf(uri)).toEqual(problems);
  });

  it('reports every problem of a template, from left to right', () => {
    expect(problemsOf('s3://B/{a}{a}{date:yyyyDD}{b c}*}')).toEqual([
      '5 a bucket name has 3 to 63 characters, "B" has 1',
      '10 {a} occurs for the second time; only a date may occur twice',
      '10 there must be some text between this and the placeholder before it, or the end of the first is unknown',
      '23 "DD" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean dd?',
      '26 {b c} is not a name: a letter, then at most 39 letters, digits, "_" or "-"',
      '32 this } has no {; write }} for a plain brace',
    ]);
  });

  it('does not treat the parts around an unreadable placeholder as neighbours', () => {
    expect(problemsOf('s3://landing/*{a b}*')).toHaveLength(1);
    expect(problemsOf('s3://landing/*{date:DD}*')).toHaveLength(1);
    expect(problemsOf('s3://landing/*}*')).toHaveLength(1);
  });

  it('accepts a date between captures, which marks their ends', () => {
    expect(problemsOf('s3://landing/{a}{date:yyyyMMdd}{b}')).toEqual([]);
  });

  it('limits the shortest possible key to 1,024 bytes', () => {
    const longest = `${'東'.repeat(338)}/{date:yyyyMMdd}{a}`;

    expect(problemsOf(`s3://landing/${longest}*`)).toHaveLength(1);
    expect(problemsOf(`s3://landing/${longest}`)).toEqual([]);
    expect(problemsOf(`s3://landing/x${longest}`)).toEqual([
      '13 the shortest key that could match has 1025 bytes, and a key has at most 1024',
    ]);
  });

  it.each([
    ['{a}{date:yyyy}{b}{date:MM}{c}{date:yyyy}{d}{date:MM}{e}', 30],
    ['*{date:yyyyMM}_*_{date:dd}-*/*{date:yyyyMM}_*_{date:dd}-*', 30],
    ['*{date:yyyy}*{date:dd}*{date:MM}*{date:yyyy}*!', 26],
    ['*{date:yyyy}*{date:MM}*{date:dd}*{date:yyyy}*!', 26],
    ['*{date:MM}*{date:dd}*{date:HH}*{date:mm}*{date:yyyy}*b', 24],
    ['{a}_{date:MM}_{b}_{date:dd}_{c}/{date:yyyy}', 31],
    ['{a}{date:yyyyMMdd}{b}{date:HH}{c}{date:yyyyMMddHH}{d}', 34],
  ])('refuses a date of which two pieces float apart, since a key could mean too many dates: %s', (template, at) => {
    expect(problemsOf(`s3://landing/${template}`)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${at} this piece has no fixed place.*: write the pieces side by side, as in \\{date:yyyyMMdd\\}, or`,
        ),
      ),
    ]);
  });

  it.each([
    ['one has a fixed place from the start', '{date:yyyy}_{b}{date:MM}{c}/{date:yyyy}{d}{date:MM}{e}'],
    ['one has a fixed place before a slash', '{a}{date:yyyy}/{b}{date:MM}{c}{date:yyyy}{d}{date:MM}{e}'],
    ['one has a fixed place at the end', '{a}{date:yyyy}{b}{date:MM}{c}{date:MM}{d}{date:yyyy}'],
    ['they stand side by side', '{a}{date:yyyyMM}{b}{date:yyyy}{c}{date:MM}{e}'],
    ['nothing stands between them', '{a}{date:yyyyMM}_{date:yyyyMM}{b}'],
    ['all of it stands side by side', '{a}{date:yyyyMMdd}{b}-{c}{date:yyyyMMdd}!'],
    ['it has a fixed place once', '{date:yyyyMMdd}/x_*{date:yyyyMMdd}*'],
  ])('accepts a date that occurs twice where %s', (_, template) => {
    expect(problemsOf(`s3://landing/${template}`)).toEqual([]);
  });

  it.each([
    ['folders', '{a}/{date:yyyy}/{date:MM}/{date:dd}/{b}'],
    ['the start, a folder and the end', '{date:yyyy}_{a}-{date:MM}/{b}_{date:dd}'],
    ['one that floats and one that does not', 'in/{shop}_{date:yyyy}*{date:MM}'],
    ['a year and a month, which go with each other whatever they are', '{a}_{date:yyyy}_{b}_{date:MM}_{c}'],
    ['a day and a time of day', '{shop}_{date:yyyyMMdd}_{kind}_{date:HHmm}_*.csv'],
  ])('accepts pieces that are apart where their places are clear: %s', (_, template) => {
    expect(problemsOf(`s3://landing/${template}`)).toEqual([]);
  });
});
