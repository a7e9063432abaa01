/** Small crontabs, each of one kind of mistake that an importer can make: what it must say of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCrontabAndScripts } from '../../import-crontab/reading.ts';
import { readScripts } from '../../import-crontab/scripts-folder.ts';
import { createReadShell } from '../../import-crontab/shell.ts';
import type { ReadShell } from '../../import-crontab/shell-steps.ts';

const CASES = join(import.meta.dirname, 'cases');
const POLLS = 'polls for a file';
const TIMED = 'time-driven';

let readShell: ReadShell;
beforeAll(async () => {
  readShell = await createReadShell();
});

type Texts = Readonly<Record<string, string>>;

const readSources = (crontab: string, folder: Parameters<typeof readCrontabAndScripts>[0]) => {
  const wishes = { timeZone: 'Asia/Tokyo', queue: 'etl', mappings: [{ folder: '/data', uri: 's3://landing' }] };
  const { lines, proposals } = readCrontabAndScripts({ ...folder, crontab }, wishes, readShell);
  return lines.map((line) => {
    const feeds = proposals.filter((proposal) => proposal.line === line.line).map(({ feed }) => feed);
    const slots = feeds.flatMap((feed) => Object.values(feed.slots));
    return {
      ...line,
      feeds,
      files: slots.flatMap((slot) => ('files' in slot ? [slot.files] : [])).toSorted(),
      times: slots.flatMap((slot) => ('at' in slot ? [slot.at] : [])),
      jobs: feeds.map(({ job }) => job.batch),
      questions: line.decide.join('\n'),
      remarks: [...line.decide, ...line.doubts, ...line.notes].join('\n'),
    };
  });
};

const NO_SCRIPTS = { crontab: '', scripts: new Map<string, string>(), isSystem: false };

/** Reads the crontab of a folder. */
const readCase = async (name: string) => {
  const folder = join(CASES, name);
  const hasScripts = readdirSync(folder).includes('scripts');
  const scripts = await readScripts(hasScripts ? join(folder, 'scripts') : undefined);
  return readSources(readFileSync(join(folder, 'crontab'), 'utf8'), { ...NO_SCRIPTS, ...scripts });
};

/** Reads one line, which runs every five minutes unless it has a time of its own. */
const readLine = (command: string, scripts: Texts = {}, time = '*/5 * * * *') => {
  const [line] = readSources(`${time} ${command.replaceAll('%', '\\%')}\n`, {
    ...NO_SCRIPTS,
    scripts: new Map(Object.entries(scripts)),
  });
  if (line === undefined) throw new Error('There is no line');
  return line;
};

/** Reads a line that calls a script. */
const readScript = (text: string, time?: string) =>
  readLine('/opt/batch/a.sh', { 'a.sh': `#!/bin/bash\n${text}\n` }, time);

const DAILY = '0 5 * * *';

describe('a script that stops when a function says that all is done', () => {
  it('is started by the clock: the file must not be there', async () => {
    const [line] = await readCase('01-stop-when-function-says-done');

    expect(line).toMatchObject({ kind: TIMED, files: [] });
    expect(line?.questions).toContain('does not go on while /data/night/{date:yyyyMMdd}/v*/closed.txt is there');
  });

  it.each([
    ['there() { ls "$1" > /dev/null 2>&1; }\nthere /data/out/$(date +%F).end && exit 0\n/x.py'],
    ['ended() { local f=$1; [[ -e $f ]]; }\nif ended /data/x/$(date +%F); then\n  echo "already"\n  exit\nfi\n/x.py'],
    ['ended() { test -f /data/x/$(date +%F); }\nif ended; then :; else /x.py; fi'],
    ['ended() { [ -f /data/x/$(date +%F) ] && return 0; return 1; }\nended && exit 0\n/x.py'],
    ['c() { [ -f /data/x/$(date +%F) ]; }\nd() { c; }\nd\nif [ $? -eq 0 ]; then exit 0; fi\n/x.py'],
  ])('holds for %j too', (script) => {
    expect(readScript(script)).toMatchObject({ kind: TIMED, files: [] });
  });
});

describe('a script that stops unless a function says that the file is there', () => {
  it('polls for the file', async () => {
    const [line] = await readCase('02-stop-unless-function-says-missing');

    expect(line).toMatchObject({ kind: POLLS, files: ['s3://landing/in/{date:yyyyMMdd}.csv'] });
  });

  it.each([
    ['gone() { if [ -f "$1" ]; then return 1; fi; return 0; }\ngone /data/in/a.csv && exit 0\n/x.py'],
    ['gone() { [ ! -s "$1" ]; }\nwhile gone /data/in/a.csv; do sleep 60; done\n/x.py'],
    ['gone() { ! ls /data/in/a.csv; }\nif ! gone; then /x.py; fi'],
    ['gone() { [ -f /data/in/a.csv ] || return 3; }\ngone || exit 0\n/x.py'],
  ])('holds for %j too', (script) => {
    expect(readScript(script)).toMatchObject({ kind: POLLS, files: ['s3://landing/in/a.csv'] });
  });
});

describe('a done-file that a function looks for', () => {
  it('is a mark that the ledger replaces', async () => {
    const [line] = await readCase('03-function-and-exit');

    expect(line).toMatchObject({ kind: TIMED, files: [], times: ['0 0 * * *'] });
    expect(line?.remarks).toContain('keeps it from running again, which the ledger does now');
  });

  it.each([
    ['f() { [ -f /data/out/$(date +%F).done ]; }\nf || /x.py'],
    ['f() { [ -f /data/out/$(date +%F).done ]; }\n! f && /x.py'],
    ['D=/data/out/$(date +%F).done\n[ -f $D ] && { echo done; exit 0; }\n/x.py && touch $D'],
  ])('is one in %j too', (script) => {
    const line = readScript(script);

    expect(line).toMatchObject({ kind: TIMED, files: [] });
    expect(line.remarks).toContain('keeps it from running again, which the ledger does now');
  });
});

describe('a script as a condition', () => {
  it('keeps its sign in if, || and &&', async () => {
    const lines = await readCase('04-script-as-condition');

    expect(lines.map(({ kind, files }) => [kind, files])).toEqual([
      [TIMED, []],
      [TIMED, []],
      [POLLS, ['s3://landing/out/{date:yyyyMMdd}.done']],
    ]);
  });

  it.each([
    ['./is.sh; if [ $? -ne 0 ]; then /x.py; fi', '[ -f /data/a.done ]', TIMED],
    ['if ! ./is.sh; then exit 1; fi; /x.py', '[ -f /data/a.ok ] && exit 0\nexit 1', POLLS],
    ['bash ./is.sh && /x.py', 'test -f /data/a || exit 1', POLLS],
    ['./is.sh > /dev/null 2>&1 || exit 0; /x.py', '[ -e /data/a ]; exit $?', POLLS],
  ])('keeps it in %j', (command, script, kind) => {
    expect(readLine(command, { 'is.sh': `#!/bin/sh\n${script}\n` }).kind).toBe(kind);
  });
});

describe('a look at a file after the work', () => {
  it('is not waited for', async () => {
    const lines = await readCase('05-own-output-checked-after-the-work');

    expect(lines.map(({ kind, files, times }) => [kind, files, times])).toEqual([
      [TIMED, [], ['0 8 * * *']],
      [TIMED, [], ['0 9 * * *']],
    ]);
    expect(lines.map(({ jobs }) => jobs[0]?.command)).toEqual([['/opt/batch/export.sh'], ['/opt/batch/publish.sh']]);
  });

  it.each([
    ['/x.py > /data/out/x.csv\n[ -s /data/out/x.csv ] || exit 1\n/y.py /data/out/x.csv'],
    ['/x.py\nwhile [ ! -f /data/out/x.ok ]; do sleep 5; done\n/y.py'],
    ['run() { /x.py; }\nrun\nif [ -f /data/out/error ]; then /alarm.py; fi'],
    ['if ! /x.py; then exit 1; fi\ntest -f /data/out/x && /y.py'],
  ])('is not waited for in %j', (script) => {
    expect(readScript(script, DAILY)).toMatchObject({ kind: TIMED, files: [], times: [DAILY] });
  });
});

describe('a guard beside the work', () => {
  it('is not waited for: settings, backups, logs, the program itself', async () => {
    const lines = await readCase('06-config-file-sourced-if-there');

    expect(lines.map(({ kind, files }) => [kind, files])).toEqual([1, 2, 3, 4, 5].map(() => [TIMED, []]));
    expect(lines[0]?.notes.join()).toContain('decides only about `. /opt/batch/site.conf`, beside the work');
    expect(lines[1]?.jobs[0]?.command?.at(-1)).toBe('[ -f /opt/batch/env ] && . /opt/batch/env; /opt/batch/load.py');
    expect(lines[2]?.jobs[0]?.command).toEqual(['/opt/batch/load.py']);
    expect(lines[2]?.notes.join()).toContain('only asks whether the program is installed');
  });

  it.each([
    ['[ -r ~/.profile ] && . ~/.profile\n/x.py'],
    ['[ -d /data/tmp ] || mkdir -p /data/tmp\n/x.py'],
    ['if [ -e /data/out/report.csv ]; then rm /data/out/report.csv; fi\n/x.py'],
    ['command -v jq > /dev/null || exit 1\n/x.py'],
    ['[ -x /usr/bin/x ] || exit 0\n/usr/bin/x --all'],
    ['[ $# -gt 1 ] && [ -f "$1" ] && . "$1"\n/x.py'],
    ['CONF=/etc/x/main.conf\nif [ ! -f $CONF ]; then echo "no $CONF"; exit 1; fi\n/x.py --conf $CONF'],
  ])('is not waited for in %j', (script) => {
    expect(readScript(script, DAILY)).toMatchObject({ kind: TIMED, files: [], times: [DAILY] });
  });
});

describe('what stands around a command', () => {
  it('is kept, or asked about', async () => {
    const lines = await readCase('07-command-loses-its-surroundings');

    expect(lines.map(({ kind }) => kind)).toEqual(lines.map(() => TIMED));
    expect(lines.map(({ confidence }) => confidence)).not.toContain('sure');
    expect(lines.map(({ jobs }) => jobs[0]?.command)).toEqual([
      ['sh', '-c', 'pg_dump -d dwh > /backups/dwh_$1.sql', 'sh', '{date:yyyyMMdd}'],
      ['sh', '-c', 'mysql -N dwh < /opt/sql/daily.sql > /data/out/daily.tsv'],
      ['sh', '-c', '/opt/batch/report.py | gzip > /data/out/report_$1.gz', 'sh', '{date:yyyyMMdd}'],
      ['sh', '-c', '/opt/batch/list.py | sort -n > /data/out/list.tmp && mv /data/out/list.tmp /data/out/list.txt'],
      ['/opt/batch/load.py'],
      ['/opt/batch/load.py', '--b'],
      ['sh', '-c', 'cd /opt/batch && python load.py'],
      ['/opt/batch/load.py', '--c'],
    ]);
    const environments = lines.map(({ jobs }) => jobs[0]?.environment?.['MODE']);
    expect(environments).toEqual([undefined, undefined, undefined, undefined, 'full', 'full', undefined, 'full']);
    expect(lines[0]?.questions).toContain('where does the job write in place of `/backups/dwh_{date:yyyyMMdd}.sql`');
    expect(lines[1]?.questions).toContain('what does the job read in place of `/opt/sql/daily.sql`');
    expect(lines[6]?.questions).toContain('the job starts in the folder `/opt/batch`');
  });

  it.each([
    ['(cd /srv && ./x.py) 2>&1', ['sh', '-c', '(cd /srv && ./x.py) 2>&1']],
    ['/x.py < /in', ['sh', '-c', '/x.py < /in']],
    ['/x.py | /y.py', ['sh', '-c', '/x.py | /y.py']],
    ['/x.py >> /data/all.csv', ['sh', '-c', '/x.py >> /data/all.csv']],
    ['/x.py *.csv', ['sh', '-c', '/x.py *.csv']],
    ['for i in 1 2 3; do /x.py; done', ['sh', '-c', 'for i in 1 2 3; do /x.py; done']],
    ['[ -f /data/a ] && cd /srv && ./x.py > out', ['sh', '-c', 'cd /srv && ./x.py > out']],
    ['[ -f /data/a ] || exit 0; cd /srv; ./x.py', ['sh', '-c', 'cd /srv; ./x.py']],
    ['if [ -f /data/a ]; then /x.py | gzip > /b; fi', ['sh', '-c', '/x.py | gzip > /b']],
    ['/x.py >> /var/log/x.log 2>&1', ['/x.py']],
    ['/x.py > /dev/null || echo failed | mail -s x y@example.com', ['/x.py']],
  ])('is kept in %j', (command, kept) => {
    expect(readLine(command, {}, DAILY).jobs[0]?.command).toEqual(kept);
  });

  it('hands variables of the crontab and of the line to the job', () => {
    const [, , line] = readSources('LC_ALL=C\nPATH=/opt/bin\n0 5 * * * A=1 /x.py\n', NO_SCRIPTS);

    expect(line?.jobs[0]?.environment).toEqual({ LC_ALL: 'C', A: '1' });
  });
});

describe('steps around the one command of a script that waits', () => {
  it('are named, and the job is the script', async () => {
    const [stage, day] = await readCase('08-steps-around-the-one-command');

    expect(stage).toMatchObject({ kind: POLLS, files: ['s3://landing/in/sales_{date:yyyyMMdd}.csv.gz'] });
    expect(stage?.jobs[0]?.command).toEqual(['/opt/batch/stage.sh']);
    expect(stage?.questions).toMatch(/`cp .*`gunzip .*`mv /);
    expect(day).toMatchObject({ kind: POLLS, files: ['s3://landing-zone/sales/{date:yyyy}/{date:MM}/{date:dd}/*'] });
    expect(day?.questions).toContain('`aws s3 sync s3://landing-zone/sales/$Y/ /data/work/`');
  });

  it.each([
    ['[ -f /data/in/a ] || exit 0\nhadoop fs -put /data/in/a /w/a\n/x.py', 'hadoop fs -put'],
    ['[ -f /data/in/a ] || exit 0\n/x.py\nmv /data/in/a /data/old/\n', 'mv /data/in/a'],
    ['[ -f /data/in/a ] || exit 0\ncd /srv\n./x.py', 'take the waiting out of the script'],
    ['[ -f /data/in/a ] || exit 0\n/x.py > /data/out/b', 'take the waiting out of the script'],
  ])('are named in %j', (script, question) => {
    const line = readScript(script);

    expect(line).toMatchObject({ kind: POLLS, jobs: [{ command: ['/opt/batch/a.sh'] }] });
    expect(line.questions).toContain(question);
  });
});

describe('a wrapper around a script', () => {
  it('is taken off, known or not', async () => {
    const lines = await readCase('09-unknown-wrapper-around-a-known-script');

    expect(lines.map(({ kind, files }) => [kind, files])).toEqual(
      lines.map(() => [POLLS, ['s3://landing/in/orders_{date:yyyyMMdd}.csv']]),
    );
    expect(lines[6]).toMatchObject({ confidence: 'guess' });
  });

  const CHECK = { 'check.sh': '#!/bin/sh\n[ -f /data/in/a ] || exit 0\n/x.py\n' };

  it.each([
    ['ionice -c2 -n7 nice /opt/check.sh'],
    ['chrt -i 0 /opt/check.sh'],
    ['setlock -n /tmp/l timeout -k 5 300 /opt/check.sh'],
    ['sudo -u a -H env A=1 bash -x /opt/check.sh'],
    ['su - a -c "/opt/check.sh"'],
    ['sh -c "exec /opt/check.sh"'],
    ['my-wrapper --name x -- /opt/check.sh > /dev/null'],
  ])('is taken off in %j', (command) => {
    expect(readLine(command, CHECK)).toMatchObject({ kind: POLLS, files: ['s3://landing/in/a'] });
  });

  it('makes the line less than sure, where it is not known', () => {
    const line = readLine('my-wrapper check.sh', { 'check.sh': '[ -f /data/in/a ] || exit 0\nmysql < /dev/null\n' });

    expect(line).toMatchObject({ kind: POLLS, files: ['s3://landing/in/a'] });
    expect(line.confidence).not.toBe('sure');
  });
});

describe('a script whose folder is in a variable', () => {
  it('is found by the end of its path', async () => {
    const lines = await readCase('10-script-behind-a-variable');

    expect(lines.map(({ kind, confidence }) => [kind, confidence])).toEqual([
      [POLLS, 'guess'],
      [POLLS, 'guess'],
    ]);
  });

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    ['${BASE}/bin/check.sh', { 'bin/check.sh': '[ -f /data/in/a ] && /x.py', 'other/check.sh': '/y.py' }, POLLS],
    ['~/bin/check.sh', { 'bin/check.sh': '[ -f /data/in/a ] && /x.py' }, POLLS],
    ['cd $BASE && ./check.sh', { 'check.sh': '[ -f /data/in/a ] && /x.py' }, POLLS],
    ['$BASE/check.sh', { 'a/check.sh': '/x.py', 'b/check.sh': '/y.py' }, 'not understood'],
  ])('is found in %j, if it is one', (command, scripts, kind) => {
    const line = readLine(command, scripts);

    expect(line.kind).toBe(kind);
    expect(line.confidence).not.toBe('sure');
  });
});

describe('several looks at files', () => {
  it('are all kept when their results are in variables', async () => {
    const [line] = await readCase('11-two-statuses-kept-in-variables');

    expect(line).toMatchObject({
      kind: POLLS,
      files: ['s3://landing/in/items_{date:yyyy-MM-dd}.csv', 's3://landing/in/orders_{date:yyyy-MM-dd}.csv'],
    });
  });

  it.each([
    ['ls /data/a-$(date +%F)\nr1=$?\nls /data/b-$(date +%F)\nr2=$?\nif [ $r1 -eq 0 ] && [ $r2 -eq 0 ]; then /x.py; fi'],
    ['ok=1\n[ -f /data/a-$(date +%F) ] || ok=0\n[ -f /data/b-$(date +%F) ] || ok=0\n[ $ok -eq 1 ] || exit 0\n/x.py'],
    [
      'a=no\nb=no\n[ -f /data/a-$(date +%F) ] && a=yes\n[ -f /data/b-$(date +%F) ] && b=yes\nif [ "$a" != yes -o "$b" != yes ]; then exit 0; fi\n/x.py',
    ],
    [
      'check() { [ -f /data/$1-$(date +%F) ]; }\ncheck a; x=$?\ncheck b; y=$?\n[ $x = 0 ] || exit\n[ $y = 0 ] || exit\n/x.py',
    ],
  ])('are all kept in %j', (script) => {
    expect(readScript(script)).toMatchObject({
      kind: POLLS,
      files: ['s3://landing/a-{date:yyyy-MM-dd}', 's3://landing/b-{date:yyyy-MM-dd}'],
    });
  });

  it('are all kept over a list', async () => {
    const [line] = await readCase('12-all-of-a-list');

    const of = (shop: string): string => `s3://landing/in/${shop}_{date:yyyy-MM-dd}.csv`;
    expect(line).toMatchObject({ kind: POLLS, files: [of('nagoya'), of('osaka'), of('tokyo')] });
    expect(line?.feeds).toHaveLength(1);
  });

  it.each([
    ['for f in a b; do\n  if [ ! -s /data/$f-$(date +%F) ]; then echo "no $f"; exit 0; fi\ndone\n/x.py'],
    ['S="a b"\nfor f in $S; do test -f /data/$f-$(date +%F) || exit; done\n/x.py'],
    ['n=0\nfor f in a b; do [ -f /data/$f-$(date +%F) ] || n=1; done\n[ $n -eq 0 ] && /x.py'],
    ['for f in a b; do while [ ! -f /data/$f-$(date +%F) ]; do sleep 10; done; done\n/x.py'],
  ])('are all kept over the list of %j', (script) => {
    expect(readScript(script)).toMatchObject({
      kind: POLLS,
      files: ['s3://landing/a-{date:yyyy-MM-dd}', 's3://landing/b-{date:yyyy-MM-dd}'],
    });
  });

  it('of which one is enough are no feed, but a question', () => {
    const line = readScript('if [ -f /data/a ] || [ -f /data/b ]; then /x.py; fi');

    expect(line).toMatchObject({ kind: POLLS, feeds: [] });
    expect(line.questions).toMatch(/one of `\[ -f \/data\/. ]` and `\[ -f \/data\/. ]` is enough/);
  });

  it('whose names do not tell that they belong together are no feed, but a question', () => {
    const line = readScript('[ -f /data/a ] && [ -f /data/b ] && /x.py');

    expect(line).toMatchObject({ kind: POLLS, feeds: [] });
    expect(line.questions).toContain('it also waits for s3://landing/b, whose name does not tell the run');
  });

  it('that start different commands are feeds of their own', () => {
    const line = readScript('[ -f /data/a ] && /x.py\n[ -f /data/b ] && /y.py');

    expect(line.feeds.map(({ slots, job }) => [Object.values(slots), job.batch.command])).toEqual([
      [[{ files: 's3://landing/a' }], ['/x.py']],
      [[{ files: 's3://landing/b' }], ['/y.py']],
    ]);
  });
});

describe('the age of files', () => {
  it('is a question, not a wait', async () => {
    const lines = await readCase('13-age-of-files');

    expect(lines.map(({ kind, files }) => [kind, files])).toEqual([
      [TIMED, []],
      [TIMED, []],
    ]);
    expect(lines.map(({ questions }) => questions)).toEqual([
      expect.stringContaining('`-mtime +7`'),
      expect.stringContaining('`-mmin +120`'),
    ]);
  });

  it.each([
    ['if [ $(find /data/in -mmin +90 | wc -l) -gt 0 ]; then /alarm.py; fi', TIMED],
    ['find /data/in -name "*.csv" -mtime +1 | grep -q . && /alarm.py', TIMED],
    ['find /data/in -name "*.csv" -ctime +3 -exec /alarm.py {} \\;', TIMED],
    ['[ -n "$(find /data/in -name "*.csv" -mmin -60)" ] && /x.py', POLLS],
  ])('is a question in %j', (command, kind) => {
    const line = readLine(command);

    expect(line.kind).toBe(kind);
    expect(line.confidence).not.toBe('sure');
    expect(line.questions).toContain('a feed does not look at it');
  });
});

describe('the answer of a database or a program', () => {
  it('is a question', async () => {
    const [line] = await readCase('14-answer-of-a-database-thrown-away');

    expect(line).toMatchObject({ kind: TIMED, times: [DAILY] });
    expect(line?.confidence).not.toBe('sure');
    expect(line?.questions).toContain('does not go on if `[ "$n" -eq 0 ]`');
  });

  it.each([
    ['if mysql -e "select 1" | grep -q 1; then /x.py; fi', 'goes on only if `mysql -e "select 1" | grep -q 1`'],
    ['s=`sqlplus -s x @q.sql`\n[ "$s" = READY ] || exit 1\n/x.py', 'goes on only if `[ "$s" = READY ]`'],
    ['c=$(curl -s http://x/n)\nif [ $c -gt 0 ]; then /x.py; fi', 'goes on only if `[ $c -gt 0 ]`'],
    ['case $(hostname) in web1) /x.py ;; esac', 'goes on only if `$(hostname) in web1`'],
    ['[ "$(date +%u)" -gt 5 ] && exit\n/x.py', 'does not go on if `[ "$(date +%u)" -gt 5 ]`'],
  ])('is a question in %j', (script, question) => {
    const line = readScript(script, DAILY);

    expect(line).toMatchObject({ kind: TIMED });
    expect(line.confidence).not.toBe('sure');
    expect(line.questions).toContain(question);
    expect(line.jobs[0]?.command).toEqual(['/opt/batch/a.sh']);
  });
});

describe('sleeping before the work', () => {
  it('is a question', async () => {
    const [, half, late] = await readCase('15-seconds-inside-the-minute');

    expect(half?.questions).toContain('`sleep 30` puts the work off');
    expect(late?.questions).toContain('`sleep 900` puts the work off');
  });

  it.each([['sleep $((RANDOM % 600)); /x.py'], ['sleep 5m && /x.py'], ['bash -c "sleep 10; /x.py"']])(
    'is one in %j',
    (command) => {
      expect(readLine(command, {}, DAILY).questions).toContain('puts the work off');
    },
  );
});

describe('a line with a user', () => {
  it('asks whether the crontab is one of the system', async () => {
    const lines = await readCase('16-user-column-of-another-user');

    for (const { questions, confidence } of lines) {
      expect(questions).toContain('is this a system crontab (--system)?');
      expect(confidence).not.toBe('sure');
    }
    expect(lines.flatMap(({ feeds }) => feeds.map(({ name }) => name))).toEqual(['x', 'check', 'check-2']);
  });

  it.each([
    ['www-data cd /srv && php cron.php', true],
    ['deploy /usr/bin/env bash -c "/x.py"', true],
    ['postgres [ -x /usr/bin/x ] && /usr/bin/x', true],
    ['rsync /usr/local/bin/a /backup', false],
    ['php7.4 /srv/cron.php', false],
    ['duply /etc/duply/x backup', false],
  ])('%j: %s', (command, isAsked) => {
    expect(readLine(command, {}, DAILY).questions.includes('--system')).toBe(isAsked);
  });
});

describe('the star of a day field', () => {
  it('is kept in a list, where it limits together with the weekday', async () => {
    const [line] = await readCase('17-star-lost-in-a-list');

    expect(line?.times).toEqual(['0 0 */5,31 * 1']);
  });

  it.each(['0 0 */10,5-7,6 * mon', '1,1,2 * * * *', '0 0 1 * */2,6'])('is kept in %j', (time) => {
    expect(readLine('/x.py', {}, time).times).toEqual([time.replace('mon', '1')]);
  });
});

describe('a link to a script', () => {
  it('is followed', async () => {
    const [line] = await readCase('18-linked-script');

    expect(line).toMatchObject({ kind: POLLS, files: ['s3://landing/in/a'] });
  });
});

describe('scripts of Japanese servers', () => {
  it('are read in their encodings, which are named', async () => {
    const [sjis, euc, utf16] = await readCase('19-japanese-encodings');

    expect([sjis, euc, utf16].map((line) => [line?.kind, line?.files])).toEqual([
      [POLLS, ['s3://landing/in/ソ_{date:yyyyMMdd}.csv']],
      [POLLS, ['s3://landing/in/売上_{date:yyyyMMdd}.csv']],
      [POLLS, ['s3://landing/in/売上_{date:yyyyMMdd}.csv']],
    ]);
    expect(sjis?.remarks).toContain('sjis.sh is Shift_JIS');
    expect(euc?.remarks).toContain('euc.sh is EUC-JP');
    expect(utf16?.remarks).toContain('utf16.sh is UTF-16, which a shell does not run');
    expect(utf16?.confidence).not.toBe('sure');
  });
});

describe('functions that call each other twice', () => {
  const levels = (count: number, last: string): string =>
    [
      ...Array.from({ length: count }, (_, level) => `f${level}() { local x=$1; f${level + 1} a; f${level + 1} b; }`),
      `f${count}() { ${last}; }`,
      'f0',
    ].join('\n');

  it('are followed, each once', async () => {
    const [line] = await readCase('20-exponential-functions');

    expect(line).toMatchObject({ kind: TIMED, doubts: [expect.stringContaining('/opt/batch/load.py')] });
  });

  it.each([
    ['that look', levels(25, '[ -f /data/in/a ]'), POLLS],
    ['that print', levels(25, 'echo $1'), TIMED],
  ])('are followed where they are some %s', (_, functions, kind) => {
    expect(readScript(`${functions} || exit\n/x.py`, DAILY)).toMatchObject({ kind, feeds: [expect.anything()] });
  });

  it('are followed for so many steps, and then the line says so', () => {
    const line = readScript(levels(25, '/y.py $1'), DAILY);

    expect(line.confidence).not.toBe('sure');
    expect(line.doubts.join()).toMatch(/it runs more than 400 commands|there is too much to follow/);
  });

  it.each([
    ['nested too deep', `${'if true; then '.repeat(1000)}/x.py; ${'fi; '.repeat(1000)}`],
    ['chained too long', Array.from({ length: 4000 }, () => '/x.py').join(' && ')],
  ])('a script that is %s is refused with its reason, and the other lines are read', (_, script) => {
    const [first, second] = readSources('0 5 * * * /opt/a.sh\n0 6 * * * /y.py\n', {
      ...NO_SCRIPTS,
      scripts: new Map([['a.sh', script]]),
    });

    expect(first?.remarks).toContain('it is nested more than 400 levels deep');
    expect(second?.feeds).toHaveLength(1);
  });
});

describe('a pid file', () => {
  it('is a lock, together with the process that it names', async () => {
    const [line] = await readCase('21-pidfile-and-kill');

    expect(line).toMatchObject({ kind: TIMED, files: [] });
    expect(line?.notes.join()).toContain('keep it from running twice at a time, which the ledger does now');
  });

  it.each([
    ['if [ -f /var/run/x.pid ]; then if ps -p $(cat /var/run/x.pid) > /dev/null; then exit 1; fi; fi\n/x.py'],
    ['PID=/tmp/x.pid\nif [ -f $PID ] && kill -0 $(cat $PID); then exit; fi\necho $$ > $PID\n/x.py\nrm $PID'],
    ['[ -d /proc/$(cat /run/x.pid) ] && exit 0\n/x.py'],
    ['mkdir /tmp/x.lock || exit 1\n/x.py\nrmdir /tmp/x.lock'],
    ['exec 9>/tmp/x.lock\nflock -n 9 || exit 1\n/x.py'],
    ['(\nflock -n 9 || exit 1\n/x.py\n) 9>/tmp/x.lock'],
    ['pgrep -f x.py > /dev/null && exit 0\n/x.py'],
  ])('is not waited for in %j', (script) => {
    expect(readScript(script)).toMatchObject({ kind: TIMED, files: [] });
  });
});

describe('a switch that people set', () => {
  it.each([
    ['[ -e /opt/batch/STOP ] && exit 0\n/x.py'],
    ['if [ -f /etc/maintenance ]; then echo off; exit; fi\n/x.py'],
    ['[ ! -f /opt/batch/disable ] && /x.py'],
  ])('is named as one in %j', (script) => {
    const line = readScript(script, DAILY);

    expect(line).toMatchObject({ kind: TIMED, files: [] });
    expect(line.questions).toMatch(/people stop it with/);
  });
});
