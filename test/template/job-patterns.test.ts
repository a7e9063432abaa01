import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jobNameOf } from '../../shared/runs/job-name.ts';
import { CASCADES, FAILURES, ownJobs } from '../../template/job-patterns.ts';

type Pattern = Readonly<Record<string, unknown>>;

const matchesValue = (pattern: unknown, value: unknown): boolean =>
  typeof pattern === 'object' && pattern !== null && 'prefix' in pattern
    ? String(value).startsWith(String(pattern.prefix))
    : pattern === value;

/** Matches an event as EventBridge does, as far as these patterns go. */
const matches = (pattern: Pattern, event: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(pattern).every(([name, wanted]) =>
    Array.isArray(wanted)
      ? wanted.some((one) => matchesValue(one, event[name]))
      : matches(wanted as Pattern, event[name] as Pattern),
  );

const read = (file: string) => JSON.parse(readFileSync(`events/${file}.json`, 'utf8'));

describe('ownJobs', () => {
  it('matches every job of the stage, in every status, and no job of another stage', () => {
    const run = { feed: 'northwind-sales', date: '2026-11-22', values: {} };
    const event = (stage: string) => ({ ...read('track-jobs-running'), detail: { jobName: jobNameOf(stage, run, 1) } });

    expect(matches(ownJobs('local'), read('track-jobs-running'))).toBe(true);
    for (const stage of ['prod', 'a b', 'x'.repeat(120)]) {
      expect(matches(ownJobs(stage), event(stage))).toBe(true);
    }
    expect(matches(ownJobs('local'), event('prod'))).toBe(false);
  });
});

describe('FAILURES and CASCADES', () => {
  it.each([
    ['notify-failure-container', true, false],
    ['notify-failure-never-started', true, false],
    ['notify-failure-service-job', true, false],
    ['notify-failure-dependency', true, true],
    ['notify-failure-queue-blocked', true, false],
    ['track-jobs-running', false, false],
  ])('match events/%s.json: %j, %j', (file, isFailure, isCascade) => {
    expect(FAILURES.some((pattern) => matches(pattern, read(file)))).toBe(isFailure);
    expect(matches(CASCADES, read(file))).toBe(isCascade);
  });
});
