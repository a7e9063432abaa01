/** The events of `events/`, and jobs that differ from one another. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Job } from '../../../shared/jobs/job.ts';
import { type JobEvent, readJobEvent } from '../../../shared/jobs/job-event.ts';

const FOLDER = resolve(import.meta.dirname, '../../../events');

const PREFIX = 'notify-failure-';

/** The names of the plain events: `container`, `array-child`. */
export const EVENTS = readdirSync(FOLDER)
  .filter((file) => file.startsWith(PREFIX) && !file.endsWith('-sqs.json'))
  .map((file) => file.slice(PREFIX.length, -'.json'.length));

/** An event as EventBridge hands it over. */
export const rawEvent = (name: string): unknown =>
  JSON.parse(readFileSync(resolve(FOLDER, `${PREFIX}${name}.json`), 'utf8'));

export const readEvent = (name: string): JobEvent => readJobEvent(rawEvent(name));

export const jobOf = (name: string, differences: Partial<Job> = {}): Job => ({
  ...readEvent(name).job,
  ...differences,
});
