/** Brings a complete run to its job: claim, submit once, record; and finishes a claim whose owner died. */
import { randomUUID } from 'node:crypto';
import type { NewAlert } from '../alerts/alert.ts';
import { MINUTE_MS } from '../durations.ts';
import type { Feed } from '../feeds/feed.ts';
import type { RunKey } from '../feeds/run-key.ts';
import { later } from '../instants.ts';
import { documentKey, MAX_INLINE_BYTES, manifestKey, packDocument } from './claim-document.ts';
import { nextOfEnded } from './evaluation-pace.ts';
import { jobNameOf } from './job-name.ts';
import { buildJobRequest, LISTING_TAG, MANIFEST_TAG, needsManifest } from './job-request.ts';
import type { Adopted, Ledger, NewClaim } from './ledger.ts';
import { type Listing, listingDigest, manifestLines, slotsDigest } from './listing.ts';
import type { Outcome, Step } from './outcome.ts';
import { readDocument } from './read-manifest.ts';
import type { Claim, DocumentPlace, JobRequest, Run } from './run.ts';
import { claimLost, lookUpRefused, submitRefused } from './run-alerts.ts';
import { nameOf } from './run-name.ts';
import { backoffMs, LEASE_MS, needsLookup, nextOfClaim, SUBMIT_MARGIN_MS, secondLookupAt } from './state-machine.ts';
import { type FoundJob, type JobQueues, LookUpRefusedError } from './submission.ts';

/** Objects of the suite's own bucket. */
export type DocumentStore = {
  /** Writes an object, and returns its URI. */
  put(key: string, body: Uint8Array | string, signal: AbortSignal): Promise<string>;
  /** Reads an object; `undefined` when there is none. */
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Returns the key in this bucket of a URI that `put` returned. */
  keyOf(uri: string): string | undefined;
};

export type Ports = {
  readonly ledger: Ledger;
  readonly jobQueues: JobQueues;
  readonly documents: DocumentStore;
  readonly openAlert: (alert: NewAlert, signal: AbortSignal) => Promise<unknown>;
  /** Notes that a permission to submit is missing, and returns since when. */
  readonly deniedSince: (queue: string, definition: string, now: Date, signal: AbortSignal) => Promise<Date>;
  /** When the ledger table was made: a restored table is young. */
  readonly tableCreatedAt: (signal: AbortSignal) => Promise<Date>;
  readonly now: () => Date;
  /** Called at each step, as it happens. */
  readonly onStep: (step: Step) => void;
};

export type Settings = {
  readonly stage: string;
  /**
   * Names this process: it compares its own clock only with itself.
   *
   * @defaultValue a random name for each process
   */
  readonly observer?: string;
};

/** A run whose slots are filled, and what S3 holds for it. */
export type CompleteRun = {
  readonly feed: Feed;
  readonly run: Run;
  /** The one of the run, or the next. */
  readonly generation: number;
  readonly listing: Listing;
  readonly unannounced: boolean;
};

/** Permissions of a fresh deployment lag. */
const DENIED_GRACE_MS = 15 * MINUTE_MS;
const DENIED_AGAIN_MS = MINUTE_MS;

const THIS_PROCESS = randomUUID();

/** What is known of the job that a claim leads to. */
type Subject = {
  readonly run: Run;
  readonly claim: Claim;
  readonly request: JobRequest;
  readonly digest: string | undefined;
  readonly files: number;
  readonly feed: Feed | undefined;
  readonly unannounced: boolean;
};

/** A claim's document as it was written. */
type WrittenDocument = {
  readonly jobName: string;
  /** Of the listing. */
  readonly digest: string;
  readonly document: DocumentPlace;
  readonly manifestKey?: string;
  readonly request: JobRequest;
  readonly problem?: string;
};

/** Makes the functions that submit the job of a run, and that finish a claim. */
export const createSubmitRun = (ports: Ports, settings: Settings) => {
  const { ledger, jobQueues, documents, now, onStep } = ports;
  const { observer = THIS_PROCESS, stage } = settings;

  const reportTwoJobs = async ({ run, claim }: Subject, jobIds: string[], signal: AbortSignal): Promise<void> => {
    onStep({ kind: 'two jobs', ...nameOf(run), jobIds });
    await ports.openAlert(claimLost(run, claim, jobIds), signal);
  };

  const record = async (
    subject: Subject,
    job: { readonly id: string; readonly adopted?: Adopted },
    isFound: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    const { run, claim, feed, files, unannounced } = subject;
    const evaluateAt = nextOfEnded({ ...run, state: 'submitted' }, feed, now());
    const other = await ledger.recordSubmission(run, claim, job, evaluateAt, now(), signal);
    // An event may have been faster: it recorded the same job, or even its end.
    if (other === 'recorded' || other.job?.id === job.id || other.generation !== run.generation) {
      const { jobName, queue } = claim;
      return {
        kind: 'submitted',
        ...nameOf(run),
        jobId: job.id,
        jobName,
        queue,
        files,
        adopted: isFound,
        unannounced,
      };
    }
    // The claim was taken over while its owner still lived. The new owner finds this job by its name; if it already has another, there are two.
    if (other.job !== undefined) {
      await reportTwoJobs(subject, [other.job.id, job.id], signal);
      return { kind: 'settled', ...nameOf(other), state: other.state };
    }
    return { kind: 'unconfirmed', ...nameOf(run), jobName: claim.jobName };
  };

  const refuse = async ({ run, claim }: Subject, reason: string, signal: AbortSignal): Promise<Outcome> => {
    // The alert first: a crash between the two repeats the refusal, the other way round it would lose the alert.
    await ports.openAlert(submitRefused(run, claim, reason), signal);
    await ledger.recordRefusal(run, claim, reason, signal);
    return { kind: 'refused', ...nameOf(run), reason };
  };

  /** @returns the oldest job of the run's name, if there is one; more than one is reported */
  const findJob = async (subject: Subject, signal: AbortSignal): Promise<FoundJob | undefined> => {
    const { run, claim } = subject;
    try {
      const jobs = await jobQueues.find(claim.queue, claim.jobName, signal);
      if (jobs.length > 1) {
        await reportTwoJobs(
          subject,
          jobs.map(({ jobId }) => jobId),
          signal,
        );
      }
      return jobs[0];
    } catch (error) {
      if (error instanceof LookUpRefusedError) {
        // The run stays claimed until the refusal is mended, so a person has to know.
        await ports.openAlert(lookUpRefused(run, claim, error.message), signal);
      }
      throw error;
    }
  };

  /** Takes a job that was found by its name, with the manifest that it ran on. */
  const adopt = async (subject: Subject, { jobId }: FoundJob, signal: AbortSignal): Promise<Outcome> => {
    const tags = await jobQueues.tagsOf(jobId, signal);
    const [listing, manifest] = [tags[LISTING_TAG], tags[MANIFEST_TAG]];
    const isOwn = listing === undefined || listing === subject.digest;
    const key = manifest === undefined ? undefined : documents.keyOf(manifest);
    const adopted = isOwn ? {} : { adopted: { listing, ...(key === undefined ? {} : { manifestKey: key }) } };
    return record(subject, { id: jobId, ...adopted }, true, signal);
  };

  const release = async (subject: Subject, afterMs: number, signal: AbortSignal): Promise<void> =>
    ledger.release(subject.run, subject.claim, later(now(), afterMs), signal);

  const handleDenied = async (subject: Subject, reason: string, signal: AbortSignal): Promise<Outcome> => {
    const { queue, definition } = subject.claim;
    const since = await ports.deniedSince(queue, definition, now(), signal);
    if (now().getTime() - since.getTime() >= DENIED_GRACE_MS) {
      return refuse(subject, reason, signal);
    }
    await release(subject, DENIED_AGAIN_MS, signal);
    return { kind: 'denied', ...nameOf(subject.run), reason };
  };

  const submit = async (subject: Subject, signal: AbortSignal): Promise<Outcome> => {
    const { run, claim, request } = subject;
    const { jobName } = claim;
    if (claim.leaseUntil.getTime() - now().getTime() < SUBMIT_MARGIN_MS) {
      return { kind: 'unconfirmed', ...nameOf(run), jobName };
    }
    const submission = await jobQueues.submit(request, signal);
    switch (submission.kind) {
      case 'accepted':
        return record(subject, { id: submission.jobId }, false, signal);
      case 'unsent':
        await release(subject, backoffMs(run.attempt), signal);
        return { kind: 'unsent', ...nameOf(run), error: submission.error };
      case 'denied':
        return handleDenied(subject, submission.reason, signal);
      case 'refused':
        return refuse(subject, submission.reason, signal);
      case 'ambiguous': {
        onStep({ kind: 'answer lost', ...nameOf(run), jobName, error: submission.error });
        const job = await findJob(subject, signal);
        return job === undefined
          ? { kind: 'unconfirmed', ...nameOf(run), jobName, error: submission.error }
          : adopt(subject, job, signal);
      }
    }
  };

  /** @returns whether the claim is held, also when only the answer to the write was lost */
  const take = async (write: () => Promise<boolean>, run: RunKey, claim: Claim, signal: AbortSignal) => {
    try {
      return await write();
    } catch (error) {
      const found = await ledger.read(run, signal);
      if (found?.claim?.owner === claim.owner && found.state === 'claimed') {
        return true;
      }
      throw error;
    }
  };

  const newClaim = (
    owner: string,
    what: Pick<Claim, 'jobName' | 'queue' | 'definition'> & { claimedAt?: Date },
  ): Claim => {
    const from = now();
    return { claimedAt: from, ...what, owner, leaseUntil: later(from, LEASE_MS) };
  };

  /** Writes what a job is given, before anybody can find it claimed. */
  const writeDocument = async (complete: CompleteRun, owner: string, signal: AbortSignal): Promise<WrittenDocument> => {
    const { feed, run, generation, listing } = complete;
    const jobName = jobNameOf(stage, run.key, generation);
    const digest = listingDigest(listing);
    const subject = { feed, run: run.key, generation, stage, files: listing.files, listing: digest };
    const { sources } = listing;
    if (!needsManifest(feed)) {
      const unnamed = buildJobRequest(subject);
      const data = packDocument({ ...unnamed, sources, files: listing.files });
      if (data.length <= MAX_INLINE_BYTES) {
        return { jobName, digest, document: { kind: 'inline', data }, ...unnamed };
      }
    }
    const key = manifestKey(jobName, owner);
    const uri = await documents.put(key, manifestLines(listing.files), signal);
    const named = buildJobRequest({ ...subject, manifest: uri });
    const packed = packDocument({ ...named, sources });
    if (packed.length <= MAX_INLINE_BYTES) {
      const document: DocumentPlace = { kind: 'inline', data: packed };
      return { jobName, digest, document, manifestKey: key, ...named };
    }
    const stored = documentKey(jobName, owner);
    await documents.put(stored, packed, signal);
    const document: DocumentPlace = { kind: 'stored', key: stored };
    return { jobName, digest, document, manifestKey: key, ...named };
  };

  /**
   * Claims a complete run and submits its job.
   *
   * @returns `undefined` when the run had changed since it was read
   */
  const claimAndSubmit = async (complete: CompleteRun, signal: AbortSignal): Promise<Outcome | undefined> => {
    const { feed, run, generation, listing, unannounced } = complete;
    const owner = randomUUID();
    const written = await writeDocument(complete, owner, signal);
    const { request, problem, digest } = written;
    const claim = newClaim(owner, {
      jobName: written.jobName,
      queue: request.jobQueue,
      definition: request.jobDefinition,
    });
    const taken: NewClaim = {
      claim,
      generation,
      judged: { listing: digest, slots: slotsDigest(feed) },
      document: written.document,
      fileCount: listing.files.length,
      ...(written.manifestKey === undefined ? {} : { manifestKey: written.manifestKey }),
    };
    if (!(await take(() => ledger.claim(run, taken, signal), run.key, claim, signal))) {
      return undefined;
    }
    const claimed: Run = {
      ...run,
      generation,
      state: 'claimed',
      attempt: run.attempt + 1,
      comparedTouch: run.touched,
      claim,
    };
    const files = listing.files.length;
    const subject = { run: claimed, claim, request, digest, files, feed, unannounced };
    const { leaseUntil, jobName } = claim;
    onStep({ kind: 'claimed', ...nameOf(claimed), jobName, owner, files, leaseUntil: leaseUntil.toISOString() });
    if (problem !== undefined) {
      return refuse(subject, problem, signal);
    }
    if (needsLookup(listing.files, await ports.tableCreatedAt(signal), now())) {
      const job = await findJob(subject, signal);
      if (job !== undefined) {
        return adopt(subject, job, signal);
      }
    }
    return submit(subject, signal);
  };

  const giveUp = async (run: Run, claim: Claim, signal: AbortSignal): Promise<Outcome> => {
    await ports.openAlert(claimLost(run, claim, []), signal);
    await ledger.note(run, { evaluateAt: undefined }, signal);
    return { kind: 'lost', ...nameOf(run), jobName: claim.jobName };
  };

  const lookUp = async (subject: Subject, resubmit: boolean, problem: string | undefined, signal: AbortSignal) => {
    const { run, claim } = subject;
    const { jobName } = claim;
    if (problem !== undefined) {
      // Nothing was ever sent: the owner died on the way to the refusal.
      return refuse(subject, problem, signal);
    }
    const job = await findJob(subject, signal);
    if (job !== undefined) {
      return adopt(subject, job, signal);
    }
    onStep({ kind: 'not found', ...nameOf(run), jobName, resubmit });
    if (!resubmit) {
      const at = claim.emptyLookup?.at ?? now();
      await ledger.noteEmptyLookup(run, claim, at, observer, secondLookupAt(now()), signal);
      return { kind: 'unconfirmed' as const, ...nameOf(run), jobName };
    }
    const taken = newClaim(randomUUID(), claim);
    const { emptyLookup: _, ...own } = taken;
    if (!(await take(() => ledger.takeOver(run, own, signal), run.key, own, signal))) {
      return { kind: 'not due' as const, ...nameOf(run) };
    }
    onStep({ kind: 'taken over', ...nameOf(run), jobName, owner: own.owner, from: claim.owner });
    return submit({ ...subject, run: { ...run, claim: own }, claim: own }, signal);
  };

  /** Finishes a claimed run, if its owner is gone. */
  const finishClaim = async (run: Run, feed: Feed | undefined, signal: AbortSignal): Promise<Outcome> => {
    const { claim } = run;
    if (claim === undefined) {
      throw new Error(`Run ${nameOf(run).run} is claimed without a claim`);
    }
    const next = nextOfClaim(claim, now(), observer);
    switch (next.kind) {
      case 'leave':
        await ledger.note(run, { evaluateAt: next.until }, signal);
        return { kind: 'claimed elsewhere', ...nameOf(run), leaseUntil: next.until.toISOString() };
      case 'give up':
        return giveUp(run, claim, signal);
      case 'look up': {
        const { request, problem, files = [] } = await readDocument(documents.get, run, signal);
        const digest = run.judged?.listing;
        const subject = { run, claim, request, digest, files: files.length, feed, unannounced: true };
        return lookUp(subject, next.resubmit, problem, signal);
      }
    }
  };

  return { claimAndSubmit, finishClaim, writeDocument };
};

export type SubmitRun = ReturnType<typeof createSubmitRun>;
