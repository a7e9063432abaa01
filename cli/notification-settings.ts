/** The notification settings of a bucket, before and after EventBridge is switched on. Pure. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { NotificationSettings } from '../shared/aws/bucket-notifications.ts';
import { isFields } from '../shared/fields.ts';

/** Tells whether a bucket sends its events to EventBridge. */
export const isEventBridgeOn = (settings: NotificationSettings): boolean =>
  settings.EventBridgeConfiguration !== undefined;

/** Adds EventBridge, and keeps all other settings. */
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

/** Sorts the properties, so that equal entries have equal texts. */
const sorted = (value: unknown): unknown =>
  isFields(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;

const lineOf = ({ kind, value }: Entry): string =>
  `${kind} ${JSON.stringify(value, (_, inner: unknown) => sorted(inner))}`;

/** S3 may return events in another order, and the names of filters in another case. */
const normalized = (name: string, value: unknown): unknown => {
  if (name === 'Events' && Array.isArray(value)) {
    return value.toSorted();
  }
  return name === 'Name' && typeof value === 'string' ? value.toLowerCase() : sorted(value);
};

const comparable = ({ kind, value }: Entry): string => `${kind} ${JSON.stringify(value, normalized)}`;

/** Lists the entries that are no longer there, one per line. */
export const lostEntries = (before: NotificationSettings, after: NotificationSettings): string[] => {
  const remaining = entries(after).map(comparable);
  return entries(before)
    .filter((entry) => {
      const index = remaining.indexOf(comparable(entry));
      if (index >= 0) {
        remaining.splice(index, 1);
      }
      return index < 0;
    })
    .map(lineOf);
};

/** Tells whether two settings have the same entries. */
export const areSame = (one: NotificationSettings, other: NotificationSettings): boolean =>
  lostEntries(one, other).length === 0 && lostEntries(other, one).length === 0;

/** Writes the change of a bucket's settings as a unified diff of all entries. */
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
