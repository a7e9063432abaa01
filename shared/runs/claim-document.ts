/** The frozen request of a claim, and what its job was given: written once, before the claim, and never changed. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type FileLine, fileOfLine, type Listing, sortedFiles, type UsedSource } from './listing.ts';
import type { JobRequest } from './run.ts';

export type ClaimDocument = {
  readonly request: JobRequest;
  /** Why the request must not be sent: the run is refused instead. */
  readonly problem?: string;
  readonly sources: readonly UsedSource[];
  /** Absent where the files are in the manifest object. */
  readonly files?: Listing['files'];
};

type Written = Omit<ClaimDocument, 'files'> & { readonly files?: readonly FileLine[] };

/** Larger documents lie in the suite's bucket, so that a run item stays below the 1 KB of one write unit. */
export const MAX_INLINE_BYTES = 350;

/** What most documents contain: a third of their size. To change it makes the documents unreadable that are there. */
const DICTIONARY = Buffer.from(
  JSON.stringify({
    sources: [],
    files: [{ slot: '', bucket: '', etag: '', sizeBytes: 0, lastModified: '2026-11-22T00:00:00.000Z', key: '' }],
    request: {
      jobName: 'breakaway-',
      jobQueue: '',
      jobDefinition: '',
      containerOverrides: { command: [], environment: [{ name: '', value: '' }] },
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '2048' },
      ],
      timeout: { attemptDurationSeconds: 3600 },
      retryStrategy: {
        attempts: 3,
        evaluateOnExit: [
          { action: 'RETRY', onStatusReason: 'Host EC2*' },
          { action: 'EXIT', onExitCode: '1' },
        ],
      },
      parameters: { date: '2026-11-22', manifest: 's3://breakaway-prod-/manifests/' },
      tags: { 'breakaway:listing': '', 'breakaway:manifest': 's3://' },
      propagateTags: true,
    },
  }),
);

/** Writes a document as compressed JSON. */
export const packDocument = ({ files, ...rest }: ClaimDocument): Uint8Array => {
  const written = {
    ...rest,
    ...(files === undefined
      ? {}
      : { files: sortedFiles(files).map((file) => ({ ...file, lastModified: file.lastModified.toISOString() })) }),
  } satisfies Written;
  return deflateRawSync(JSON.stringify(written), { level: 9, dictionary: DICTIONARY });
};

/**
 * Reads a document.
 *
 * @throws Error when the bytes are not one
 */
export const unpackDocument = (data: Uint8Array): ClaimDocument => {
  const { files, ...rest }: Written = JSON.parse(inflateRawSync(data, { dictionary: DICTIONARY }).toString('utf8'));
  return { ...rest, ...(files === undefined ? {} : { files: files.map(fileOfLine) }) };
};

/** The keys of one claim in the suite's bucket. Only its owner writes to them. */
export const documentKey = (jobName: string, owner: string): string => `manifests/${jobName}-${owner}.claim`;
export const manifestKey = (jobName: string, owner: string): string => `manifests/${jobName}-${owner}.jsonl`;
