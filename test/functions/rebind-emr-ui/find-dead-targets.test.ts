import { describe, expect, it } from 'vitest';
import type { Suspect } from '../../../functions/rebind-emr-ui/dead-targets.ts';
import { createFindDeadTargets, type Ports } from '../../../functions/rebind-emr-ui/find-dead-targets.ts';
import { at } from '../../support/emr-builders.ts';
import { aGroup, anEquippedCluster, anInstance, owned } from './builders.ts';

const { signal } = new AbortController();

const remembered: Suspect = {
  group: aGroup(),
  target: { id: 'i-1', port: 8088 },
  owner: owned(1, { clusterId: 'j-ended' }),
};
const untold: Suspect = { group: aGroup({ targetType: 'ip' }), target: { id: '10.0.0.9', port: 8088 } };

/** Ports that answer, and note each question. */
const createPorts = () => {
  const questions: string[] = [];
  const ports: Ports = {
    directory: {
      describe: async (id) => {
        questions.push(id);
        return id === 'j-ended' ? anEquippedCluster({ id, endedAt: at('03:00') }) : undefined;
      },
    },
    machines: {
      byId: async (ids) => {
        questions.push(ids.join());
        return new Map([['i-1', anInstance({ instanceId: 'i-1', vpcId: 'vpc-2' })]]);
      },
      byAddress: async (addresses) => {
        questions.push(addresses.join());
        return [anInstance({ clusterId: 'j-ended' })];
      },
    },
  };
  return { ports, questions };
};

describe('createFindDeadTargets', () => {
  it('asks EC2 about instances and addresses, and EMR about each cluster once', async () => {
    const { ports, questions } = createPorts();

    const dead = await createFindDeadTargets(ports, [])([remembered, untold], new Set(), signal);

    expect(questions).toEqual(['i-1', '10.0.0.9', 'j-ended']);
    expect([remembered, untold].map(dead.isDead)).toEqual([true, true]);
    expect(dead.instanceOf(remembered)?.vpcId).toBe('vpc-2');
    expect(dead.unanswered).toEqual([]);
  });

  it('asks nothing where nothing is suspect', async () => {
    const { ports, questions } = createPorts();

    await createFindDeadTargets(ports, [])([], new Set(), signal);

    expect(questions).toEqual([]);
  });

  it('decides by the answers that it got, and names the questions without an answer', async () => {
    const error = new Error('throttled');
    const { ports } = createPorts();
    const fail = () => Promise.reject(error);

    const withoutEc2 = await createFindDeadTargets({ ...ports, machines: { byId: fail, byAddress: fail } }, [])(
      [remembered, untold],
      undefined,
      signal,
    );
    const withoutEmr = await createFindDeadTargets({ ...ports, directory: { describe: fail } }, [])(
      [remembered, untold],
      undefined,
      signal,
    );

    expect([remembered, untold].map(withoutEc2.isDead)).toEqual([true, false]);
    expect(withoutEc2.unanswered).toEqual([
      { about: 'instances', error },
      { about: 'addresses', error },
    ]);
    expect([remembered, untold].map(withoutEmr.isDead)).toEqual([false, false]);
    expect(withoutEmr.unanswered).toEqual([{ about: 'cluster j-ended', error }]);
  });
});
