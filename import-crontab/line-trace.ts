/** A cron line with all that was found by following it. */
import type { CronJob } from './crontab.ts';
import type { Step } from './shell-steps.ts';
import type { TraceEvent } from './trace-events.ts';

export type LineTrace = {
  readonly line: number;
  readonly job: CronJob;
  readonly events: readonly TraceEvent[];
  readonly steps: readonly Step[];
  /** The steps of texts that are handed to a shell, by the command that hands them. */
  readonly texts: ReadonlyMap<Step, readonly Step[]>;
  readonly isSeldom: boolean;
  /** Paths that some line of the crontab looks at. */
  readonly marks: ReadonlySet<string>;
};
