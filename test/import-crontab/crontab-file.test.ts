import { describe, expect, it } from 'vitest';
import { readCrontabFile } from '../../import-crontab/crontab-file.ts';

const read = (text: string) => readCrontabFile(new TextEncoder().encode(text));

describe('readCrontabFile', () => {
  it.each([
    ['[Unit]\nDescription=x\n\n[Timer]\nOnCalendar=daily\n', 'it is a systemd timer, not a crontab'],
    ['[Service]\nExecStart=/opt/x one two three four five\n', 'it is a systemd unit, not a crontab'],
    [
      'SHELL=/bin/sh\nRANDOM_DELAY=45\n1 5 cron.daily nice run-parts /etc/cron.daily\n@monthly 45 cron.monthly run-parts /etc/cron.monthly\n',
      'it is an anacrontab (anacron starts its jobs by days, not by times), not a crontab',
    ],
    ['\u007fELF\0\0\0', 'it is a program (ELF), not a crontab'],
  ])('refuses %j', (text, why) => {
    expect(read(text)).toEqual({ kind: 'refused', why });
  });

  it.each(['0 1 * * * a\n', '@monthly 45 cron.monthly a\n0 1 * * * b\n', '# nothing\n', '', 'A=[Unit]\n@daily a\n'])(
    'takes %j',
    (text) => {
      expect(read(text)).toEqual({ kind: 'crontab', text, encoding: 'UTF-8' });
    },
  );
});
