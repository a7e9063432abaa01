/**
 * Notes jobs that failed because of another job, before the notification about that job a minute
 * later.
 */
import { type Job, parentId } from '../../shared/jobs/job.ts';
import { processItems } from '../../shared/process-items.ts';
import { dependenciesOf, type Failure, isCascaded } from './failure-groups.ts';
import type { FailureNotes } from './failure-notes.ts';
import type { Outcome, Results } from './outcome.ts';

const CONCURRENCY = 5;

/** Makes the function that notes a batch of such jobs. Children count as their array job. */
export const createRecordCascades =
  ({ notes }: { readonly notes: Pick<FailureNotes, 'addCascaded'> }) =>
  async <Origin>(failures: readonly Failure<Origin>[], signal: AbortSignal): Promise<Results<Origin>> => {
    const cascaded = failures.filter(({ job }) => isCascaded(job));
    const pairs = cascaded.flatMap((failure) =>
      dependenciesOf(failure.job).map((dependency) => ({ dependency, failure })),
    );
    const groups = [...Map.groupBy(pairs, ({ dependency }) => dependency)].map(([dependency, group]) => ({
      dependency,
      failures: group.map(({ failure }) => failure),
    }));
    const idsOf = (group: readonly { readonly job: Job }[]): string[] => [
      ...new Set(group.map(({ job }) => parentId(job.id))),
    ];
    const { done, failed } = await processItems(
      groups,
      async ({ dependency, failures: group }): Promise<Outcome> => {
        await notes.addCascaded(dependency, idsOf(group), signal);
        return { kind: 'folded', into: 'cascade', key: dependency, count: group.length };
      },
      { concurrency: CONCURRENCY },
    );
    return {
      outcomes: done,
      failed: failed.flatMap(({ item, error }) => item.failures.map(({ origin }) => ({ item: origin, error }))),
    };
  };
