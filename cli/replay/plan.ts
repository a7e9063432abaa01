/** What a replay does, decided before it does anything. Pure. */
import type { Feed } from '../../shared/feeds/feed.ts';
import { runKeyId } from '../../shared/feeds/run-key.ts';
import type { Run } from '../../shared/runs/run.ts';
import { BATCH_MEMORY_MS, missingOf } from '../../shared/runs/state-machine.ts';
import { type Affected, affectedLines } from '../affected-runs.ts';
import { truncateList } from '../truncate-list.ts';

/**
 * What is to be done with a run.
 *
 * - `submit`: it is complete and was never submitted.
 * - `finish`: it was claimed, and its owner is gone.
 * - `reopen`: its job was refused, nobody knows of it, or a shadow feed left it to others: its next generation is opened and submitted.
 * - `rerun`: its job has ended: the same, since it was asked for by force.
 * - `leave`: nothing, for a reason.
 */
export type Act = 'submit' | 'finish' | 'reopen' | 'rerun' | 'leave';

export type Planned = { readonly run: Run; readonly act: Act; readonly why: string };

const waiting = (feed: Feed, run: Run, isForced: boolean, now: Date): Omit<Planned, 'run'> => {
  if (run.wouldSubmitAt !== undefined) {
    return isForced
      ? { act: 'reopen', why: 'was left to others while the feed was a shadow' }
      : { act: 'leave', why: 'was left to others while the feed was a shadow: --force submits it' };
  }
  const missing = missingOf(feed, run, now);
  return missing.length === 0
    ? { act: 'submit', why: 'complete, and not submitted' }
    : {
        act: 'leave',
        why: `waits for ${missing.map(({ slot, have, need }) => `${slot} (${have} of ${need})`).join(', ')}`,
      };
};

const claimed = ({ claim }: Run, isForced: boolean, now: Date): Omit<Planned, 'run'> => {
  if (claim === undefined || claim.leaseUntil > now) {
    return { act: 'leave', why: 'is being submitted at this moment' };
  }
  if (now.getTime() - claim.claimedAt.getTime() <= BATCH_MEMORY_MS) {
    return { act: 'finish', why: 'was claimed, and its owner is gone: AWS Batch is asked for its job first' };
  }
  return isForced
    ? { act: 'reopen', why: 'nobody knows whether its job ran' }
    : { act: 'leave', why: 'nobody knows whether its job ran: look for its output, then --force' };
};

const ended = (run: Run, isForced: boolean): Omit<Planned, 'run'> =>
  isForced
    ? { act: 'rerun', why: `has ${run.state}` }
    : { act: 'leave', why: `was submitted, and has ${run.state}: --force runs it again` };

const decide = (feed: Feed, run: Run, isForced: boolean, now: Date): Omit<Planned, 'run'> => {
  // What a live feed has claimed is ended all the same; nothing else is begun.
  if (feed.shadow && run.state !== 'claimed') {
    return { act: 'leave', why: 'the feed is a shadow: it submits nothing' };
  }
  switch (run.state) {
    case 'waiting':
      return waiting(feed, run, isForced, now);
    case 'claimed':
      return claimed(run, isForced && !feed.shadow, now);
    case 'submitted':
    case 'running':
      return { act: 'leave', why: 'its job is under way: terminate that first, if it must not go on' };
    case 'succeeded':
    case 'failed':
      return ended(run, isForced);
    case 'refused':
      return { act: 'reopen', why: `was refused${run.refusal === undefined ? '' : `: ${run.refusal}`}` };
  }
};

/** Plans what a replay does with each run. */
export const planReplay = (feed: Feed, runs: readonly Run[], isForced: boolean, now: Date): Planned[] =>
  runs.map((run) => ({ run, ...decide(feed, run, isForced, now) }));

/** Those that something is done with. */
export const actedOn = (plan: readonly Planned[]): Planned[] => plan.filter(({ act }) => act !== 'leave');

const WORDS: Readonly<Record<Act, string>> = {
  submit: '+ submit',
  finish: '+ finish',
  reopen: '+ reopen',
  rerun: '+ rerun',
  leave: '  leave',
};

/** Writes the plan, what is done first. */
export const planText = (plan: readonly Planned[], affected: readonly Affected[]): string => {
  const acted = actedOn(plan);
  const left = plan.filter(({ act }) => act === 'leave');
  const lineOf = ({ run, act, why }: Planned): string[] => [
    `${WORDS[act].padEnd(10)}${runKeyId(run.key)}`,
    `            ${why}`,
  ];
  const then = affectedLines(affected);
  return [
    ...truncateList([...acted, ...left].map((one) => lineOf(one).join('\n'))),
    ...then,
    '',
    `${acted.length} of ${plan.length} runs to be submitted${then.length === 0 ? '' : `; what follows, follows once they have succeeded`}.`,
  ].join('\n');
};
