/** Sorts a batch of failures into what is told together. Pure. */
import { isPart, type Job, parentId } from '../../shared/jobs/job.ts';
import { explainJob } from './failure-reason.ts';

/** A failure, and what it came with. */
export type Failure<Origin> = { readonly job: Job; readonly origin: Origin };

export type Work<Origin> = {
  /** Jobs that stand for themselves, array jobs among them, by queue. */
  readonly queues: readonly { readonly queue: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Children of array jobs. */
  readonly arrays: readonly { readonly arrayId: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Jobs that never started because another one had failed, by one that they depend on. */
  readonly cascades: readonly { readonly dependency: string; readonly failures: readonly Failure<Origin>[] }[];
  /** Parts that need no telling: the job that they belong to tells. */
  readonly parts: readonly Failure<Origin>[];
};

/** Tells whether a job fell because another one had failed. */
export const isCascaded = (job: Job): boolean => explainJob(job).kind === 'dependency';

/** Names the jobs that a job depends on; of a child, the array job counts, and never its own. */
export const dependenciesOf = ({ id, dependsOn }: Pick<Job, 'id' | 'dependsOn'>): string[] => [
  ...new Set(dependsOn.map(parentId).filter((dependency) => dependency !== parentId(id))),
];

type Kind = 'alone' | 'child' | 'cascaded' | 'part';

const kindOf = (job: Job): Kind => {
  const fell = isCascaded(job);
  if (isPart(job)) {
    // Of a child that fell, the array job that it depends on tells, or its own.
    return job.shape === 'node' || fell ? 'part' : 'child';
  }
  return fell && dependenciesOf(job).length > 0 ? 'cascaded' : 'alone';
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

/** Sorts failures into work. */
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
