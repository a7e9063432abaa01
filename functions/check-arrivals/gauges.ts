import type { Gauge } from '../../shared/telemetry/catalogue.ts';
import type { Lateness } from './report-late-runs.ts';

/** Counts the late runs, by feed and in all, zeros included. A feed whose state is unknown has no gauge, and then there is no total either. */
export const lateGauges = ({ standings, failed }: Lateness, at: Date): Gauge[] => [
  ...standings.map(
    ({ feed, late }): Gauge => ({ metric: 'LateRuns', dimensions: { Feed: feed }, value: late.length, at }),
  ),
  ...(failed.length > 0
    ? []
    : [
        {
          metric: 'LateRuns' as const,
          dimensions: {},
          value: standings.reduce((sum, { late }) => sum + late.length, 0),
          at,
        },
      ]),
];
