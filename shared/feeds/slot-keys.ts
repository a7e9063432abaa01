/** Which keys of S3 a file slot of a run stands for. Pure. */
import { unitOf } from './dates.ts';
import type { Feed, FileSlot } from './feed.ts';
import { hasRunForEachObject } from './match-feeds.ts';
import type { RunKey } from './run-key.ts';
import type { TemplatePart } from './template.ts';

const OBJECT_URI = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.*)$/s;

/** Returns the text of a part for a run; `undefined` where the run does not determine it. */
const textOf = (part: TemplatePart, { date = '', values }: RunKey): string | undefined => {
  switch (part.kind) {
    case 'literal':
      return part.text;
    case 'date':
      return unitOf(date, part.unit);
    case 'capture':
      return values[part.name];
    case 'any':
      return undefined;
  }
};

/** Returns whether a slot has one key per run: its template has no `*`, or every object is a run of its own. */
export const hasExactKey = (feed: Pick<Feed, 'slots'>, { template }: Pick<FileSlot, 'template'>): boolean =>
  hasRunForEachObject(feed) || template.parts.every(({ kind }) => kind !== 'any');

/** Returns the longest text with which every key of a slot and run begins. */
export const keyPrefixOf = ({ template }: Pick<FileSlot, 'template'>, run: RunKey): string => {
  let prefix = '';
  for (const part of template.parts) {
    const text = textOf(part, run);
    if (text === undefined) {
      break;
    }
    prefix += text;
  }
  return prefix;
};

/** Returns the one key of a slot for a run; `undefined` for a slot of many files. */
export const exactKeyOf = (
  feed: Pick<Feed, 'slots'>,
  slot: Pick<FileSlot, 'template'>,
  run: RunKey,
): { readonly bucket: string; readonly key: string } | undefined => {
  if (!hasExactKey(feed, slot)) {
    return undefined;
  }
  const object = hasRunForEachObject(feed) ? OBJECT_URI.exec(run.values['object'] ?? '')?.groups : undefined;
  return { bucket: slot.template.bucket, key: object?.['key'] ?? keyPrefixOf(slot, run) };
};
