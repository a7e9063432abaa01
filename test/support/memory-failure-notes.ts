/** Notes of failures in memory, with the same conditions as the table; `failure-notes-contract.ts` holds both to one contract. */

import type { BurstFailure } from '../../functions/notify-failure/burst-notice.ts';
import type { FailureNotes } from '../../functions/notify-failure/failure-notes.ts';

type Window = { readonly placed: Set<string>; readonly counted: Set<string>; samples: BurstFailure[] };

export const createMemoryFailureNotes = (): FailureNotes => {
  const windows = new Map<string, Window>();
  const cascades = new Map<string, { readonly jobs: Set<string>; notified: Set<string> }>();

  const windowOf = (queue: string, at: Date): Window => {
    const key = `${queue} ${at.toISOString()}`;
    const window = windows.get(key) ?? { placed: new Set(), counted: new Set(), samples: [] };
    windows.set(key, window);
    return window;
  };

  return {
    takePlace: async (queue, at, id, places) => {
      const { placed } = windowOf(queue, at);
      if (!placed.has(id) && placed.size >= places) {
        return undefined;
      }
      placed.add(id);
      return placed.size;
    },
    addToBurst: async (queue, at, failures, most) => {
      const window = windowOf(queue, at);
      for (const { id } of failures) {
        window.counted.add(id);
      }
      const known = new Set([...window.samples.map(({ id }) => id), ...window.placed]);
      window.samples = [...window.samples, ...failures.filter(({ id }) => !known.has(id))].slice(0, most);
      const count = [...window.counted].filter((id) => !window.placed.has(id)).length;
      return { count, isAll: true, samples: window.samples };
    },
    notedAmong: async (queue, at, ids) => {
      const { placed, counted } = windowOf(queue, at);
      return {
        counted: new Set(ids.filter((id) => counted.has(id) && !placed.has(id))),
        placed: new Set(ids.filter((id) => placed.has(id))),
      };
    },
    addCascaded: async (dependency, jobs) => {
      const known = cascades.get(dependency) ?? { jobs: new Set(), notified: new Set() };
      cascades.set(dependency, known);
      for (const job of jobs) {
        known.jobs.add(job);
      }
    },
    takeCascaded: async (dependency) => {
      const known = cascades.get(dependency);
      if (known === undefined) {
        return new Set();
      }
      known.notified = new Set(known.jobs);
      return new Set(known.jobs);
    },
    readCascaded: async (dependency) => {
      const { jobs, notified } = cascades.get(dependency) ?? { jobs: new Set(), notified: new Set() };
      return { jobs: new Set(jobs), notified: new Set(notified) };
    },
  };
};
