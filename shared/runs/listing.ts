/** What S3 reports for the file slots of a run in one evaluation, and how two such listings differ. Pure. */
import { createHash } from 'node:crypto';
import type { Feed } from '../feeds/feed.ts';
import { type RunKey, runKeyId } from '../feeds/run-key.ts';

/** An object as S3 reports it. */
export type StoredObject = {
  /** As it is in S3, never encoded. */
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** `HEAD` reports it in a versioned bucket; a listing never does. */
  readonly versionId?: string;
  /** `GLACIER`, `DEEP_ARCHIVE`, ...; absent for `STANDARD`. */
  readonly storageClass?: string;
};

/** An object that belongs to a slot of the run. */
export type ListedFile = StoredObject & { readonly slot: string; readonly bucket: string };

/** The success of another run that an evaluation relied on. */
export type UsedSource = { readonly slot: string; readonly run: RunKey; readonly generation: number };

/** Everything that an evaluation found for a run. */
export type Listing = { readonly files: readonly ListedFile[]; readonly sources: readonly UsedSource[] };

const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

const fileId = ({ slot, bucket, key }: ListedFile): string => JSON.stringify([slot, bucket, key]);

const sourceId = ({ slot, run }: UsedSource): string => JSON.stringify([slot, runKeyId(run)]);

/** Sorts the files by slot, bucket and key, so that equal listings are equal texts. */
export const sortedFiles = (files: readonly ListedFile[]): ListedFile[] =>
  files.toSorted(
    (one, other) => compare(one.slot, other.slot) || compare(one.bucket, other.bucket) || compare(one.key, other.key),
  );

/**
 * Identifies one write of an object. Equality counts, never earlier or later: a multipart upload carries the time at
 * which it began.
 *
 * @remarks The same bytes, written again within the same second of S3's clock, are one write.
 */
const writeOf = ({ etag, sizeBytes, lastModified, versionId = '' }: StoredObject): string =>
  JSON.stringify([etag, sizeBytes, lastModified.getTime(), versionId]);

/** Returns whether two reports of one key are of the same write. */
export const isSameWrite = (one: StoredObject, other: StoredObject): boolean => writeOf(one) === writeOf(other);

const DIGEST_LENGTH = 32;

const hashed = (parts: Iterable<string>): string => {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(part).update('\n');
  }
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
};

/** Returns 32 hex digits that two listings share only if they hold the same writes and the same generations of sources. */
export const listingDigest = ({ files, sources }: Listing): string =>
  hashed([
    ...sortedFiles(files).map((file) => `${fileId(file)}${writeOf(file)}`),
    ...sources.map((source) => `${sourceId(source)}${source.generation}`).toSorted(),
  ]);

/** Returns 32 hex digits for the slots of a feed: a listing under other slots is not a change of files. */
export const slotsDigest = ({ slots }: Pick<Feed, 'slots'>): string => hashed([JSON.stringify(slots)]);

/** What is new or different in a listing. A file that is gone is not a change: consumers and lifecycle rules delete inputs. */
export type Changes = { readonly files: readonly ListedFile[]; readonly sources: readonly UsedSource[] };

/**
 * Compares a listing with the manifest of the newest job.
 *
 * @param manifest - `undefined` when it is not known, so that everything counts as changed
 */
export const changesSince = (manifest: Listing | undefined, { files, sources }: Listing): Changes => {
  const known = new Map(manifest?.files.map((file) => [fileId(file), writeOf(file)]));
  const generations = new Map(manifest?.sources.map((source) => [sourceId(source), source.generation]));
  return {
    files: files.filter((file) => known.get(fileId(file)) !== writeOf(file)),
    sources: sources.filter((source) => generations.get(sourceId(source)) !== source.generation),
  };
};

/**
 * Writes a manifest as JSON Lines, sorted by slot, bucket and key: `slot`, `uri`, `bucket`, `key`, `etag`,
 * `sizeBytes`, `lastModified` and, of exact keys in a versioned bucket, `versionId`.
 */
export const manifestLines = (files: readonly ListedFile[]): string =>
  sortedFiles(files)
    .map(({ slot, bucket, key, etag, sizeBytes, lastModified, versionId }) => ({
      slot,
      uri: `s3://${bucket}/${key}`,
      bucket,
      key,
      etag,
      sizeBytes,
      lastModified: lastModified.toISOString(),
      ...(versionId === undefined ? {} : { versionId }),
    }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

/** A file as JSON carries it. */
export type FileLine = Omit<ListedFile, 'lastModified'> & { readonly lastModified: string };

/** Reads a file that was written as JSON. */
export const fileOfLine = ({ slot, bucket, key, etag, sizeBytes, lastModified, versionId }: FileLine): ListedFile => ({
  slot,
  bucket,
  key,
  etag,
  sizeBytes,
  lastModified: new Date(lastModified),
  ...(versionId === undefined ? {} : { versionId }),
});

/** Reads the lines of a manifest. */
export const filesOfManifest = (lines: string): ListedFile[] =>
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const parsed: FileLine = JSON.parse(line);
      return fileOfLine(parsed);
    });
