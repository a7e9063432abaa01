/** Decides which alerts report jobs that can never run, and when these alerts are closed. */
import { type Alert, alertId, type Closing, type NewAlert } from '../../shared/alerts/alert.ts';
import type { Placement } from '../../shared/placement/placement.ts';
import { resourcesText } from '../../shared/placement/requirement.ts';
import type { JobPlacement } from './job-placement.ts';

const KIND = 'job-unplaceable';

/** Names the subject of an alert: queue, definition, and requested resources. */
export const subjectOf = ({ queue, definition, resources }: JobPlacement): string =>
  [queue, definition, resources === undefined ? '' : resourcesText(resources)].join(' ').trim();

/** Merges the placements of jobs that request the same of one queue. */
export const grouped = (placements: readonly JobPlacement[]): JobPlacement[] => {
  const groups = new Map<string, JobPlacement>();
  for (const one of placements) {
    const subject = subjectOf(one);
    const { jobs = 0, feeds = [] } = groups.get(subject) ?? {};
    groups.set(subject, { ...one, jobs: jobs + one.jobs, feeds: [...new Set([...feeds, ...one.feeds])].sort() });
  }
  return [...groups.values()];
};

/** Selects the jobs that can never run. */
export const unplaceable = (placements: readonly JobPlacement[]): JobPlacement[] =>
  placements.filter(({ placement }) => placement.kind === 'never');

/** Counts the waiting jobs that can never run. */
export const unplaceableJobs = (placements: readonly JobPlacement[]): number =>
  unplaceable(placements).reduce((sum, { jobs }) => sum + jobs, 0);

const arithmetic = ({ reason, fix }: Placement): string => (fix === undefined ? reason : `${reason}; ${fix}`);

const waitingText = ({ jobs, feeds }: JobPlacement): string[] => [
  ...(feeds.length === 0 ? [] : [`Submitted by: ${feeds.join(', ')}`]),
  jobs === 0 ? 'No such job is waiting yet.' : `Waiting: ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`,
];

/** Writes the alert for jobs that can never run. */
export const alertOf = (group: JobPlacement, remindEveryMs: number): NewAlert => {
  const { queue, definition, resources, placement, feeds } = group;
  const [feed, ...others] = feeds;
  return {
    kind: KIND,
    subject: subjectOf(group),
    queue,
    ...(feed === undefined || others.length > 0 ? {} : { feed }),
    title: `${definition} can never run in ${queue}: ${arithmetic(placement)}`,
    body: [
      placement.byEnvironment.length === 0
        ? 'AWS Batch refuses such a job.'
        : 'No compute environment of the queue can run such a job. AWS Batch refuses it, or keeps it in RUNNABLE for ever, where it blocks the queue once it is the first to run.',
      '',
      `Job definition: ${definition}`,
      ...(resources === undefined ? [] : [`Requests: ${resourcesText(resources)}`]),
      ...waitingText(group),
      ...(placement.byEnvironment.length === 0 ? [] : ['', 'Compute environments:']),
      ...placement.byEnvironment.map(({ environment, reason }) => `- ${environment}: ${reason}`),
      '',
      placement.fix === undefined
        ? 'Correct the name or the state above, or submit to another queue.'
        : `To fix it, ${placement.fix}, or add a compute environment that is large enough.`,
    ].join('\n'),
    remindEveryMs,
  };
};

const closingOf = ({ queue, subject }: Alert, now: JobPlacement | undefined): Closing =>
  now === undefined
    ? {
        title: `No job requests too much of ${queue} any more`,
        body: `No feed and no waiting job requests it any more: ${subject}`,
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
 * @param placements - all placements that were checked now
 * @param open - the open alerts of this kind
 * @param isFullyChecked - whether every job that may concern a queue was checked; otherwise the
 * alerts of the queue stay open
 */
export const planAlerts = (
  placements: readonly JobPlacement[],
  open: readonly Alert[],
  isFullyChecked: (queue: string) => boolean,
  remindEveryMs: number,
): AlertPlan => {
  const groups = grouped(placements);
  const bySubject = new Map(groups.map((group) => [alertId(KIND, subjectOf(group)), group]));
  const closable = open.flatMap((alert) => {
    const now = bySubject.get(alertId(KIND, alert.subject));
    // An unknown placement closes nothing.
    const isOver = now === undefined || now.placement.kind === 'fits' || now.placement.kind === 'tight';
    return isOver && alert.queue !== undefined && isFullyChecked(alert.queue)
      ? [{ subject: alert.subject, closing: closingOf(alert, now) }]
      : [];
  });
  return { open: unplaceable(groups).map((group) => alertOf(group, remindEveryMs)), close: closable };
};
