/** Groups a batch of failures by the notification that reports them. Pure. */
import { isPart, type Job, parentId } from '../../shared/jobs/job.ts';
import { explainJob } from './failure-reason.ts';

/** A failure, and the record that it came in. */
export type Failure<Origin> = { readonly job: Job; readonly origin: Origin };

export type Work<Origin> = {
  /** Jobs with a notification of their own, array jobs among them, by queue. */
  readonly queues: readonly { readonly queue: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Children of array jobs. */
  readonly arrays: readonly { readonly arrayId: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Jobs that never started because another job had failed, by one job that they depend on. */
  readonly cascades: readonly { readonly dependency: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Parts of jobs, which the notification about the whole job covers. */
  readonly parts: readonly Failure<Origin>[];
};

/** Checks that a job failed because of another job. */
export const isCascaded = (job: Job): boolean => explainJob(job).kind === 'dependency';

/**
 * Lists the ids of the jobs that a job depends on: array jobs in place of children, and not the
 * job's own array job.
 */
export const dependenciesOf = ({ id, dependsOn }: Pick<Job, 'id' | 'dependsOn'>): string[] => [
  ...new Set(dependsOn.map(parentId).filter((dependency) => dependency !== parentId(id))),
];

type Kind = 'alone' | 'child' | 'cascaded' | 'part';

const kindOf = (job: Job): Kind => {
  const cascaded = isCascaded(job);
  if (isPart(job)) {
    // The notification about its own array job, or about the one that it depends on, covers a
    // cascaded child.
    return job.shape === 'node' || cascaded ? 'part' : 'child';
  }
  return cascaded && dependenciesOf(job).length > 0 ? 'cascaded' : 'alone';
};

const grouped = <Origin>(
  failures: readonly Failure<Origin>[],
  keyOf: (job: Job) => string,
): { readonly key: string; readonly failures: readonly Failure<Origin>[] }[] =>
  [...Map.groupBy(failures, ({ job }) => keyOf(job))].map(([key, group]) => ({ key, failures: group }));

const cascadesOf = <Origin>(failures: readonly Failure<Origin>[]): Work<Origin>['cascades'] => {
  const pairs = failures.flatMap((failure) =>
    dependenciesOf(failure.job)
      .slice(0, 1)
      .map((dependency) => ({ dependency, failure })),
  );
  return [...Map.groupBy(pairs, ({ dependency }) => dependency)].map(([dependency, group]) => ({
    dependency,
    failures: group.map(({ failure }) => failure),
  }));
};

/** Groups failures. */
export const sortFailures = <Origin>(failures: readonly Failure<Origin>[]): Work<Origin> => {
  const kinds = Map.groupBy(failures, ({ job }) => kindOf(job));
  const of = (kind: Kind) => kinds.get(kind) ?? [];
  return {
    queues: grouped(of('alone'), ({ queue }) => queue).map(({ key, ...rest }) => ({ queue: key, ...rest })),
    arrays: grouped(of('child'), ({ id }) => parentId(id)).map(({ key, ...rest }) => ({ arrayId: key, ...rest })),
    cascades: cascadesOf(of('cascaded')),
    parts: of('part'),
  };
};
