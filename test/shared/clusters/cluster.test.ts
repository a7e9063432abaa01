import { describe, expect, it } from 'vitest';
import { livedUntil, livedWithin } from '../../../shared/clusters/cluster.ts';
import { aCluster, at } from '../../support/emr-builders.ts';

const [from, to] = [at('03:00'), at('03:05')];

describe.each([
  ['of old, alive', aCluster(), true, true],
  ['created in the window', aCluster({ createdAt: at('03:04') }), true, true],
  ['created at its end', aCluster({ createdAt: at('03:05') }), false, false],
  ['ended in the window', aCluster({ endedAt: at('03:04') }), true, false],
  ['ended at its end', aCluster({ endedAt: at('03:05') }), true, true],
  ['ended at its start', aCluster({ endedAt: at('03:00') }), false, false],
  ['ended right after its start', aCluster({ endedAt: at('03:00:01') }), true, false],
])('a cluster %s', (_, cluster, within, until) => {
  it(`${within ? 'lived' : 'did not live'} in it, and ${until ? 'lived' : 'did not live'} until its end`, () => {
    expect({ within: livedWithin(cluster, from, to), until: livedUntil(cluster, to) }).toEqual({ within, until });
  });
});
