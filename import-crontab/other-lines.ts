/** Reads the lines of a crontab that do not start a job: settings, comments, broken lines. */
import type { CronLine } from './crontab.ts';
import type { LineReading } from './line-reading.ts';

const NOTES: Readonly<Record<string, string>> = {
  MAILTO: 'the output of the lines below is mailed to people: they subscribe to the topic of alerts instead',
  MAILFROM: 'the sender of those mails',
  SHELL: 'the shell of the lines below',
  PATH: 'where the lines below look for programs: the image of the job has its own',
  HOME: 'the folder in which the lines below start',
  CRON_TZ:
    'the zone in which cronie and others run the lines below; the cron of Debian does not know it. Dates that scripts take from the clock are in the zone of the server',
  TZ: 'the zone of the dates that scripts take from the clock; it does not change when the lines below are run',
  BASH_ENV: 'a file that each bash of the lines below reads first: the image of the job needs what it sets',
};

/** Says whether a text is the name of a time zone. */
export const isZone = (timeZone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return /^[A-Za-z]/.test(timeZone);
  } catch {
    return false;
  }
};

const EMPTY: Omit<LineReading, 'line' | 'text' | 'kind'> = {
  confidence: 'none',
  understood: [],
  decide: [],
  doubts: [],
  notes: [],
  feeds: [],
};

const readSetting = (name: string, value: string): Partial<LineReading> => ({
  confidence: 'sure',
  understood: [`${name} is set to ${value === '' ? 'nothing' : value}`],
  notes: [NOTES[name] ?? 'a variable of the lines below: their jobs get it too'],
  decide: [
    ...(name === 'CRON_TZ' && !isZone(value) ? [`which zone is ${value}? It is not an IANA time zone`] : []),
    ...(/\$[A-Za-z{]/.test(value)
      ? [`cron does not replace the variable in ${value}: do the lines that use ${name} work?`]
      : []),
  ],
});

/** Reads a line that does not start a job. */
export const readOther = ({ number, text, entry }: CronLine): LineReading => {
  const start = { ...EMPTY, line: number, text };
  switch (entry.kind) {
    case 'setting':
      return { ...start, kind: 'setting', ...readSetting(entry.name, entry.value) };
    case 'broken':
      return {
        ...start,
        kind: 'broken',
        understood: [`cron does not run it: ${entry.problem}`],
        decide: ['was it meant to run?'],
      };
    case 'comment':
      return entry.disabled === undefined
        ? { ...start, kind: 'comment' }
        : {
            ...start,
            kind: 'comment',
            confidence: 'likely',
            understood: [`a job that somebody has switched off: \`${entry.disabled.command}\``],
            decide: ['is it gone for good?'],
          };
    default:
      return { ...start, kind: 'blank' };
  }
};
