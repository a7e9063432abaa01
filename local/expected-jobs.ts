/**
 * The expected jobs for a set of files.
 *
 * This code is independent of the code under test: it turns templates into regular expressions and
 * counts files. Only the names of jobs, which are a contract, come from `shared/`.
 */

import type { Configuration } from '../configuration/configuration.ts';
import type { Feed, FileSlot } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import type { RunKey } from '../shared/feeds/run-key.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import type { DateUnit, Template } from '../shared/feeds/template.ts';
import { jobNameOf } from '../shared/runs/job-name.ts';

export type PutFile = { readonly bucket: string; readonly key: string; readonly sizeBytes: number };

export type ExpectedJob = { readonly name: string; readonly queue: string; readonly run: string };

export type ActualJob = { readonly id: string; readonly name: string; readonly queue: string };

const DATE_UNITS: readonly DateUnit[] = ['yyyy', 'MM', 'dd', 'HH', 'mm'];

const PATTERNS = { any: '[^/]*', capture: '([^/]+?)' };

const patternOf = ({ parts }: Template): RegExp => {
  const source = parts.map((part) => {
    switch (part.kind) {
      case 'literal':
        return part.text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      case 'date':
        return `(\\d{${part.unit.length}})`;
      case 'capture':
        return PATTERNS.capture;
      case 'any':
        return PATTERNS.any;
      default:
        return part satisfies never;
    }
  });
  return new RegExp(`^${source.join('')}$`, 'su');
};

/** Pairs the groups of a match with the names in the template. */
const capturesOf = ({ parts }: Template, caught: readonly string[]) => {
  const names = parts.flatMap((part) =>
    part.kind === 'date' ? [part.unit] : part.kind === 'capture' ? [`capture ${part.name}`] : [],
  );
  return new Map(names.map((name, index) => [name, caught[index] ?? '']));
};

const runOf = (feed: Feed, slot: FileSlot, file: PutFile): RunKey | undefined => {
  const match = file.bucket === slot.template.bucket ? patternOf(slot.template).exec(file.key) : null;
  if (match === null) {
    return undefined;
  }
  const captures = capturesOf(slot.template, match.slice(1));
  if (feed.slots.length === 1 && captures.size === 0) {
    return { feed: feed.name, values: { object: `s3://${file.bucket}/${file.key}` } };
  }
  const values = Object.fromEntries(
    [...captures].flatMap(([name, value]) =>
      name.startsWith('capture ') ? [[name.slice('capture '.length), value]] : [],
    ),
  );
  const [year, month, day, hour, minute] = DATE_UNITS.map((unit) => captures.get(unit));
  const date = [[year, month, day].filter((part) => part !== undefined).join('-'), hour]
    .filter((part) => part !== undefined)
    .join('T');
  return {
    feed: feed.name,
    values,
    ...(year === undefined ? {} : { date: minute === undefined ? date : `${date}:${minute}` }),
  };
};

const jobsOf = (feed: Feed, files: readonly PutFile[]): ExpectedJob[] => {
  const runs = new Map<string, { readonly key: RunKey; readonly counts: Map<string, number> }>();
  for (const slot of fileSlotsOf(feed)) {
    for (const file of files) {
      const key = runOf(feed, slot, file);
      if (key !== undefined && file.sizeBytes >= slot.minBytes) {
        const id = runKeyId(key);
        const run = runs.get(id) ?? { key, counts: new Map<string, number>() };
        run.counts.set(slot.name, (run.counts.get(slot.name) ?? 0) + 1);
        runs.set(id, run);
      }
    }
  }
  return [...runs]
    .filter(([, { counts }]) =>
      feed.slots.every(({ name, optional, min }) => optional || (counts.get(name) ?? 0) >= min),
    )
    .map(([id, { key }]) => ({ name: jobNameOf('local', key, 1), queue: feed.job.batch.queue, run: id }));
};

/** Lists the expected jobs for a set of files, each put once. */
export const expectedJobs = ({ feeds }: Configuration, files: readonly PutFile[]): ExpectedJob[] =>
  feeds.flatMap((feed) => jobsOf(feed, files));

/**
 * Compares the actual jobs with the expected jobs.
 *
 * @param refusals - By the id of a run, the reason why AWS Batch refused its job.
 * @returns A line for each job that is missing, duplicate, in the wrong queue, or unexpected.
 */
export const jobProblems = (
  expected: readonly ExpectedJob[],
  actual: readonly ActualJob[],
  refusals: ReadonlyMap<string, string> = new Map(),
): string[] => {
  const wanted = new Map(expected.map((job) => [job.name, job]));
  const found = Map.groupBy(actual, ({ name }) => name);
  const missing = expected
    .filter(({ name }) => !found.has(name))
    .map(({ name, queue, run }) => {
      const refusal = refusals.get(run);
      return `missing: ${name} in ${queue} (${run})${refusal === undefined ? '' : `, refused: ${refusal}`}`;
    });
  const wrong = [...found].flatMap(([name, jobs]) => {
    const job = wanted.get(name);
    if (job === undefined) {
      return jobs.map(({ id, queue }) => `unexpected: ${name} in ${queue} (${id})`);
    }
    const elsewhere = jobs
      .filter(({ queue }) => queue !== job.queue)
      .map(({ id, queue }) => `in the wrong queue: ${name} in ${queue}, not ${job.queue} (${id})`);
    const double =
      jobs.length > 1 ? [`duplicate: ${name} ${jobs.length} times (${jobs.map(({ id }) => id).join(', ')})`] : [];
    return [...elsewhere, ...double];
  });
  return [...missing, ...wrong];
};
