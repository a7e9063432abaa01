/** Decides, for one target group, what to register and what to deregister now. */
import type { RegisteredTarget, Target } from '../../shared/clusters/targets.ts';

/** What is known of one target group. */
export type BindingState = {
  readonly registered: readonly RegisteredTarget[];
  /** What should be registered. Empty where nothing should be, and where nobody can say. */
  readonly wanted: readonly Target[];
  /** Whether a load balancer sends requests to the group. One to which none does learns nothing of its targets' health. */
  readonly inUse: boolean;
  /** Those that are known to be gone for good. Every doubt means that a target lives. */
  readonly dead: readonly Target[];
};

/** Why a target is deregistered. */
export type Removal = 'dead' | 'replaced';

/** Why a target stays as it is: it is wanted, it lives and nothing healthy is there in its place, or it is on its way out already. */
export type Stay = 'wanted' | 'not replaced yet' | 'draining';

export type BindingPlan = {
  readonly register: readonly Target[];
  readonly deregister: readonly { readonly target: RegisteredTarget; readonly reason: Removal }[];
  readonly leave: readonly { readonly target: RegisteredTarget; readonly reason: Stay }[];
};

/** Names a target: the same host with another port is another target. */
export const targetKey = ({ id, port }: Target): string => `${id}:${port}`;

/**
 * Plans one step, which is safe to repeat and to interrupt:
 *
 * - What is wanted and not registered is registered, also when it is draining.
 * - What is dead is deregistered at once, even the last.
 * - What lives and is not wanted is deregistered when something wanted is healthy, or when no request can come and something else is wanted.
 *
 * So as long as a healthy target lives, one stays; and where what is wanted becomes healthy, nothing else is left in the end.
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
    // One that is healthy is in use, whatever else was said.
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
