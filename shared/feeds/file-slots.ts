import type { Feed, FileSlot } from './feed.ts';

/** Lists the slots of a feed that files fill. */
export const fileSlotsOf = ({ slots }: Pick<Feed, 'slots'>): FileSlot[] =>
  slots.filter((slot) => slot.kind === 'files');
