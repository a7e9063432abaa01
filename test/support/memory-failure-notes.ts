/** Notes of failures in memory, with the same conditions as the table; `failure-notes-contract.ts` holds both to one contract. */

import type { BurstFailure } from '../../functions/notify-failure/burst-notice.ts';
import type { FailureNotes } from '../../functions/notify-failure/failure-notes.ts';

type Window = { readonly told: Set<string>; readonly more: Set<string>; samples: BurstFailure[] };

export const createMemoryFailureNotes = (): FailureNotes => {
  const windows = new Map<string, Window>();
  const fallen = new Map<string, { readonly jobs: Set<string>; told: Set<string> }>();

  const windowOf = (queue: string, at: Date): Window => {
    const key = `${queue} ${at.toISOString()}`;
    const window = windows.get(key) ?? { told: new Set(), more: new Set(), samples: [] };
    windows.set(key, window);
    return window;
  };

  return {
    takePlace: async (queue, at, id, places) => {
      const { told } = windowOf(queue, at);
      if (!told.has(id) && told.size >= places) {
        return undefined;
      }
      told.add(id);
      return told.size;
    },
    addToBurst: async (queue, at, failures, most) => {
      const window = windowOf(queue, at);
      for (const { id } of failures) {
        window.more.add(id);
      }
      const known = new Set([...window.samples.map(({ id }) => id), ...window.told]);
      window.samples = [...window.samples, ...failures.filter(({ id }) => !known.has(id))].slice(0, most);
      const count = [...window.more].filter((id) => !window.told.has(id)).length;
      return { count, isAll: true, samples: window.samples };
    },
    notedAmong: async (queue, at, ids) => {
      const { told, more } = windowOf(queue, at);
      return {
        counted: new Set(ids.filter((id) => more.has(id) && !told.has(id))),
        placed: new Set(ids.filter((id) => told.has(id))),
      };
    },
    addCascaded: async (dependency, jobs) => {
      const known = fallen.get(dependency) ?? { jobs: new Set(), told: new Set() };
      fallen.set(dependency, known);
      for (const job of jobs) {
        known.jobs.add(job);
      }
    },
    takeCascaded: async (dependency) => {
      const known = fallen.get(dependency);
      if (known === undefined) {
        return new Set();
      }
      known.told = new Set(known.jobs);
      return new Set(known.jobs);
    },
    readCascaded: async (dependency) => {
      const { jobs, told } = fallen.get(dependency) ?? { jobs: new Set(), told: new Set() };
      return { jobs: new Set(jobs), told: new Set(told) };
    },
  };
};
