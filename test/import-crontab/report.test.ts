import { beforeAll, describe, expect, it } from 'vitest';
import { answersText, hintFor, mappingsOf, readAnswers } from '../../import-crontab/answers.ts';
import { readCrontabAndScripts } from '../../import-crontab/reading.ts';
import { questionsOf, reportText } from '../../import-crontab/report.ts';
import { createReadShell } from '../../import-crontab/shell.ts';
import type { ReadShell } from '../../import-crontab/shell-steps.ts';
import { columnsOf } from '../../shared/wrap-text.ts';

let readShell: ReadShell;
beforeAll(async () => {
  readShell = await createReadShell();
});

const read = (crontab: string, mappings: readonly { folder: string; uri: string }[] = []) =>
  readCrontabAndScripts(
    {
      crontab,
      scripts: new Map([['unused.sh', '/x.py']]),
      isSystem: false,
      skipped: [{ path: 'big', why: 'it is binary' }],
    },
    { timeZone: 'Asia/Tokyo', queue: 'etl', mappings },
    readShell,
  );

const CRONTAB = `# 表示
0 4 * * * rsync -a /a /b
61 1 * * * /never.py
0 5 * * * curl -s http://x/${'y'.repeat(90)} > /dev/null; /x.py
*/5 * * * * [ -f /data/in/a.csv ] && mysql dwh
*/5 * * * * [ -f /data/in/b.csv ] && mysql other

0 5 * * * ./z.sh
`;

describe('reportText', () => {
  it('has what a person must decide first and what is sure last, in 80 columns', () => {
    const text = reportText(read(CRONTAB), 'crontab');

    const places = ['Questions', 'Broken', 'Not understood', 'Guesses', 'Sure', 'Settings and comments'].map((title) =>
      text.indexOf(`\n${title}`),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(text.split('\n').filter((line) => columnsOf(line) > 80)).toEqual([]);
    expect(text).toContain('Scripts that no line comes to: unused.sh');
    expect(text).toContain('Files that were not read: big (it is binary)');
  });

  it('asks a question of several lines once, with what to write', () => {
    const text = reportText(read(CRONTAB), 'crontab');

    expect(text.match(/to which bucket do the files of \/data\/in come/g)).toHaveLength(1);
    expect(text).toMatch(/lines 5, 6; write: --map FOLDER=s3:\/\/BUCKET\/PREFIX/);
    expect(text).toMatch(/5: polls for a file, sure\n(.*\n)*? {2}asks: {3}Q1\n/);
  });

  it('does not ask again what was answered', () => {
    const question = 'to which bucket do the files of /data/in come? (--map /data/in=s3://bucket/folder)';
    const answers = new Map([[question, 's3://landing/in']]);
    const reading = read(CRONTAB);

    expect(questionsOf(reading.lines, answers).map(({ text }) => text)).not.toContain(question);
    expect(reportText(reading, 'crontab', answers)).toContain('decided:');
  });
});

describe('answers', () => {
  it('are read as they were written, and name buckets', () => {
    const answers = new Map([
      ['to which bucket do the files of /data/in come? (--map x)', 's3://landing/in'],
      ['was it meant to run?', 'no'],
    ]);

    expect(readAnswers(answersText(answers))).toEqual(answers);
    expect(mappingsOf(answers)).toEqual([{ folder: '/data/in', uri: 's3://landing/in' }]);
  });

  it.each(['{}', '[1]', '[{"question":"a"}]', 'x'])('are refused as %s', (text) => {
    expect(() => readAnswers(text)).toThrow(SyntaxError);
  });

  it('come with a hint for any question', () => {
    expect(hintFor('something else?')).toBe('a change of the proposed feed');
  });
});
