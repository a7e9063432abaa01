/** Reads what the jobs of runs were given. */
import { type ClaimDocument, unpackDocument } from './claim-document.ts';
import { filesOfManifest, type Listing } from './listing.ts';
import type { Run } from './run.ts';
import { nameOf } from './run-name.ts';

/** Reads an object of the suite's bucket; `undefined` when there is none. */
export type GetDocument = (key: string, signal: AbortSignal) => Promise<Uint8Array | undefined>;

/**
 * Reads the document of a run's newest claim.
 *
 * @throws Error when it is gone
 */
export const readDocument = async (get: GetDocument, run: Run, signal: AbortSignal): Promise<ClaimDocument> => {
  const { document } = run;
  const data = document?.kind === 'stored' ? await get(document.key, signal) : document?.data;
  if (data === undefined) {
    throw new Error(`The claim document of run ${nameOf(run).run}, generation ${run.generation}, is gone`);
  }
  return unpackDocument(data);
};

/**
 * Makes the function that reads what the job of a run's newest generation was given.
 *
 * @returns a function that resolves to `undefined` where that is not known: it has expired, or the job was adopted without it
 */
export const createReadManifest =
  (get: GetDocument) =>
  async (run: Run, signal: AbortSignal): Promise<Listing | undefined> => {
    const document =
      run.document === undefined ? undefined : await readDocument(get, run, signal).catch(() => undefined);
    if (document?.files !== undefined) {
      return { files: document.files, sources: document.sources };
    }
    const lines = run.manifestKey === undefined ? undefined : await get(run.manifestKey, signal);
    return lines === undefined
      ? undefined
      : { files: filesOfManifest(Buffer.from(lines).toString('utf8')), sources: document?.sources ?? [] };
  };
