/** Cluster names in the form that CloudWatch accepts. */
import { createHash } from 'node:crypto';

/** CloudWatch accepts 1,024 characters, some tools that read from it fewer. */
const MAX_LENGTH = 250;

const HASH_LENGTH = 8;

/** Replaces a name without any legal character. */
const NAMELESS = 'cluster';

/** Printable ASCII that neither begins nor ends with a space. */
const LEGAL = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Maps the name of a logical cluster to the value of the dimension `ClusterName`.
 *
 * A legal name is not changed. Any other name keeps its legal characters and gets eight digits of
 * its SHA-256, so that a name always has the same series, and two names hardly ever share one.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
 */
export const dimensionValue = (name: string): string => {
  if (LEGAL.test(name) && name.length <= MAX_LENGTH) {
    return name;
  }
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const readable = name
    .replaceAll(/[^\x21-\x7e]+/g, '_')
    .slice(0, MAX_LENGTH - HASH_LENGTH - 1)
    .replaceAll(/^_+|_+$/g, '');
  return `${readable === '' ? NAMELESS : readable}-${hash}`;
};
