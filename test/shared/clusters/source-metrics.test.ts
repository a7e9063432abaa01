import { describe, expect, it } from 'vitest';
import {
  AGENT_METRICS,
  AGGREGATES,
  CLUSTER_METRICS,
  DEFAULT_CLUSTER_METRICS,
  NODE_METRICS,
  type SourceMetric,
  type SourceName,
  sourceMetric,
} from '../../../shared/clusters/source-metrics.ts';
import { EMR_AGGREGATES } from '../../../shared/telemetry/catalogue.ts';

const all = Object.entries<SourceMetric>({ ...CLUSTER_METRICS, ...NODE_METRICS, ...AGENT_METRICS });

describe('the table of source metrics', () => {
  it('has each name once', () => {
    const names = [CLUSTER_METRICS, NODE_METRICS, AGENT_METRICS].flatMap((part) => Object.keys(part));

    expect(new Set(names).size).toBe(names.length);
  });

  it.each(all)('gives %s names that the catalogue has', (name, { kind }) => {
    for (const aggregate of AGGREGATES[kind]) {
      expect(`${name}${aggregate}`).toMatch(EMR_AGGREGATES.name);
    }
    expect(sourceMetric(name as SourceName)).toMatchObject({ kind });
  });

  it.each(all.filter(([, { unit }]) => unit === 'Percent'))(
    'never adds up %s, which is a percentage',
    (_, { kind }) => {
      expect(AGGREGATES[kind]).toEqual(['Average']);
    },
  );

  it.each(all.filter(([, { kind }]) => kind === 'counter'))('reads %s at its highest', (_, { statistic }) => {
    expect(statistic).toBe('Maximum');
  });

  it.each(all.filter(([, { statistic }]) => statistic === 'Sum'))(
    'reads %s, of which every point is a part, as a sum',
    (name) => {
      expect(name).toMatch(/Bytes|Ops|Network/);
    },
  );

  it('publishes the metrics of the alarms by default', () => {
    expect(DEFAULT_CLUSTER_METRICS).toEqual(expect.arrayContaining(['MRUnhealthyNodes', 'HDFSUtilization']));
  });
});
