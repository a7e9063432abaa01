/**
 * Reads what S3 answers to `ListObjectsV2`.
 *
 * An answer with encoded keys is of so few forms that a reader of any XML would be half of what listing adds to a bundle. A test compares what is
 * read with what the SDK reads, and what is not as expected is an error, never an empty bucket.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */

/** An object as a listing shows it. */
export type ListedObject = {
  /** As it is in S3, never encoded. */
  readonly key: string;
  /** As EventBridge tells it, without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** In whole seconds. Of an object uploaded in parts, when its upload began. */
  readonly writtenAt: Date;
};

/** A page of objects in the order of their keys, and the token of the next, if there is one. */
export type ObjectListing = { readonly objects: readonly ListedObject[]; readonly next: string | undefined };

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };

const referred = (reference: string): string | undefined => {
  const [, hex, decimal] = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(reference) ?? [];
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return Number.isNaN(code) ? ENTITIES[reference] : String.fromCodePoint(code);
};

const textOf = (xml: string): string =>
  xml.replaceAll(/&([^&;]*);/g, (written, reference: string) => referred(reference) ?? written);

const CONTENTS = /<Contents>(.*?)<\/Contents>/gs;

/** Reads the first element of a name; there may be none. */
const elementOf = (xml: string, name: string): string | undefined => {
  const [, inside] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return inside === undefined ? undefined : textOf(inside);
};

const needed = (xml: string, name: string): string => {
  const value = elementOf(xml, name);
  if (value === undefined || value === '') {
    throw new Error(`S3 listed something without ${name}`);
  }
  return value;
};

/** S3 encodes a key as a form does: a space is a plus sign, and a plus sign is not. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

const objectOf = (xml: string, isEncoded: boolean): ListedObject => {
  const key = needed(xml, 'Key');
  const sizeBytes = Number(needed(xml, 'Size'));
  const writtenAt = new Date(needed(xml, 'LastModified'));
  if (!Number.isSafeInteger(sizeBytes) || Number.isNaN(writtenAt.getTime())) {
    throw new Error(`S3 did not tell the size and the time of ${key}`);
  }
  return {
    key: isEncoded ? decoded(key) : key,
    etag: needed(xml, 'ETag').replaceAll('"', ''),
    sizeBytes,
    writtenAt,
  };
};

/**
 * Reads an answer.
 *
 * @throws Error when it is no listing, or not a whole one
 */
export const readListing = (xml: string): ObjectListing => {
  const [, inside] = /<ListBucketResult(?:\s[^>]*)?>(.*)<\/ListBucketResult>\s*$/s.exec(xml) ?? [];
  if (inside === undefined) {
    throw new Error('S3 did not answer with a listing');
  }
  const about = inside.replaceAll(CONTENTS, '');
  const isEncoded = elementOf(about, 'EncodingType') === 'url';
  const objects = [...inside.matchAll(CONTENTS)].map(([, object = '']) => objectOf(object, isEncoded));
  const count = elementOf(about, 'KeyCount') ?? String(objects.length);
  if (Number(count) !== objects.length) {
    throw new Error(`S3 listed ${objects.length} objects and counted ${count}`);
  }
  const isTruncated = needed(about, 'IsTruncated') === 'true';
  return { objects, next: isTruncated ? needed(about, 'NextContinuationToken') : undefined };
};
