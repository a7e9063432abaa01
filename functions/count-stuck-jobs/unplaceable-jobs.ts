/** Jobs that can never run: what people are told of them, and when it is over. */
import { type Alert, alertId, type Closing, type NewAlert } from '../../shared/alerts/alert.ts';
import type { Placement } from '../../shared/placement/placement.ts';
import { type Resources, resourcesText } from '../../shared/placement/requirement.ts';

/** The answer for jobs that ask the same of one queue. */
export type Judged = {
  readonly queue: string;
  /** `import-sales:7`. */
  readonly definition: string;
  /** What is asked for, overrides and all; left out where that is not what decides. */
  readonly resources?: Resources;
  readonly placement: Placement;
  /** How many jobs wait in RUNNABLE. */
  readonly jobs: number;
  /** The feeds that submit such jobs. */
  readonly feeds: readonly string[];
};

const KIND = 'job-unplaceable';

/** Names what an alert is about: queue, definition, and what is asked for. */
export const subjectOf = ({ queue, definition, resources }: Judged): string =>
  [queue, definition, resources === undefined ? '' : resourcesText(resources)].join(' ').trim();

/** Puts together what asks the same of one queue. */
export const grouped = (judged: readonly Judged[]): Judged[] => {
  const groups = new Map<string, Judged>();
  for (const one of judged) {
    const subject = subjectOf(one);
    const { jobs = 0, feeds = [] } = groups.get(subject) ?? {};
    groups.set(subject, { ...one, jobs: jobs + one.jobs, feeds: [...new Set([...feeds, ...one.feeds])].sort() });
  }
  return [...groups.values()];
};

/** Keeps those that can never run. */
export const unplaceable = (judged: readonly Judged[]): Judged[] =>
  judged.filter(({ placement }) => placement.kind === 'never');

/** Counts the jobs that wait and can never run. */
export const unplaceableJobs = (judged: readonly Judged[]): number =>
  unplaceable(judged).reduce((sum, { jobs }) => sum + jobs, 0);

const arithmetic = ({ reason, fix }: Placement): string => (fix === undefined ? reason : `${reason}; ${fix}`);

const waitingText = ({ jobs, feeds }: Judged): string[] => [
  ...(feeds.length === 0 ? [] : [`Submitted by: ${feeds.join(', ')}`]),
  jobs === 0 ? 'No such job is waiting yet.' : `Waiting: ${jobs} ${jobs === 1 ? 'job' : 'jobs'}, for ever.`,
];

/** Tells of jobs that can never run. */
export const alertOf = (group: Judged, remindEveryMs: number): NewAlert => {
  const { queue, definition, resources, placement, feeds } = group;
  const [feed, ...others] = feeds;
  return {
    kind: KIND,
    subject: subjectOf(group),
    queue,
    ...(feed === undefined || others.length > 0 ? {} : { feed }),
    title: `${definition} can never run in ${queue}: ${arithmetic(placement)}`,
    body: [
      placement.verdicts.length === 0
        ? 'Such a job cannot be submitted as things are.'
        : 'No compute environment of the queue can run such a job. AWS Batch refuses it, or leaves it in RUNNABLE for ever, where it blocks the queue once it is at the head.',
      '',
      `Job definition: ${definition}`,
      ...(resources === undefined ? [] : [`Asks for: ${resourcesText(resources)}`]),
      ...waitingText(group),
      ...(placement.verdicts.length === 0 ? [] : ['', 'Compute environments:']),
      ...placement.verdicts.map(({ environment, reason }) => `- ${environment}: ${reason}`),
      '',
      placement.fix === undefined
        ? 'Mend what is named above, or submit elsewhere.'
        : `To mend it, ${placement.fix}, or give the queue machines that are large enough.`,
    ].join('\n'),
    remindEveryMs,
  };
};

const closingOf = ({ queue, subject }: Alert, now: Judged | undefined): Closing =>
  now === undefined
    ? {
        title: `Over: no job asks ${queue} for what it does not have`,
        body: `No feed and no waiting job asks for it any more: ${subject}`,
      }
    : {
        title: `${now.definition} can run in ${now.queue} now`,
        body: now.placement.reason,
      };

export type AlertPlan = {
  readonly open: readonly NewAlert[];
  readonly close: readonly { readonly subject: string; readonly closing: Closing }[];
};

/**
 * Plans which alerts to open and which to close.
 *
 * @param judged - everything that was judged now
 * @param open - the alerts of this kind that are open
 * @param wasLookedAt - whether all that could have spoken of a queue was judged; otherwise its alerts stay as they are
 */
export const planAlerts = (
  judged: readonly Judged[],
  open: readonly Alert[],
  wasLookedAt: (queue: string) => boolean,
  remindEveryMs: number,
): AlertPlan => {
  const groups = grouped(judged);
  const bySubject = new Map(groups.map((group) => [alertId(KIND, subjectOf(group)), group]));
  const closable = open.flatMap((alert) => {
    const now = bySubject.get(alertId(KIND, alert.subject));
    // What cannot be judged for the moment is not over.
    const isOver = now === undefined || now.placement.kind === 'fits' || now.placement.kind === 'tight';
    return isOver && alert.queue !== undefined && wasLookedAt(alert.queue)
      ? [{ subject: alert.subject, closing: closingOf(alert, now) }]
      : [];
  });
  return { open: unplaceable(groups).map((group) => alertOf(group, remindEveryMs)), close: closable };
};
