/** A bucket's notification settings: what switching EventBridge on changes, and what must not change. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { NotificationSettings } from '../shared/aws/bucket-notifications.ts';

/** Tells whether a bucket sends its events to EventBridge. */
export const isEventBridgeOn = (settings: NotificationSettings): boolean =>
  settings.EventBridgeConfiguration !== undefined;

/** Adds EventBridge to the settings; everything else stays. */
export const withEventBridge = (settings: NotificationSettings): NotificationSettings => ({
  ...settings,
  EventBridgeConfiguration: {},
});

type Entry = { readonly kind: string; readonly value: unknown };

const entries = (settings: NotificationSettings): Entry[] =>
  Object.entries(settings)
    .flatMap(([kind, value]: [string, unknown]) =>
      (Array.isArray(value) ? value : [value]).map((entry: unknown) => ({ kind, value: entry })),
    )
    .filter(({ value }) => value !== undefined);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sorts the properties, so that the same entry is always the same text. */
const sorted = (value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;

const lineOf = ({ kind, value }: Entry): string =>
  `${kind} ${JSON.stringify(value, (_, inner: unknown) => sorted(inner))}`;

/** S3 gives the events of an entry in another order than it took them, and the names of filters in another case. */
const alike = (name: string, value: unknown): unknown => {
  if (name === 'Events' && Array.isArray(value)) {
    return value.toSorted();
  }
  return name === 'Name' && typeof value === 'string' ? value.toLowerCase() : sorted(value);
};

const comparable = ({ kind, value }: Entry): string => `${kind} ${JSON.stringify(value, alike)}`;

/** Lists the entries that were there before and are not any more, one a line. */
export const lostEntries = (before: NotificationSettings, after: NotificationSettings): string[] => {
  const left = entries(after).map(comparable);
  return entries(before)
    .filter((entry) => {
      const found = left.indexOf(comparable(entry));
      if (found >= 0) {
        left.splice(found, 1);
      }
      return found < 0;
    })
    .map(lineOf);
};

/** Tells whether two settings say the same. */
export const areSame = (one: NotificationSettings, other: NotificationSettings): boolean =>
  lostEntries(one, other).length === 0 && lostEntries(other, one).length === 0;

/** Shows what changes in the settings of a bucket, as a unified diff of all entries. */
export const difference = (bucket: string, before: NotificationSettings, after: NotificationSettings): string => {
  const linesOf = (settings: NotificationSettings): string =>
    entries(settings)
      .map((entry) => `${lineOf(entry)}\n`)
      .sort()
      .join('');
  return createTwoFilesPatch(bucket, bucket, linesOf(before), linesOf(after), 'now', 'with EventBridge', {
    context: Number.MAX_SAFE_INTEGER,
    headerOptions: FILE_HEADERS_ONLY,
  }).trimEnd();
};
