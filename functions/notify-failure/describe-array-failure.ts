/** Gathers the facts about an array job that failed and about its children. */
import type { Job } from '../../shared/jobs/job.ts';
import { createRedaction } from '../../shared/jobs/redaction.ts';
import type { FailureDescriptions } from './describe-failure.ts';
import type { Cause, FailedArray, SampleChild } from './failure-notice.ts';
import { explainFailure, type FailureKind } from './failure-reason.ts';

/** A child in the listing of an array job. */
export type ListedChild = {
  readonly id: string;
  readonly index: number;
  readonly stoppedAt?: Date | undefined;
  readonly statusReason?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  /** Whether it reached RUNNING. */
  readonly hasRun: boolean;
};

export type Ports = {
  /** Lists children of an array job that failed, up to a limit. */
  readonly failedChildren: (arrayId: string, signal: AbortSignal) => Promise<readonly ListedChild[]>;
  readonly describe: (ids: readonly string[], signal: AbortSignal) => Promise<readonly Job[]>;
};

export type DescribedArrayFailure = Omit<FailedArray, 'cascade' | 'quietUntil'> & {
  /** Whether none of the listed children started, because jobs that they depend on failed. */
  readonly isCascade: boolean;
};

const MAX_SAMPLES = 3;

type Explained = { readonly child: ListedChild; readonly brief: string; readonly kind: FailureKind };

const explain = (child: ListedChild): Explained => {
  const { exitCode, reason } = child;
  const hasAttempt = child.hasRun || exitCode !== undefined || reason !== undefined;
  const { brief, kind } = explainFailure({
    statusReason: child.statusReason,
    attempt: hasAttempt ? { containers: [{ exitCode, reason }] } : undefined,
    // A list does not say whether somebody ended the child.
    isCancelled: false,
    isTerminated: false,
  });
  return { child, brief, kind };
};

const causesOf = (children: readonly Explained[]): Cause[] =>
  [...Map.groupBy(children, ({ brief }) => brief)]
    .map(([brief, group]) => ({ brief, children: group.length }))
    .sort((one, other) => other.children - one.children);

const bySelf = ({ child: one }: Explained, { child: other }: Explained): number =>
  (one.stoppedAt?.getTime() ?? Number.POSITIVE_INFINITY) - (other.stoppedAt?.getTime() ?? Number.POSITIVE_INFINITY) ||
  one.index - other.index;

/** Chooses the first child to fail, and then the first of each other cause. */
const samplesOf = (children: readonly Explained[], { location }: Job): SampleChild[] => {
  const ordered = children.toSorted(bySelf);
  const causes = new Set<string>();
  const firsts = ordered.filter(({ brief }) => causes.size < causes.add(brief).size);
  const chosen = [...new Set([...firsts, ...ordered])].slice(0, MAX_SAMPLES);
  return chosen.map(({ child, brief }) => ({ index: child.index, brief, job: { id: child.id, location } }));
};

/** Makes the function that describes an array job. */
export const createDescribeArrayFailure =
  ({ failedChildren, describe }: Ports, { describeFailure, ownRun }: FailureDescriptions) =>
  async (job: Job, signal: AbortSignal): Promise<DescribedArrayFailure> => {
    /**
     * Answers an empty list when Batch cannot be read: a notification with the totals alone is
     * better than none.
     */
    const orNone = async <Item>(asking: Promise<readonly Item[]>): Promise<readonly Item[]> => {
      try {
        return await asking;
      } catch {
        signal.throwIfAborted();
        return [];
      }
    };
    const [own, listed] = await Promise.all([ownRun(job, signal), orNone(failedChildren(job.id, signal))]);
    const children = listed.map(explain);
    const samples = samplesOf(children, job);
    const ids = samples.slice(0, 1).map(({ job: { id } }) => id);
    const [first] = await orNone(describe(ids, signal));
    const described = first === undefined ? undefined : await describeFailure(first, signal);
    return {
      job,
      own,
      failed: job.array?.statusSummary['FAILED'] ?? children.length,
      causes: causesOf(children),
      childrenRead: children.length,
      samples,
      source: described?.source,
      tail: described?.tail,
      redact: createRedaction(job.confidential),
      isCascade: children.length > 0 && children.every(({ kind }) => kind === 'dependency'),
    };
  };
