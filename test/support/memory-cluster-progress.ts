/** The ledger's state of clusters, in memory. */
import type { ClusterProgress, Roster } from '../../shared/clusters/progress.ts';

export type MemoryClusterProgress = ClusterProgress & {
  readonly watermarks: Map<string, Date>;
  roster: Roster | undefined;
};

export const createMemoryClusterProgress = (): MemoryClusterProgress => {
  const progress: MemoryClusterProgress = {
    watermarks: new Map(),
    roster: undefined,
    readWatermarks: async (names) => new Map([...progress.watermarks].filter(([name]) => names.includes(name))),
    advance: async (name, to) => {
      const before = progress.watermarks.get(name);
      if (before === undefined || before < to) {
        progress.watermarks.set(name, to);
      }
    },
    readRoster: async () => progress.roster,
    saveRoster: async (roster) => {
      progress.roster = roster;
    },
  };
  return progress;
};
