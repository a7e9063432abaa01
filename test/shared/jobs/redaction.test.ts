import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedaction, HIDDEN, redactLines } from '../../../shared/jobs/redaction.ts';

const NOTHING = { values: [], secretNames: [] };

const redact = createRedaction(NOTHING);

describe('what looks like a credential', () => {
  it.each([
    ['AKIAIOSFODNN7EXAMPLE is mine', '*** is mine'],
    ['role ASIAIOSFODNN7EXAMPLEAB', 'role ***'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'aws_secret_access_key = ***'],
    ['key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY end', 'key *** end'],
    ['AWS_SECRET_ACCESS_KEY=abc', 'AWS_SECRET_ACCESS_KEY=***'],
    ['password=hunter2 user=me', 'password=*** user=me'],
    ['DB_PASSWORD: "hun ter2", DB_USER: "me"', 'DB_PASSWORD: ***, DB_USER: "me"'],
    ["{'token': 'abc', 'n': 1}", "{'token': ***, 'n': 1}"],
    ['{"apiKey":"abc\\"def","n":1}', '{"apiKey":***,"n":1}'],
    ['--password hunter2 --user me', '--password *** --user me'],
    ['run --password hunter2 --user me', 'run --password *** --user me'],
    ['run --db-secret-key=hunter2', 'run --db-secret-key=***'],
    ['DB_PASS=hunter2 {"smtp-pass": "hunter2"}', 'DB_PASS=*** {"smtp-pass": ***}'],
    ['run --pass hunter2', 'run --pass ***'],
    ['Authorization: Bearer abc123def456', 'Authorization: ***'],
    ['header Bearer abc.def.ghi-123', 'header Bearer ***'],
    ['Basic authentication failed', 'Basic authentication failed'],
    ['Basic dXNlcjpwYXNz= sent', 'Basic *** sent'],
    ['postgres://me:p@ss@db.internal/x', 'postgres://***db.internal/x'],
    ['https://me:hunter2@git.example/x.git', 'https://***git.example/x.git'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!', 'jwt ***!'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ012345 pushed', '*** pushed'],
    ['xoxb-123456789012-abcdefghij', '***'],
    ['https://hooks.slack.com/services/T000/B000/XXXX', 'https://hooks.slack.com/services/***'],
    ['GET /x?X-Amz-Signature=0123abcd&n=1', 'GET /x?X-Amz-Signature=***&n=1'],
    ['GET /x?sig=0123456789abcd&n=1', 'GET /x?sig=***&n=1'],
    ['<password>hunter2</password>', '<password>***</password>'],
    ['-----BEGIN RSA PRIVATE KEY-----MIIE-----END RSA PRIVATE KEY----- next', '*** next'],
    ['-----BEGIN PRIVATE KEY-----MIIEow and so on', '***'],
  ])('is hidden: %s', (line, hidden) => {
    expect(redact(line)).toBe(hidden);
  });

  it.each([
    'Traceback (most recent call last):',
    'at org.apache.spark.sql.catalyst.analysis.CheckAnalysis$$anonfun$checkAnalysis$1.apply(CheckAnalysis.scala:74)',
    's3://recommendation-warehouse/sales/20261122/part-00000-3b1c2d4e-5f60-4718-92a3-b4c5d6e7f809-c000.snappy.parquet',
    'commit 3b1c2d4e5f60471892a3b4c5d6e7f8093b1c2d4e of main',
    '/usr/local/lib/python3.12/site-packages/sqlalchemy/engine/base.py:1967',
    'com.example.AbstractSingletonProxyFactoryBeanConfigurationException: no',
    'read 40218 lines in 00:03:12.418',
    'pass: 12, passed=3, bypass=yes, first_passes=2',
    '',
  ])('is not found in %j', (line) => {
    expect(redact(line)).toBe(line);
  });

  it('is hidden after the name of any secret', () => {
    const named = createRedaction({ values: [], secretNames: ['PIN', 'A+B', ''] });

    expect(named('PIN=1234, A+B: "x y", OTHER=5')).toBe('PIN=***, A+B: ***, OTHER=5');
  });
});

describe('the values of the environment', () => {
  const value = fc.string({ minLength: 4, maxLength: 40, unit: 'grapheme' }).filter((text) => text.trim().length >= 4);
  const words = fc.string({ maxLength: 30 });

  it('are hidden wherever they stand: as they are, in JSON, in a URL, in colour', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), words, words, (values, before, after) => {
        const redaction = createRedaction({
          values: values.map((text, index) => ({ name: `V${index}`, value: text })),
          secretNames: [],
        });

        for (const text of values) {
          const plain = text.toWellFormed();
          fc.pre(!HIDDEN.includes(plain.trim()) && !`${before}${after}`.includes(plain));
          const line = [plain, JSON.stringify(plain), encodeURIComponent(plain), `\u001b[1m${plain}\u001b[0m`].join(
            ' | ',
          );
          expect(redaction(`${before}${line}${after}`)).not.toContain(plain);
        }
      }),
    );
  });

  it('are hidden line by line when they have several', () => {
    const redaction = createRedaction({
      values: [{ name: 'PEM', value: 'first line\nsecond line\r\nab' }],
      secretNames: [],
    });

    expect(['first line', 'second line', 'ab'].map(redaction)).toEqual(['***', '***', 'ab']);
  });

  it('are hidden by the longest that fits, and nothing is looked for in what is hidden', () => {
    const values = ['hunter', 'hunter2000', '****'].map((text) => ({ name: 'V', value: text }));

    expect(createRedaction({ values, secretNames: [] })('hunter2000 hunter')).toBe('*** ***');
  });

  it('of less than four characters stay, or half of the text would go', () => {
    const values = ['1', 'dev', ''].map((text) => ({ name: 'V', value: text }));

    expect(createRedaction({ values, secretNames: [] })('dev has 1')).toBe('dev has 1');
  });

  it('are hidden in a line of any length', () => {
    const secret = 'x'.repeat(7_000);
    const redaction = createRedaction({ values: [{ name: 'V', value: secret }], secretNames: [] });

    expect(redaction(`${secret} ${secret}`)).toBe('*** ***');
  });
});

describe('a redaction', () => {
  it.each(['password'.repeat(20_000), 'a-'.repeat(50_000), `token${' '.repeat(100_000)}`, '<'.repeat(100_000)])(
    'ends with a line on which a backtracking expression does not',
    (line) => {
      expect(redact(line)).toEqual(expect.any(String));
    },
  );

  it('gives back what can be printed', () => {
    expect(redact('\u001b[31mred\u001b[0m\u0007 \ud800')).toBe('red  \ufffd');
  });
});

describe('redactLines', () => {
  it('leaves a private key out that lies over several lines', () => {
    const lines = ['before', '-----BEGIN RSA PRIVATE KEY-----', 'MIIE', '-----END RSA PRIVATE KEY-----', 'after'];

    expect(redactLines(lines, redact)).toEqual(['before', '***', 'after']);
  });

  it('leaves all out that follows a key which does not end', () => {
    expect(redactLines(['-----BEGIN PRIVATE KEY-----', 'MIIE', 'more'], redact)).toEqual(['***']);
  });

  it('goes on after a key of one line', () => {
    const line = '-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----';

    expect(redactLines([line, 'after'], redact)).toEqual(['***', 'after']);
  });
});
