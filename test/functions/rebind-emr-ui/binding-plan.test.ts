import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BindingState, planBinding, targetKey } from '../../../functions/rebind-emr-ui/binding-plan.ts';
import type { Health, RegisteredTarget, Target } from '../../../shared/clusters/targets.ts';
import { registered } from './builders.ts';

const aTarget = (id: string, port = 8088): Target => ({ id, port });

const aState = (state: Partial<BindingState> = {}): BindingState => ({
  registered: [],
  wanted: [],
  inUse: true,
  dead: [],
  ...state,
});

/** Shortens a plan. */
const steps = (state: BindingState) => {
  const { register, deregister, leave } = planBinding(state);
  return {
    register: register.map(targetKey),
    deregister: deregister.map(({ target, reason }) => `${targetKey(target)} ${reason}`),
    leave: leave.map(({ target, reason }) => `${targetKey(target)} ${reason}`),
  };
};

describe('planBinding', () => {
  it.each<[string, Partial<BindingState>, Partial<ReturnType<typeof steps>>]>([
    ['registers a wanted target that is missing', { wanted: [aTarget('i-new')] }, { register: ['i-new:8088'] }],
    [
      'leaves a wanted target that is registered',
      { registered: [registered('i-new')], wanted: [aTarget('i-new')] },
      { leave: ['i-new:8088 wanted'] },
    ],
    [
      'registers a draining target that is wanted again',
      { registered: [registered('i-1', 'draining')], wanted: [aTarget('i-1')] },
      { register: ['i-1:8088'] },
    ],
    [
      'takes the same host on another port for another target',
      { registered: [registered('i-1', 'healthy', 50_070)], wanted: [aTarget('i-1', 9870)] },
      { register: ['i-1:9870'], leave: ['i-1:50070 not replaced yet'] },
    ],
    [
      'deregisters all live targets that are not wanted as soon as a wanted one is healthy',
      {
        registered: [registered('i-old'), registered('i-older', 'unhealthy'), registered('i-new')],
        wanted: [aTarget('i-new'), aTarget('i-other')],
      },
      {
        register: ['i-other:8088'],
        deregister: ['i-old:8088 replaced', 'i-older:8088 replaced'],
        leave: ['i-new:8088 wanted'],
      },
    ],
    [
      'deregisters a dead target at once, even the last, and no other port of its host',
      {
        registered: [registered('i-1', 'healthy', 50_070), registered('i-1', 'healthy', 9870)],
        dead: [aTarget('i-1', 50_070)],
      },
      { deregister: ['i-1:50070 dead'], leave: ['i-1:9870 not replaced yet'] },
    ],
    [
      'does not keep a dead target that is wanted',
      { registered: [registered('i-1')], wanted: [aTarget('i-1')], dead: [aTarget('i-1')] },
      { deregister: ['i-1:8088 dead'] },
    ],
    ['does not register a dead target', { wanted: [aTarget('i-1')], dead: [aTarget('i-1')] }, {}],
    [
      'changes nothing where no target is wanted',
      { registered: [registered('i-old', 'unused')] },
      { leave: ['i-old:8088 not replaced yet'] },
    ],
    [
      'changes nothing where no target is wanted, also in a group that is in no rule',
      { registered: [registered('i-old', 'unused')], inUse: false },
      { leave: ['i-old:8088 not replaced yet'] },
    ],
    [
      'does not wait for health in a group that is in no rule',
      { registered: [registered('i-old', 'unused')], wanted: [aTarget('i-new')], inUse: false },
      { register: ['i-new:8088'], deregister: ['i-old:8088 replaced'] },
    ],
    [
      'keeps a healthy target in a group that is in no rule, since somebody checks its health',
      { registered: [registered('i-old')], wanted: [aTarget('i-new')], inUse: false },
      { register: ['i-new:8088'], leave: ['i-old:8088 not replaced yet'] },
    ],
    [
      'leaves a draining target that is not wanted, dead or not',
      {
        registered: [registered('i-old', 'draining'), registered('i-new')],
        wanted: [aTarget('i-new')],
        dead: [aTarget('i-old')],
      },
      { leave: ['i-old:8088 draining', 'i-new:8088 wanted'] },
    ],
    ...(['initial', 'unavailable', 'unhealthy', 'unused'] as const).map(
      (health): [string, Partial<BindingState>, Partial<ReturnType<typeof steps>>] => [
        `keeps a live target while the wanted one is ${health}`,
        { registered: [registered('i-old'), registered('i-new', health)], wanted: [aTarget('i-new')] },
        { leave: ['i-old:8088 not replaced yet', 'i-new:8088 wanted'] },
      ],
    ),
  ])('%s', (_, state, expected) => {
    expect(steps(aState(state))).toEqual({ register: [], deregister: [], leave: [], ...expected });
  });
});

const HEALTHS: readonly Health[] = ['draining', 'healthy', 'initial', 'unavailable', 'unhealthy', 'unused'];

const targets = fc.uniqueArray(
  fc.record({ id: fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4'), port: fc.constantFrom(50_070, 9870) }),
  { selector: targetKey },
);

const states: fc.Arbitrary<BindingState> = fc
  .record({ registered: targets, wanted: targets, dead: targets, inUse: fc.boolean() })
  .chain((state) =>
    fc
      .array(fc.constantFrom(...HEALTHS), {
        minLength: state.registered.length,
        maxLength: state.registered.length,
      })
      .map((healths) => ({
        ...state,
        registered: state.registered.map((target, index) => ({ ...target, health: healths[index]! })),
      })),
  );

const keys = (list: readonly Target[]): string[] => list.map(targetKey).toSorted();

describe('any plan', () => {
  it('has one decision for each registered target, and registers only wanted targets', () => {
    fc.assert(
      fc.property(states, (state) => {
        const { register, deregister, leave } = planBinding(state);
        const wanted = keys(state.wanted);
        const again = register.filter((target) =>
          state.registered.some((other) => targetKey(other) === targetKey(target)),
        );

        expect(
          keys([...deregister.map(({ target }) => target), ...leave.map(({ target }) => target), ...again]),
        ).toEqual(keys(state.registered));
        expect(keys(register).filter((key) => !wanted.includes(key))).toEqual([]);
      }),
    );
  });

  it('never takes the last healthy target that lives, nor any that is healthy, lives and is wanted', () => {
    fc.assert(
      fc.property(states, (state) => {
        const dead = keys(state.dead);
        const isHealthy = (target: RegisteredTarget) =>
          target.health === 'healthy' && !dead.includes(targetKey(target));
        const before = state.registered.filter(isHealthy);
        const gone = new Set(planBinding(state).deregister.map(({ target }) => targetKey(target)));
        const after = before.filter((target) => !gone.has(targetKey(target)));
        const wanted = keys(state.wanted);

        expect(after.length > 0).toBe(before.length > 0);
        expect(before.filter((target) => wanted.includes(targetKey(target)) && !after.includes(target))).toEqual([]);
      }),
    );
  });

  it('takes every dead target that is not draining already', () => {
    fc.assert(
      fc.property(states, (state) => {
        const dead = keys(state.dead);
        const registeredAndDead = state.registered.filter(
          (target) => dead.includes(targetKey(target)) && target.health !== 'draining',
        );

        expect(
          keys(
            planBinding(state)
              .deregister.filter(({ reason }) => reason === 'dead')
              .map(({ target }) => target),
          ),
        ).toEqual(keys(registeredAndDead));
      }),
    );
  });
});

/** A target group that does what it is told, and whose targets change their health as they like. */
type Group = Map<string, RegisteredTarget>;

const apply = (group: Group, state: BindingState, isCutAfterRegister: boolean): void => {
  const { register, deregister } = planBinding(state);
  for (const target of register) {
    group.set(targetKey(target), { ...target, health: 'initial' });
  }
  if (isCutAfterRegister) {
    return;
  }
  for (const { target } of deregister) {
    group.set(targetKey(target), { ...target, health: 'draining' });
  }
};

/** What happens before a tick: each target's next health, and whether the function dies half way. */
const anEvent = fc.record({
  healths: fc.array(fc.constantFrom<Health>('healthy', 'initial', 'unhealthy', 'unavailable'), {
    minLength: 8,
    maxLength: 8,
  }),
  drained: fc.boolean(),
  dies: fc.boolean(),
});

const live = (group: Group): RegisteredTarget[] => [...group.values()].filter(({ health }) => health !== 'draining');

describe('plans applied again and again', () => {
  it('end with exactly the wanted targets in any order of health changes, and never lose the last healthy live target', () => {
    fc.assert(
      fc.property(states, fc.array(anEvent, { maxLength: 12 }), (start, events) => {
        const group: Group = new Map(start.registered.map((target) => [targetKey(target), target]));
        const deadKeys = keys(start.dead);
        const wanted = start.wanted.filter((target) => !deadKeys.includes(targetKey(target)));
        fc.pre(wanted.length > 0);
        const healthy = () =>
          keys(live(group).filter(({ health }) => health === 'healthy')).filter((key) => !deadKeys.includes(key));
        const tick = (isCut: boolean): void => {
          const before = healthy();
          const replacing = before.filter((key) => keys(wanted).includes(key));
          apply(group, { ...start, registered: [...group.values()] }, isCut);
          // Not one fewer, until what is wanted is healthy; and of that, not one fewer ever.
          expect(healthy()).toEqual(expect.arrayContaining(replacing.length === 0 ? before : replacing));
        };

        for (const { healths, drained, dies } of events) {
          for (const [index, [key, target]] of [...group].entries()) {
            if (target.health !== 'draining') {
              group.set(key, { ...target, health: healths[index % healths.length]! });
            } else if (drained) {
              group.delete(key);
            }
          }
          tick(dies);
        }
        // In the end what is wanted gets healthy, however late, for as long as one tick.
        tick(false);
        for (const target of wanted) {
          group.set(targetKey(target), { ...target, health: 'healthy' });
        }
        tick(false);

        expect(keys(live(group))).toEqual(keys(wanted));
        expect(planBinding({ ...start, registered: [...group.values()] })).toMatchObject({
          register: [],
          deregister: [],
        });
      }),
      { numRuns: 500 },
    );
  });

  it('keep the live targets of a used group as long as no wanted target is healthy', () => {
    fc.assert(
      fc.property(states, fc.integer({ min: 1, max: 5 }), (start, ticks) => {
        const group: Group = new Map(
          start.registered.map((target) => [
            targetKey(target),
            keys(start.wanted).includes(targetKey(target)) ? { ...target, health: 'unhealthy' } : target,
          ]),
        );
        const deadKeys = keys(start.dead);
        const keep = live(group).filter((target) => !deadKeys.includes(targetKey(target)));

        for (let tick = 0; tick < ticks; tick += 1) {
          apply(group, { ...start, inUse: true, registered: [...group.values()] }, false);
        }

        const left = keys(live(group));
        expect(keys(keep).filter((key) => !left.includes(key))).toEqual([]);
      }),
    );
  });
});
