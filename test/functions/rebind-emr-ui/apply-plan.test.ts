import { describe, expect, it } from 'vitest';
import { createApplyPlan, type Ports } from '../../../functions/rebind-emr-ui/apply-plan.ts';
import type { BindingPlan } from '../../../functions/rebind-emr-ui/binding-plan.ts';
import { anInstance, aState, owned, registered } from './builders.ts';

const { signal } = new AbortController();

const PLAN: BindingPlan = {
  register: [owned(1), owned(2)],
  deregister: [{ target: registered('i-3'), reason: 'dead' }],
  leave: [],
};
const state = aState({
  registered: [registered('i-3')],
  wanted: { kind: 'targets', targets: [owned(1), owned(2)] },
});

const createPorts = (fails: (call: string) => boolean = () => false) => {
  const calls: string[] = [];
  const call = async (made: string): Promise<void> => {
    calls.push(made);
    if (fails(made)) throw new Error('throttled');
  };
  const ports: Ports = {
    records: { write: (_, owners) => call(`write ${owners.map(({ id }) => id)}`) },
    targetGroups: {
      register: (_, { id }) => call(`register ${id}`),
      deregister: (_, targets) => call(`deregister ${targets.map(({ id }) => id)}`),
    },
  };
  return { ports, calls };
};

const EVERY_CALL = ['write i-1,i-2', 'register i-1', 'register i-2', 'deregister i-3'];

describe('createApplyPlan', () => {
  it('writes the owners, registers one by one, and deregisters in one call', async () => {
    const { ports, calls } = createPorts();

    const applied = await createApplyPlan(ports)(state, PLAN, () => undefined, signal);

    expect(calls).toEqual(EVERY_CALL);
    expect(applied).toEqual({ registered: 2, deregistered: [registered('i-3')], problems: [] });
  });

  it.each([
    ['write i-1,i-2', 'Record not written', 'arn:1', { registered: 2, deregistered: [registered('i-3')] }],
    [
      'register i-1',
      'Target not registered',
      'i-1:8088 in arn:1',
      { registered: 1, deregistered: [registered('i-3')] },
    ],
    ['deregister i-3', 'Targets not deregistered', 'i-3:8088 in arn:1', { registered: 2, deregistered: [] }],
  ])('goes on when `%s` fails, and names the problem', async (failing, what, about, rest) => {
    const { ports, calls } = createPorts((call) => call === failing);

    const applied = await createApplyPlan(ports)(state, PLAN, () => undefined, signal);

    expect(calls).toEqual(EVERY_CALL);
    expect(applied).toEqual({ ...rest, problems: [{ what, about, error: new Error('throttled') }] });
  });

  it('does not try to register an instance that the group cannot reach', async () => {
    const { ports, calls } = createPorts();

    const { problems } = await createApplyPlan(ports)(state, PLAN, () => anInstance({ vpcId: 'vpc-2' }), signal);

    expect(calls).toEqual(['write i-1,i-2', 'deregister i-3']);
    expect(problems.map(({ what }) => what)).toEqual(['Target not registered', 'Target not registered']);
  });

  it('makes no call for a plan without a change', async () => {
    const { ports, calls } = createPorts();
    const unchanged = aState({ registered: [registered('i-1')], owners: [owned(1)] });

    const plan = { register: [], deregister: [], leave: [] };
    expect(await createApplyPlan(ports)(unchanged, plan, () => undefined, signal)).toEqual({
      registered: 0,
      deregistered: [],
      problems: [],
    });
    expect(calls).toEqual([]);
  });
});
