/** Decides which targets of one target group to register and to deregister now. */
import type { RegisteredTarget, Target } from '../../shared/clusters/targets.ts';

/** The state of one target group. */
export type BindingState = {
  readonly registered: readonly RegisteredTarget[];
  /** Targets that should be registered; empty if there are none or they are unknown. */
  readonly wanted: readonly Target[];
  /** Whether a load balancer sends requests to the group. Otherwise it checks no health either. */
  readonly inUse: boolean;
  /** Targets that are certainly dead. */
  readonly dead: readonly Target[];
};

/** Why a target is deregistered. */
export type Removal = 'dead' | 'replaced';

/** Why a target is left: it is wanted, it has no healthy replacement, or it drains already. */
export type Stay = 'wanted' | 'not replaced yet' | 'draining';

export type BindingPlan = {
  readonly register: readonly Target[];
  readonly deregister: readonly { readonly target: RegisteredTarget; readonly reason: Removal }[];
  readonly leave: readonly { readonly target: RegisteredTarget; readonly reason: Stay }[];
};

/** Identifies a target. The same host with another port is another target. */
export const targetKey = ({ id, port }: Target): string => `${id}:${port}`;

/**
 * Plans one step, which is safe to repeat and to interrupt:
 *
 * - A wanted target that is missing or draining is registered.
 * - A dead target is deregistered at once, even the last one.
 * - A live target that is not wanted is deregistered once a wanted one is healthy, or where no
 *   request can come and another target is wanted.
 *
 * So as long as a healthy target lives, one stays; once the wanted targets are healthy, no other is
 * left.
 */
export const planBinding = ({ registered, wanted, inUse, dead }: BindingState): BindingPlan => {
  const deadKeys = new Set(dead.map(targetKey));
  const isDead = (target: Target): boolean => deadKeys.has(targetKey(target));
  const wantedKeys = new Set(wanted.filter((target) => !isDead(target)).map(targetKey));
  const isWanted = (target: Target): boolean => wantedKeys.has(targetKey(target));
  const present = registered.filter(({ health }) => health !== 'draining');
  const presentKeys = new Set(present.map(targetKey));

  const isReplaced = present.some((target) => isWanted(target) && target.health === 'healthy');
  const isUnused = !inUse && wantedKeys.size > 0;
  const removalOf = (target: RegisteredTarget): Removal | undefined => {
    if (isDead(target)) {
      return 'dead';
    }
    // A healthy target gets requests, so the group is in use after all.
    return isReplaced || (isUnused && target.health !== 'healthy') ? 'replaced' : undefined;
  };

  const deregister: { target: RegisteredTarget; reason: Removal }[] = [];
  const leave: { target: RegisteredTarget; reason: Stay }[] = registered
    .filter((target) => target.health === 'draining' && !isWanted(target))
    .map((target) => ({ target, reason: 'draining' }));
  for (const target of present) {
    const reason = isWanted(target) ? undefined : removalOf(target);
    if (reason === undefined) {
      leave.push({ target, reason: isWanted(target) ? 'wanted' : 'not replaced yet' });
    } else {
      deregister.push({ target, reason });
    }
  }
  return {
    register: wanted.filter((target) => isWanted(target) && !presentKeys.has(targetKey(target))),
    deregister,
    leave,
  };
};
