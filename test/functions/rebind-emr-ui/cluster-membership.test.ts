import { describe, expect, it } from 'vitest';
import { belongsTo } from '../../../functions/rebind-emr-ui/cluster-membership.ts';
import type { ClusterSelector } from '../../../shared/clusters/emr-settings.ts';
import { anEquippedCluster } from './builders.ts';

describe('belongsTo', () => {
  const byTag: ClusterSelector = { kind: 'tag', key: 'team', value: 'ml', name: 'training' };

  it.each<[string, readonly ClusterSelector[], Parameters<typeof anEquippedCluster>[0], string, boolean]>([
    ['its own name', [], { name: 'etl' }, 'etl', true],
    ['another name', [], { name: 'etl' }, 'adhoc', false],
    ['the name of its pattern', [{ kind: 'pattern', pattern: 'etl-*', name: 'etl' }], { name: 'etl-1' }, 'etl', true],
    ['the name of its tag', [byTag], { name: 'x', tags: { team: 'ml' } }, 'training', true],
    ['the name of another tag', [byTag], { name: 'training' }, 'training', false],
    ['its own name, although it matches a pattern', [{ kind: 'pattern', pattern: '*', name: 'all' }], {}, 'etl', true],
  ])('matches %s', (_, selectors, cluster, name, expected) => {
    expect(belongsTo(selectors, anEquippedCluster(cluster), name)).toBe(expected);
  });
});
