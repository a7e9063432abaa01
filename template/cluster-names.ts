/** Names of what the stack makes for a logical cluster, whose own name may be long, and in any script. */
import { createHash } from 'node:crypto';
import { dimensionValue } from '../shared/clusters/dimension-value.ts';

const HASH_LENGTH = 8;

/** Short enough for the name of an alarm, which has 255 characters. */
const MAX_NAME_LENGTH = 120;

/** Tells names apart in a logical id, which has only letters and digits. */
export const hashOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);

/** Shortens a long name so that no other becomes the same. */
export const shortName = (name: string): string => {
  const dimension = dimensionValue(name);
  return dimension.length <= MAX_NAME_LENGTH
    ? dimension
    : `${dimension.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${hashOf(name)}`;
};
