/** Writes what a plan waits for as slots of a feed. */
import type { UserFeed, UserSlot } from '../configuration/define-feed.ts';
import { MAX_EXPECTED } from '../configuration/expectation-problems.ts';
import type { DateUnit } from '../shared/feeds/template.ts';
import type { CronTime } from './crontab.ts';
import type { Dating } from './dating.ts';
import type { NamedFile } from './feed-command.ts';
import type { Remark } from './trace-events.ts';

type Times = CronTime & { readonly kind: 'times' };

export type Slots = {
  readonly slots: Record<string, UserSlot>;
  /** The slots in words. */
  readonly understood: readonly string[];
  readonly remarks: readonly Remark[];
};

/** The parts of a plan that its times depend on. */
export type Timing = {
  readonly time: CronTime;
  readonly unit: DateUnit | undefined;
  readonly dating: Dating;
  /** Whether a mark kept cron from doing the same date twice. */
  readonly isOncePerDate: boolean;
};

/** A line that starts more often may be looking for something, and costs a job each time. */
const MANY_STARTS = 24;

const offsetText = (days: number): { offset?: string } =>
  days === 0 ? {} : { offset: `${days > 0 ? '+' : ''}${days}d` };

const describeMin = ({ awaited }: NamedFile): string => (awaited.min > 1 ? `at least ${awaited.min} of ` : '');

const fileSlot = ({ awaited, template }: NamedFile): UserSlot => ({
  files: template.uri,
  ...(awaited.min > 1 && template.hasStar && { min: awaited.min }),
  ...(awaited.minBytes > 0 && { minBytes: awaited.minBytes }),
});

const isSeldom = ({ minutes, hours }: Times): boolean => minutes.length === 1 && hours.length === 1;

const twoDigits = (number: number | undefined): string => String(number ?? 0).padStart(2, '0');

/** Takes the first start of a day. */
const firstOfDay = ({ text, minutes, hours }: Times): string =>
  [minutes[0], hours[0], ...text.split(' ').slice(2)].join(' ');

const timeSlot = (time: Times, { isOncePerDate }: Timing): Slots => {
  const starts = time.minutes.length * time.hours.length;
  if (starts > 1 && isOncePerDate) {
    const at = firstOfDay(time);
    return {
      slots: { time: { at } },
      understood: [`runs at \`${at}\``],
      remarks: [
        {
          weight: 'unread',
          text: `cron tried it ${starts} times a day until the mark of the day was there: the feed starts it once, at ${twoDigits(time.hours[0])}:${twoDigits(time.minutes[0])}. Is all that it needs there then? \`retry\` tries a failed job again`,
        },
      ],
    };
  }
  const often: Remark[] =
    starts > MANY_STARTS
      ? [
          {
            weight: 'unread',
            text: `cron starts it ${starts} times a day: what does it look for? A feed should wait for that; or start it less often`,
          },
        ]
      : [];
  return { slots: { time: { at: time.text } }, understood: [`runs at \`${time.text}\``], remarks: often };
};

/** Keeps the time of a line that looks once a day: its job did not start earlier. */
const earliest = (time: CronTime, files: readonly NamedFile[], unit: DateUnit | undefined): Slots => {
  const [first] = files;
  if (time.kind !== 'times' || !isSeldom(time) || first === undefined) {
    return { slots: {}, understood: [], remarks: [] };
  }
  const clock = `${twoDigits(time.hours[0])}:${twoDigits(time.minutes[0])}`;
  const isSameDay = unit === 'dd' && files.every(({ template }) => template.offset === undefined);
  if (isSameDay) {
    return { slots: { time: { at: clock } }, understood: [`not before ${clock}, when cron looked`], remarks: [] };
  }
  const text = `cron looked at ${clock} only: the feed starts as soon as the file is there, also before. Is that right?`;
  return { slots: {}, understood: [], remarks: [{ weight: 'unread', text }] };
};

/** Writes the slots of a feed. */
export const slotsOf = (timing: Timing, files: readonly NamedFile[]): Slots => {
  const { time, dating, unit } = timing;
  const slots: Record<string, UserSlot> = {};
  const understood: string[] = [];
  for (const file of files) {
    slots[file.slot] = fileSlot(file);
    understood.push(`waits for ${describeMin(file)}${file.template.uri}`);
  }
  for (const [name, days] of dating.links) {
    slots[name] = { feed: name, ...offsetText(days) };
    understood.push(`follows ${name}${days === 0 ? '' : `, ${days} days`}`);
  }
  const isTimed = Object.keys(slots).length === 0 && time.kind === 'times';
  const more = isTimed ? timeSlot(time, timing) : earliest(time, files, unit);
  return {
    slots: { ...slots, ...more.slots },
    understood: [...understood, ...more.understood],
    remarks: more.remarks,
  };
};

/** Cron took all files that were there at a time; a feed counts them. */
export const starRemarks = (files: readonly NamedFile[]): Remark[] =>
  files.flatMap(({ awaited, template }): Remark[] => {
    if (!template.hasStar || awaited.min > 1) {
      return [];
    }
    if (template.units.length + template.captures.length > 0) {
      const text = `how many files of ${template.uri} are all? The job starts with the first of them (\`min\`)`;
      return [{ weight: 'unread', text }];
    }
    const text = `cron ran it once for all files of ${template.uri}; the feed runs it for each: is that right?`;
    return awaited.isEach ? [] : [{ weight: 'unread', text }];
  });

/** Lists the values that the captures of a feed have. */
export const valuesOf = (files: readonly NamedFile[]): { values?: Record<string, readonly string[]> } => {
  const listed = files.flatMap(({ template }) =>
    template.captures.flatMap(({ name, values }) => (values === undefined ? [] : [[name, values] as const])),
  );
  return listed.length === 0 ? {} : { values: Object.fromEntries(listed) };
};

const DEFAULT_LOOKBACK = 3;

/** How many days are looked back where a feed runs so often that its runs of the usual number are too many. */
export const lookbackOf = (time: CronTime, slots: UserFeed['slots']): number | undefined => {
  if (time.kind !== 'times' || !Object.values(slots).some((slot) => 'at' in slot)) {
    return undefined;
  }
  const days = Math.floor(MAX_EXPECTED / (time.hours.length * time.minutes.length)) - 1;
  return days < DEFAULT_LOOKBACK ? days : undefined;
};
