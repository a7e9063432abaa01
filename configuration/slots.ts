/** Turns the slots of a user into data. */

import type { FeedSlot, FileSlot, Slot, TimeSlot } from '../shared/feeds/feed.ts';
import { describeTextProblem } from '../shared/feeds/text-problem.ts';
import type { UserFeedSlot, UserFileSlot, UserSlot, UserTimeSlot } from './define-feed.ts';
import { offsetProblem, readOffset } from './moments.ts';
import { readTemplate } from './parse-template.ts';
import { readSchedule } from './schedules.ts';
import { slotNameProblem } from './slot-problems.ts';

/** A slot if it could be read, and its problems. */
export type SlotReading = { readonly slot: Slot | undefined; readonly problems: readonly string[] };

/** File names by which providers say that a delivery is complete. */
const MARKER_NAME = /^_|\.(?:done|ok|ready|success)$/i;

const isMarker = (files: string, { marker, optional }: UserFileSlot): boolean =>
  marker ?? (optional !== true && !files.includes('*') && MARKER_NAME.test(files.slice(files.lastIndexOf('/') + 1)));

const markerProblems = ({ files, marker, optional }: UserFileSlot): string[] => {
  if (marker !== true) {
    return [];
  }
  return [
    ...(files.includes('*') ? ['marker: a marker is one file; take the * out of its template'] : []),
    ...(optional === true ? ['marker: an optional file cannot say that the others are complete'] : []),
  ];
};

const readFileSlot = (name: string, userSlot: UserFileSlot): SlotReading => {
  const { files, min, optional, minBytes } = userSlot;
  const read = readTemplate(files);
  if (read.kind === 'problems') {
    return { slot: undefined, problems: read.problems.map((problem) => describeTextProblem(files, problem)) };
  }
  const slot: FileSlot = {
    kind: 'files',
    name,
    template: read.template,
    min: min ?? 1,
    optional: optional ?? false,
    minBytes: minBytes ?? 0,
    isMarker: isMarker(files, userSlot),
  };

  return { slot, problems: markerProblems(userSlot) };
};

const readFeedSlot = (name: string, { feed, offset, optional }: UserFeedSlot): SlotReading => {
  const read = offset === undefined ? undefined : readOffset(offset);
  const problem = offset === undefined ? undefined : offsetProblem(offset);
  const slot: FeedSlot = {
    kind: 'feed',
    name,
    feed,
    ...(read && { offset: read }),
    min: 1,
    optional: optional ?? false,
  };

  return { slot, problems: problem === undefined ? [] : [`offset: ${problem}`] };
};

const readTimeSlot = (name: string, { at }: UserTimeSlot): SlotReading => {
  const read = readSchedule(at);
  if (read.kind === 'problems') {
    return { slot: undefined, problems: read.problems.map((problem) => describeTextProblem(at, problem)) };
  }
  const slot: TimeSlot = { kind: 'time', name, at: read.schedule, min: 1, optional: false };

  return { slot, problems: [] };
};

/** Reads a slot of a feed. */
export const readSlot = (name: string, userSlot: UserSlot): SlotReading => {
  const nameProblem = slotNameProblem(name);
  const read =
    'files' in userSlot
      ? readFileSlot(name, userSlot)
      : 'feed' in userSlot
        ? readFeedSlot(name, userSlot)
        : readTimeSlot(name, userSlot);

  return {
    slot: read.slot,
    problems: [
      ...(nameProblem === undefined ? [] : [`slot ${name}: ${nameProblem}`]),
      ...read.problems.map((problem) => `slot ${name}, ${problem}`),
    ],
  };
};
