/** Cluster names as CloudWatch takes them. */
import { createHash } from 'node:crypto';

/** CloudWatch takes 1,024 characters, tools that read from it fewer. */
const MAX_LENGTH = 250;

const HASH_LENGTH = 8;

/** What is left of a name in which nothing is legal. */
const NAMELESS = 'cluster';

/** Printable ASCII that neither begins nor ends with a space. */
const LEGAL = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Maps the name of a logical cluster to the value of the dimension `ClusterName`.
 *
 * A name that CloudWatch takes stays as it is. Of any other, what is legal stays and eight digits of its SHA-256 follow, so that the same name
 * always gives the same series and two names hardly ever share one.
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
