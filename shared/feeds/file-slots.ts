import type { Feed, FileSlot } from './feed.ts';

/** Lists the file slots of a feed. */
export const fileSlotsOf = ({ slots }: Pick<Feed, 'slots'>): FileSlot[] =>
  slots.filter((slot) => slot.kind === 'files');
