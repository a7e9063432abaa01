/** Names of resources for a logical cluster, whose own name can be long and in any script. */
import { createHash } from 'node:crypto';
import { dimensionValue } from '../shared/clusters/dimension-value.ts';

const HASH_LENGTH = 8;

/** The name of an alarm has at most 255 characters, and also contains other text. */
const MAX_NAME_LENGTH = 120;

/** Identifies a name in a logical id, which has only letters and digits. */
export const hashOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);

/** Shortens a long name, and keeps it different from all other names. */
export const shortName = (name: string): string => {
  const dimension = dimensionValue(name);
  return dimension.length <= MAX_NAME_LENGTH
    ? dimension
    : `${dimension.slice(0, MAX_NAME_LENGTH - HASH_LENGTH - 1)}-${hashOf(name)}`;
};
