/** The plan of a replay. Pure. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Run } from '../../shared/runs/run.ts';
import { BATCH_MEMORY_MS } from '../../shared/runs/state-machine.ts';
import { type Affected, affectedLines } from '../affected-runs.ts';
import type { Observed } from '../observations.ts';
import { truncateList } from '../truncate.ts';

/**
 * The action of a replay on a run.
 *
 * - `submit`: the run is evaluated now; if it is complete, its job is submitted.
 * - `finish`: the run is claimed, and the lease of the claim has expired.
 * - `reopen`: opens and submits the next generation, after AWS Batch refused the job, when it is
 *   unknown whether the job ran, or when the feed was a shadow.
 * - `rerun`: does the same for a job that has ended, with `--force` only.
 * - `leave`: does nothing.
 */
export type Act = 'submit' | 'finish' | 'reopen' | 'rerun' | 'leave';

type Decision = { readonly act: Act; readonly why: string };

export type PlannedRun = Decision & { readonly run: Run };

const decideWaiting = (run: Run, observed: Observed | undefined, isForced: boolean): Decision => {
  if (run.shadowAt !== undefined) {
    const why = 'was not submitted because the feed was a shadow';
    return isForced ? { act: 'reopen', why } : { act: 'leave', why: `${why}: --force submits it` };
  }
  if (run.heldAt !== undefined && run.isReleased !== true) {
    return { act: 'leave', why: `is held: breakaway release ${run.key.feed}` };
  }
  if (observed === undefined || observed instanceof Error) {
    return { act: 'submit', why: `is evaluated anew${observed === undefined ? '' : `; ${observed.message}`}` };
  }
  const { missing } = observed;
  return missing.length === 0
    ? { act: 'submit', why: 'complete, and not submitted' }
    : {
        act: 'leave',
        why: `waits for ${missing.map(({ slot, have, need }) => `${slot} (${have} of ${need})`).join(', ')}`,
      };
};

const decideClaimed = ({ claim }: Run, isForced: boolean, now: Date): Decision => {
  if (claim === undefined || claim.leaseUntil > now) {
    return { act: 'leave', why: 'is being submitted now' };
  }
  if (now.getTime() - claim.claimedAt.getTime() <= BATCH_MEMORY_MS) {
    return { act: 'finish', why: 'was claimed, and the lease has expired: AWS Batch is asked for the job first' };
  }
  const why = 'it is unknown whether the job ran';
  return isForced ? { act: 'reopen', why } : { act: 'leave', why: `${why}: check its output, then use --force` };
};

const decideEnded = ({ state }: Run, isForced: boolean): Decision =>
  isForced
    ? { act: 'rerun', why: `has ${state}` }
    : { act: 'leave', why: `was submitted, and has ${state}: --force runs it again` };

const decide = (feed: Feed, run: Run, observed: Observed | undefined, isForced: boolean, now: Date): Decision => {
  // A claim from before the feed became a shadow is finished, and nothing else is started.
  if (feed.shadow && run.state !== 'claimed') {
    return { act: 'leave', why: 'the feed is a shadow: its jobs are not started' };
  }
  switch (run.state) {
    case 'waiting':
      return decideWaiting(run, observed, isForced);
    case 'claimed':
      return decideClaimed(run, isForced && !feed.shadow, now);
    case 'submitted':
    case 'running':
      return { act: 'leave', why: 'its job is under way: terminate the job first if it must not continue' };
    case 'succeeded':
    case 'failed':
      return decideEnded(run, isForced);
    case 'refused':
      return { act: 'reopen', why: `was refused${run.refusal === undefined ? '' : `: ${run.refusal}`}` };
  }
};

/** Plans what a replay does with each run. `observed` has what S3 holds for those that wait, by their name. */
export const planReplay = (
  feed: Feed,
  runs: readonly Run[],
  observed: ReadonlyMap<string, Observed>,
  isForced: boolean,
  now: Date,
): PlannedRun[] => runs.map((run) => ({ run, ...decide(feed, run, observed.get(runKeyId(run.key)), isForced, now) }));

/** Takes the runs that the replay changes. */
export const runsToReplay = (plan: readonly PlannedRun[]): PlannedRun[] => plan.filter(({ act }) => act !== 'leave');

const SIGNS: Readonly<Record<Act, string>> = {
  submit: '+ submit',
  finish: '+ finish',
  reopen: '+ reopen',
  rerun: '+ rerun',
  leave: '  leave',
};

/** Writes the plan, beginning with the runs that the replay changes. */
export const planText = (plan: readonly PlannedRun[], affected: readonly Affected[]): string => {
  const changed = runsToReplay(plan);
  const left = plan.filter(({ act }) => act === 'leave');
  const linesOf = ({ run, act, why }: PlannedRun): string =>
    `${SIGNS[act].padEnd(10)}${runKeyId(run.key)}\n            ${why}`;
  const effects = affectedLines(affected);
  return [
    ...truncateList([...changed, ...left].map(linesOf)),
    ...effects,
    '',
    `${changed.length} of ${plan.length} runs to be submitted${effects.length === 0 ? '' : '; the effects on other feeds follow once these runs have succeeded'}.`,
  ].join('\n');
};

/** The command that carries out an action. */
export const commandOf = (act: Act): 'evaluate' | 'again' =>
  act === 'reopen' || act === 'rerun' ? 'again' : 'evaluate';
