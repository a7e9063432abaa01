import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration, parseConfiguration } from '../../configuration/load.ts';
import { configurationText } from '../../import-crontab/configuration-text.ts';
import type { Wishes } from '../../import-crontab/proposals.ts';
import { type CrontabReading, readCrontabAndScripts } from '../../import-crontab/reading.ts';
import { reportText } from '../../import-crontab/report.ts';
import { createReadShell } from '../../import-crontab/shell.ts';
import type { ReadShell } from '../../import-crontab/shell-steps.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

const WISHES: Wishes = {
  timeZone: 'Asia/Tokyo',
  queue: 'recommendation-etl',
  mappings: [{ folder: '/data/in', uri: 's3://reco-landing' }],
};

let readShell: ReadShell;

const read = (crontab: string, scripts: Record<string, string> = {}): CrontabReading =>
  readCrontabAndScripts(
    { crontab: `${crontab}\n`, scripts: new Map(Object.entries(scripts)), isSystem: false },
    WISHES,
    readShell,
  );

/** Reads one line that is run every five minutes. */
const readLine = (command: string, scripts: Record<string, string> = {}) => {
  const { lines, proposals } = read(`*/5 * * * * ${command.replaceAll('%', '\\%')}`, scripts);
  const [line] = lines;
  if (line === undefined) {
    throw new Error('The crontab has no line');
  }
  return { ...line, slots: proposals.map(({ feed }) => feed.slots), jobs: proposals.map(({ feed }) => feed.job.batch) };
};

const readFixture = async (): Promise<CrontabReading> => {
  const folder = join(FIXTURES, 'scripts');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const scripts = await Promise.all(
    paths.map(async (path) => [relative(folder, path), await readFile(path, 'utf8')] as const),
  );
  const crontab = await readFile(join(FIXTURES, 'crontab'), 'utf8');

  return readCrontabAndScripts({ crontab, scripts: new Map(scripts), isSystem: false }, WISHES, readShell);
};

beforeAll(async () => {
  readShell = await createReadShell();
});

describe('the crontab of a legacy server, 120 lines', () => {
  it('is reported line by line as a person has reviewed it', async () => {
    const reading = await readFixture();

    expect(reading.lines).toHaveLength(120);
    await expect(`${reportText(reading, 'crontab')}\n`).toMatchFileSnapshot('__snapshots__/report.txt');
  });

  it('becomes a configuration that loads, every feed of it a shadow', async () => {
    const reading = await readFixture();
    const text = configurationText(reading, 'crontab', '../../../configuration/define.ts');
    await expect(text).toMatchFileSnapshot('__snapshots__/imported.config.ts');

    const { configuration } = await loadConfiguration(join(import.meta.dirname, '__snapshots__/imported.config.ts'));

    expect(configuration).toEqual(parseConfiguration(reading.configuration).configuration);
    expect(configuration.feeds.map(({ name }) => name)).toEqual(reading.proposals.map(({ feed }) => feed.name));
    expect(configuration.feeds.every(({ shadow }) => shadow)).toBe(true);
  });

  it('is a feed, a question, a doubt, or a kind of line that needs none: nothing is dropped in silence', async () => {
    const { lines } = await readFixture();

    const silent = lines.filter(
      ({ kind, feeds, decide, doubts, understood }) =>
        !['blank', 'comment'].includes(kind) && feeds.length + decide.length + doubts.length + understood.length === 0,
    );
    expect(silent).toEqual([]);
  });
});

describe('readCrontabAndScripts', () => {
  it.each([
    ['[ -f /data/in/a_$(date +%Y%m%d).csv ] && /x.py', 's3://reco-landing/a_{date:yyyyMMdd}.csv'],
    ['test -e /data/in/$(date +%F)/a && /x.py', 's3://reco-landing/{date:yyyy-MM-dd}/a'],
    ['[[ -f "/data/in/a_$(date +%H).b$(date +%Y%m%d)" ]] && /x.py', 's3://reco-landing/a_{date:HH}.b{date:yyyyMMdd}'],
    ['if [ ! -f /data/in/a ]; then exit 0; fi; /x.py', 's3://reco-landing/a'],
    ['[ ! -f /data/in/a ] && exit; /x.py', 's3://reco-landing/a'],
    ['f() { test -f /data/in/a; }; f && /x.py', 's3://reco-landing/a'],
    ['[ -f /data/in/a ] || exit 0; /x.py', 's3://reco-landing/a'],
    ['if ! test -f /data/in/a; then echo no; else /x.py; fi', 's3://reco-landing/a'],
    ['until [ -f /data/in/a ]; do sleep 5; done; /x.py', 's3://reco-landing/a'],
    ['while ! [ -f /data/in/a ]; do sleep 5; done; /x.py', 's3://reco-landing/a'],
    ['while true; do if [ -f /data/in/a ]; then /x.py; break; fi; sleep 60; done', 's3://reco-landing/a'],
    ['for i in 1 2 3; do [ -f /data/in/a ] && break; sleep 60; done; /x.py', 's3://reco-landing/a'],
    ['aws s3 ls s3://b-1/p/a.csv && /x.py', 's3://b-1/p/a.csv'],
    [
      'aws s3 ls s3://b-1/p/$(date +%Y/%m/%d)/ >/dev/null 2>&1 && /x.py',
      's3://b-1/p/{date:yyyy}/{date:MM}/{date:dd}/*',
    ],
    ['aws s3 ls s3://b-1/p/ | grep -q _SUCCESS && /x.py', 's3://b-1/p/_SUCCESS'],
    ['aws s3api head-object --bucket b-1 --key p/a && /x.py', 's3://b-1/p/a'],
    ['hadoop fs -test -e s3a://b-1/p/_SUCCESS && /x.py', 's3://b-1/p/_SUCCESS'],
    ['hdfs dfs -test -f /data/in/a && /x.py', 's3://reco-landing/a'],
    ['F=/data/in/a; [ -s $F ] && /x.py $F', 's3://reco-landing/a'],
    ['A=/data/in; B=$A/x_$D.csv; [ -s $B ] && /x.py', 's3://reco-landing/x_{d}.csv'],
    ['aws s3 ls s3://b-1/a; if [ $? -eq 0 ]; then /x.py; fi', 's3://b-1/a'],
    ['N=$(ls /data/in/*.csv | wc -l); [ $N -gt 0 ] && /x.py', 's3://reco-landing/*.csv'],
    ['F=$(ls /data/in/*.csv); [ -z "$F" ] && exit; /x.py', 's3://reco-landing/*.csv'],
    ['for f in /data/in/*.csv; do /x.py $f; done', 's3://reco-landing/*.csv'],
    ['ls /data/in/*.csv | while read f; do /x.py $f; done', 's3://reco-landing/*.csv'],
    ['find /data/in -name "*.csv" -exec /x.py {} \\;', 's3://reco-landing/*.csv'],
    ['[ "$(find /data/in -name "*.csv")" ] && /x.py', 's3://reco-landing/*.csv'],
    ['timeout 60 flock -n /l nice -n 5 bash -c "[ -f /data/in/a ] && /x.py"', 's3://reco-landing/a'],
    ['cd /data/in && [ -f /data/in/a ] && /x.py', 's3://reco-landing/a'],
    ['( [ -f /data/in/a ] && /x.py ) >> /var/log/x 2>&1', 's3://reco-landing/a'],
    ['f() { if [ -f /data/in/a ]; then return 0; fi; return 1; }; f && /x.py', 's3://reco-landing/a'],
    ['f() { [ -f /data/in/a ]; return $?; }; if ! f; then exit; fi; /x.py', 's3://reco-landing/a'],
    ['case $(ls /data/in/a) in "") exit ;; esac; /x.py', 's3://reco-landing/a'],
    ['f() { [ -f "$1" ] || exit; }; f /data/in/a; /x.py', 's3://reco-landing/a'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    ['[ -f ${DIR:-/data/in}/a ] && /x.py', 's3://reco-landing/a'],
  ])('finds what `%s` polls for', (command, files) => {
    const { kind, slots } = readLine(command);

    expect(kind).toBe('polls for a file');
    expect(slots.flatMap((each) => Object.values(each)).map((slot) => 'files' in slot && slot.files)).toEqual([files]);
  });

  it.each([
    ['[ -f /var/run/a.done ] && exit; /x.py'],
    ['[ ! -f /var/run/a.lock ] && /x.py'],
    ['if [ -e /tmp/a.pid ]; then exit 1; fi; /x.py'],
    ['find /var/log -name "*.log" -mtime +9 -delete; /x.py'],
    ['cd /opt && ./x.py || echo failed'],
  ])('does not take `%s` for waiting', (command) => {
    const { kind, slots } = readLine(command);

    expect(kind).toBe('time-driven');
    expect(slots).toEqual([{ time: { at: '*/5 * * * *' } }]);
  });

  it('gives the file of the day before the date of the file, in the command too', () => {
    const { slots, jobs, notes } = readLine(
      'D=$(date -d yesterday +%Y%m%d); [ -f /data/in/a_$D.csv ] && /x.py --day $D /data/in/a_$D.csv',
    );

    expect(slots).toEqual([{ a: { files: 's3://reco-landing/a_{date:yyyyMMdd}.csv' } }]);
    expect(jobs).toMatchObject([{ command: ['/x.py', '--day', '{date:yyyyMMdd}', '{a.uri}'] }]);
    expect(notes).toContain('the file is of 1 day before the run: the run has the date of the file');
  });

  it('asks what to do with a date that the run does not have, and keeps the command as cron has it', () => {
    const { jobs, decide } = readLine('[ -f /data/in/$(date +%Y%m%d) ] && /x.py $(date -d "2 days ago" +%F)');

    expect(jobs[0]).toMatchObject({
      command: ['sh', '-c', '/x.py $(date -d "2 days ago" +%F)'],
      environment: { TZ: 'Asia/Tokyo' },
    });
    expect(decide).toContain(
      'what does the job take in place of `{date:yyyy-MM-dd}` (2 days before the run), which the run does not tell? Until then the command is as cron has it',
    );
  });

  it('takes the times at which cron stops to look for when a file is late, on the days on which it looks', () => {
    const { configuration } = read(
      '*/10 3-8 * * 1-5 [ -f /data/in/$(date -d yesterday +\\%Y\\%m\\%d) ] && /x.py\n0-30/10 6 * * * [ -f /data/in/b/$(date +\\%F) ] && /y.py',
    );

    expect(configuration.feeds.map(({ due, calendar }) => [due, calendar])).toEqual([
      ['+1d 08:50', 'mon-tue-wed-thu-sun'],
      ['06:30', undefined],
    ]);
    expect(configuration.calendars).toEqual({
      'mon-tue-wed-thu-sun': { weekdays: ['mon', 'tue', 'wed', 'thu', 'sun'] },
    });
  });

  it('cuts a parent script into feeds that follow each other, side by side where it runs them so', () => {
    const scripts = {
      'night.sh': '#!/bin/sh\n[ -f /data/in/$(date +%F) ] || exit\n./a.sh\n./b.sh &\n./c.sh &\nwait\n./d.sh\n',
      ...Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.sh`, `#!/bin/sh\n/${name}.py\n`])),
    };

    const { slots } = readLine('/opt/night.sh', scripts);

    expect(slots).toEqual([
      { files: { files: 's3://reco-landing/{date:yyyy-MM-dd}' } },
      { a: { feed: 'a' } },
      { a: { feed: 'a' } },
      { b: { feed: 'b' }, c: { feed: 'c' } },
    ]);
  });

  it('finds the line that sets the mark which another waits for, and how many days lie between', () => {
    const { lines, configuration } = read(
      [
        '0 1 * * * /a.py && touch /run/a.$(date +\\%F).done',
        '*/5 * * * * [ -f /run/a.$(date -d yesterday +\\%F).done ] && /b.py',
        '*/5 * * * * [ -f /run/a.$(date +\\%F).done ] && /c.py',
        '*/5 * * * * [ -f /run/a.$(date -d yesterday +\\%F).done ] && [ -f /data/in/d-$(date +\\%F) ] && /d.py',
      ].join('\n'),
    );

    expect(lines.map(({ kind }) => kind)).toEqual([
      'time-driven',
      'called by another',
      'called by another',
      'polls for a file',
    ]);
    expect(configuration.feeds.map(({ slots }) => slots)).toEqual([
      { time: { at: '0 1 * * *' } },
      { a: { feed: 'a' } },
      { a: { feed: 'a' } },
      { d: { files: 's3://reco-landing/d-{date:yyyy-MM-dd}' }, a: { feed: 'a', offset: '-1d' } },
    ]);
  });

  it('says that a script would run twice which another line calls too', () => {
    const scripts = { 'p.sh': '#!/bin/sh\n./a.sh\n./b.sh\n', 'a.sh': '/a.py', 'b.sh': '/b.py' };

    const { lines } = read('0 1 * * * /opt/p.sh\n0 2 * * * /opt/a.sh', scripts);

    expect(lines[1]).toMatchObject({
      kind: 'called by another',
      decide: ['lines 1 call the same script: it would run twice'],
    });
  });

  it('does not guess what a script does that it was not given', () => {
    const { kind, confidence, feeds, decide } = readLine('/opt/x/check.sh');

    expect({ kind, confidence, feeds }).toEqual({ kind: 'not understood', confidence: 'none', feeds: [] });
    expect(decide).toEqual([
      '/opt/x/check.sh is not among the scripts (--scripts), so it may or may not wait for a file',
    ]);
  });

  it.each([
    [
      'curl -sf http://p/ready >/dev/null && /x.py',
      'goes on only if `curl -sf http://p/ready`, which a feed cannot ask',
    ],
    ['ssh h test -f /a && /x.py', 'goes on only if `ssh h test -f /a`, which a feed cannot ask'],
    ['[ -f /data/in/a ] && /x.py || /undo.py', 'does something else when that fails: `/undo.py`'],
    ['if [ -f /data/in/a ]; then /x.py; else /y.py; fi', 'does something else otherwise: `/y.py`'],
    [
      'X=$(psql -c q); [ "$X" = 1 ] && /x.py',
      'goes on only if `[ "$X" = 1 ]`, where the value is `$(psql -c q)`, which a feed cannot ask',
    ],
    ['[ $(date +%u) = 5 ] && /x.py', 'goes on only if `[ $(date +%u) = 5 ]`, which a feed cannot ask'],
    ['ssh h /x.py', 'runs on another host, h: the job has to do there what it needs, or bring it along'],
    ['[ -f /other/a ] && /x.py', 'to which bucket do the files of /other come? (--map /other=s3://bucket/folder)'],
    [
      '[ -f /data/in/$(date +%F) ] && [ -f /data/in/ready ] && /x.py',
      'no feed x was made: it also waits for s3://reco-landing/ready, whose name does not tell the run that it belongs to',
    ],
    ['bash -c "$CMD"', 'the command is put together when it runs: `bash -c "$CMD"`'],
  ])('asks a person about `%s`', (command, question) => {
    expect(readLine(command).decide).toContain(question);
  });

  it.each([
    ['./ready.sh && /x.py', '#!/bin/sh\n[ -f /data/in/a ] && exit 0\nexit 1\n', 'polls for a file'],
    ['if ./ready.sh; then /x.py; fi', '#!/bin/sh\n[ -f /data/in/a ] && exit 0\nexit 1\n', 'polls for a file'],
    ['if ./ready.sh; then exit; fi; /x.py', '#!/bin/sh\n[ -f /data/in/a.done ]\n', 'time-driven'],
    ['./ready.sh; [ $? -eq 0 ] && exit; /x.py', '#!/bin/sh\ntest -f /data/in/a.done\n', 'time-driven'],
    ['./ready.sh || /x.py', '#!/bin/sh\n[ ! -f /data/in/a ]\n', 'polls for a file'],
  ])('follows the answer of the script in `%s`', (command, script, kind) => {
    expect(readLine(command, { 'ready.sh': script }).kind).toBe(kind);
  });

  it('takes a list in a loop for the values of a capture', () => {
    const { proposals } = read(
      '*/5 * * * * for SHOP in a b; do [ -f /data/in/$SHOP-$(date +\\%F) ] && /x.py $SHOP; done',
    );

    expect(proposals[0]?.feed).toMatchObject({
      slots: { files: { files: 's3://reco-landing/{shop}-{date:yyyy-MM-dd}' } },
      values: { shop: ['a', 'b'] },
      job: { batch: { command: ['/x.py', '{shop}'] } },
    });
  });

  it('follows settings of the crontab: variables, and the zone', () => {
    const { proposals } = read('CRON_TZ=Europe/Berlin\nIN=/data/in\n0 7 * * * [ -f $IN/$(date +\\%F) ] && /x.py');

    expect(proposals[0]?.feed).toMatchObject({
      timeZone: 'Europe/Berlin',
      slots: { files: { files: 's3://reco-landing/{date:yyyy-MM-dd}' } },
    });
  });

  it('does not take a script of another folder for the one of the same name that calls it', () => {
    const { decide, confidence, kind, jobs } = readLine('/opt/scripts/load.sh', {
      'load.sh': '[ -f /data/in/x ] && /opt/bin/load.sh\n',
    });

    expect(kind).toBe('polls for a file');
    expect(jobs).toMatchObject([{ command: ['/opt/bin/load.sh'] }]);
    expect(decide).toContain('/opt/bin/load.sh is not among the scripts (--scripts)');
    expect(confidence).not.toBe('sure');
  });

  it.each([
    ['* * * * *', 0],
    ['*/2 * * * *', 1],
    ['*/3 * * * *', undefined],
  ])('looks back as far as the runs of %s allow', (time, lookback) => {
    const { proposals } = read(`${time} /x.py`);

    expect(proposals.map(({ feed }) => feed.lookback)).toEqual([lookback]);
  });

  it('leaves the hours of a line to the zone of the server where only TZ is set, as cron does', () => {
    const { proposals } = read('TZ=Europe/Berlin\n0 7 * * * /x.py');

    expect(proposals[0]?.feed.slots).toMatchObject({ time: { at: '0 7 * * *' } });
    expect(proposals[0]?.feed.timeZone).toBeUndefined();
  });

  it('runs nothing of what it reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakaway-import-'));
    try {
      const { lines } = read(
        `* * * * * touch ${folder}/a; $(touch ${folder}/b); eval "touch ${folder}/c" && sh -c 'touch ${folder}/d'`,
      );

      expect(lines).toHaveLength(1);
      return expect(readdir(folder)).resolves.toEqual([]);
    } finally {
      setTimeout(() => rmSync(folder, { recursive: true, force: true }), 100);
    }
  });

  it('reports every line of any crontab, and proposes only what the schema takes', () => {
    const word = fc.oneof(
      fc.constantFrom(
        '[ -f /data/in/a ]',
        '&&',
        '||',
        ';',
        '|',
        '$(date +\\%F)',
        '$X',
        '`',
        '"',
        "'",
        'if',
        'then',
        'fi',
        '{',
        '(',
        ')',
        '/x.py',
        'a.sh',
        '> /a',
        'touch /a',
        'for f in /a/*',
        'do',
        'done',
        '&',
      ),
      fc.string({ maxLength: 6 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
    );
    const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => `*/5 * * * * ${words.join(' ')}`);
    const script = fc.array(word, { maxLength: 8 }).map((words) => words.join('\n'));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), script, (lines, text) => {
        const reading = read(lines.join('\n'), { 'a.sh': text });

        expect(reading.lines.map((each) => each.text)).toEqual(lines);
        parseConfiguration(reading.configuration);
      }),
      { numRuns: 300 },
    );
  });
});

describe('configurationText', () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakaway-import-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes any text so that it is read back the same', async () => {
    const reading = read("0 1 * * * /x.py 'it is' \"that's \\\"all\\\"\" '\\\\n' '{a}' é");
    const define = relative(folder, join(import.meta.dirname, '../../configuration/define.ts'));
    writeFileSync(join(folder, 'one.config.ts'), configurationText(reading, 'crontab', define));

    const { configuration } = await loadConfiguration(join(folder, 'one.config.ts'));

    expect(configuration).toEqual(parseConfiguration(reading.configuration).configuration);
    expect(configuration.feeds[0]?.job.batch.command).toEqual([
      '/x.py',
      'it is',
      'that\'s "all"',
      '\\\\n',
      '{{a}}',
      'é',
    ]);
  });
});
