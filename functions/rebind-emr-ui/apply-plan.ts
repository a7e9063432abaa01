/** Carries out the plan of one target group. */
import type { BindingRecords } from '../../shared/clusters/bindings.ts';
import type { Machine } from '../../shared/clusters/machines.ts';
import type { TargetGroups } from '../../shared/clusters/targets.ts';
import { type BindingPlan, targetKey } from './binding-plan.ts';
import type { Suspect } from './dead-targets.ts';
import { type GroupState, ownersToWrite, registrationOf, suspectOf } from './group-state.ts';
import type { Applied, Problem } from './tick-result.ts';

export type Ports = {
  readonly targetGroups: Pick<TargetGroups, 'register' | 'deregister'>;
  readonly records: Pick<BindingRecords, 'write'>;
};

const problemsOf = async (
  what: Problem['what'],
  about: string,
  act: () => Promise<void> | undefined,
): Promise<Problem[]> => {
  try {
    await act();
    return [];
  } catch (error) {
    return [{ what, about, error }];
  }
};

/**
 * Makes the function that carries out a plan.
 *
 * @returns a function that never rejects: whatever failed is among the problems
 */
export const createApplyPlan =
  ({ targetGroups, records }: Ports) =>
  async (
    state: GroupState,
    plan: BindingPlan,
    instanceOf: (suspect: Suspect) => Machine | undefined,
    signal: AbortSignal,
  ): Promise<Applied> => {
    const { group } = state;

    // The owners are written before a registration: an address alone does not tell its owner.
    const owners = ownersToWrite(state, plan);
    const problems = await problemsOf('Record not written', group.arn, () =>
      owners === undefined ? undefined : records.write(group.arn, owners, signal),
    );

    let registered = 0;
    // One by one, since a call that contains one bad target fails as a whole.
    for (const target of plan.register) {
      const failed = await problemsOf('Target not registered', `${targetKey(target)} in ${group.arn}`, () =>
        targetGroups.register(group.arn, registrationOf(group, target, instanceOf(suspectOf(state, target))), signal),
      );
      problems.push(...failed);
      registered += Number(failed.length === 0);
    }

    const leaving = plan.deregister.map(({ target }) => target);
    if (leaving.length === 0) {
      return { registered, deregistered: [], problems };
    }
    const failed = await problemsOf(
      'Targets not deregistered',
      `${leaving.map(targetKey).join(', ')} in ${group.arn}`,
      () => targetGroups.deregister(group.arn, leaving, signal),
    );
    return { registered, deregistered: failed.length === 0 ? leaving : [], problems: [...problems, ...failed] };
  };
