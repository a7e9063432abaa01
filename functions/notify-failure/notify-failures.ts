/** Notifies people about failed jobs: once about each, and about many in few notifications. */
import type { NewAlert, Revision } from '../../shared/alerts/alert.ts';
import type { SentNotification } from '../../shared/alerts/alerts.ts';
import type { AlertKind } from '../../shared/alerts/kinds.ts';
import { failureSubject } from '../../shared/jobs/failure-subject.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { NotYetError } from '../../shared/lambda/queue-records.ts';
import { processItems } from '../../shared/process-items.ts';
import {
  type BurstFailure,
  burst,
  burstSubject,
  MAX_SAMPLES,
  PLACES,
  windowAt,
  windowBefore,
  windowEnd,
} from './burst-notice.ts';
import { lateCascade, lateCascadeSubject } from './cascade-notice.ts';
import { jobLink } from './console-links.ts';
import type { createCountCascades } from './count-cascades.ts';
import type { createDescribeArrayFailure } from './describe-array-failure.ts';
import type { FailureDescriptions } from './describe-failure.ts';
import { dependenciesOf, type Failure, sortFailures } from './failure-groups.ts';
import type { FailureNotes } from './failure-notes.ts';
import { arrayFailed, firstChildFailed, firstChildSubject, jobFailed, type NoticeSettings } from './failure-notice.ts';
import { explainJob } from './failure-reason.ts';
import type { Outcome, Results } from './outcome.ts';

export type Ports = {
  readonly alerts: {
    open(alert: NewAlert, signal: AbortSignal): Promise<boolean>;
    revise(kind: AlertKind, subject: string, revision: Revision, signal: AbortSignal): Promise<boolean>;
    notify(kind: AlertKind, subject: string, signal: AbortSignal): Promise<readonly SentNotification[]>;
    /** Checks that an alert exists, open or closed. */
    isKnown(kind: AlertKind, subject: string, signal: AbortSignal): Promise<boolean>;
  };
  readonly descriptions: FailureDescriptions;
  readonly describeArrayFailure: ReturnType<typeof createDescribeArrayFailure>;
  readonly countCascades: ReturnType<typeof createCountCascades>;
  readonly notes: FailureNotes;
  readonly now: () => Date;
  readonly onNotified: (sent: SentNotification) => void;
};

export type Settings = NoticeSettings;

const KIND = 'job-failed';

/** Longer than until the notification about the job that a cascade began with. */
const CASCADE_PATIENCE_MS = 180_000;

/** Each notification reads a log, and CloudWatch Logs allows ten reads a second in some Regions. */
const CONCURRENCY = 4;

/** Batch may leave the end of a job out; such a job counts as ended long ago. */
const stoppedMs = ({ stoppedAt }: Job): number => stoppedAt?.getTime() ?? 0;

type Place = { readonly quietUntil: Date | undefined };

/** A failure that needs a place for a notification of its own. */
type Claim = { readonly id: string; readonly job: Job };

/** The notes about the failures of a queue, of this window and the window before. */
type Noted = {
  readonly isCounted: (id: string) => boolean;
  /** Whether it has a place, even if its invocation died before the notification. */
  readonly wasPlaced: (id: string) => boolean;
};

/** The decisions about the failures of a queue. */
type Placed<Origin> = {
  readonly placed: readonly (Failure<Origin> & { readonly place: Place })[];
  /** Failures without a place, which are counted. */
  readonly others: readonly Failure<Origin>[];
  readonly known: readonly Job[];
};

/** Makes the function that notifies people about a batch of failures. */
export const createNotifyFailures = (ports: Ports, settings: Settings) => {
  const { alerts, descriptions, describeArrayFailure, countCascades, notes, now, onNotified } = ports;

  const publish = async (alert: NewAlert, signal: AbortSignal): Promise<void> => {
    await alerts.open(alert, signal);
    (await alerts.notify(alert.kind, alert.subject, signal)).forEach(onNotified);
  };

  const notified = (job: Job, feed: string | undefined, reason: string): Outcome => ({
    kind: 'notified',
    jobId: job.id,
    jobName: job.name,
    queue: job.queue,
    feed,
    reason,
  });

  const folded = (into: 'array' | 'cascade' | 'burst', key: string, count: number): Outcome => ({
    kind: 'folded',
    into,
    key,
    count,
  });

  /** @returns `undefined` when the window has no place left */
  const takePlace = async (window: Date, { id, job }: Claim, signal: AbortSignal): Promise<Place | undefined> => {
    const taken = await notes.takePlace(job.queue, window, id, PLACES, signal);
    return taken === undefined ? undefined : { quietUntil: taken >= PLACES ? windowEnd(window) : undefined };
  };

  const addToBurst = async (
    queue: string,
    window: Date,
    claims: readonly Claim[],
    signal: AbortSignal,
  ): Promise<Outcome[]> => {
    const failures = claims.map(
      ({ id, job }): BurstFailure => ({ id, title: `${job.name}: ${explainJob(job).brief}`, link: jobLink(job) }),
    );
    const count = await notes.addToBurst(queue, window, failures, MAX_SAMPLES, signal);
    const alert = burst(queue, window, count, settings);
    if (!(await alerts.open(alert, signal))) {
      await alerts.revise(KIND, alert.subject, alert, signal);
    }
    return [folded('burst', burstSubject(queue, window), claims.length)];
  };

  const notifyOfJob = async (job: Job, { quietUntil }: Place, signal: AbortSignal): Promise<Outcome> => {
    const [described, cascade] = await Promise.all([
      descriptions.describeFailure(job, signal),
      countCascades(job.id, signal),
    ]);
    // The subject comes from the event alone, so that a repeat finds the same alert.
    const alert = jobFailed({ ...described, cascade, quietUntil }, settings);
    await publish({ ...alert, subject: failureSubject(job) }, signal);
    return notified(job, described.own?.run.feed, described.reason.kind);
  };

  /** Finds a job that this job depends on and whose notification counts it. */
  const notifiedDependency = async (job: Job, signal: AbortSignal): Promise<string | undefined> => {
    for (const dependency of dependenciesOf(job)) {
      if ((await notes.readCascaded(dependency, signal)).notified.has(job.id)) {
        return dependency;
      }
    }
    return undefined;
  };

  const notifyOfArray = async (job: Job, { quietUntil }: Place, signal: AbortSignal): Promise<Outcome> => {
    const described = await describeArrayFailure(job, signal);
    const dependency = described.isCascade ? await notifiedDependency(job, signal) : undefined;
    if (dependency !== undefined) {
      return folded('cascade', dependency, 1);
    }
    const cascade = await countCascades(job.id, signal);
    await publish(arrayFailed({ ...described, cascade, quietUntil }, settings), signal);
    return notified(job, described.own?.run.feed, 'children');
  };

  const notifyOfOne = (job: Job, place: Place, signal: AbortSignal): Promise<Outcome> =>
    job.shape === 'array' ? notifyOfArray(job, place, signal) : notifyOfJob(job, place, signal);

  /**
   * Decides about each failure of a queue: a notification of its own, counted only, or already
   * known.
   */
  const placeAll = async <Origin>(
    failures: readonly Failure<Origin>[],
    window: Date,
    noted: Noted,
    signal: AbortSignal,
  ): Promise<Placed<Origin>> => {
    const placed = new Map<string, Failure<Origin> & { readonly place: Place }>();
    const others: Failure<Origin>[] = [];
    const known: Job[] = [];
    /**
     * @returns `undefined` when the window has no place left: then only failures that had a place
     * before keep it
     */
    const find = async (job: Job): Promise<Place | 'known' | undefined> => {
      if (noted.isCounted(job.id) || placed.has(job.id)) {
        return 'known';
      }
      if (others.length > 0 && !noted.wasPlaced(job.id)) {
        return undefined;
      }
      const isTold = await alerts.isKnown(KIND, failureSubject(job), signal);
      return isTold ? 'known' : takePlace(window, { id: job.id, job }, signal);
    };
    for (const failure of failures) {
      const place = await find(failure.job);
      if (place === undefined) {
        others.push(failure);
      } else if (place === 'known') {
        known.push(failure.job);
      } else {
        placed.set(failure.job.id, { ...failure, place });
      }
    }
    return { placed: [...placed.values()], others, known };
  };

  /**
   * Notifies people about the failures of one queue: each with a place has a notification of its
   * own.
   */
  const notifyOfQueue = async <Origin>(
    queue: string,
    failures: readonly Failure<Origin>[],
    signal: AbortSignal,
  ): Promise<Results<Origin>> => {
    const window = windowAt(now());
    const ids = failures.map(({ job }) => job.id);
    const [before, during] = await Promise.all([
      notes.notedAmong(queue, windowBefore(window), ids, signal),
      notes.notedAmong(queue, window, ids, signal),
    ]);
    const noted: Noted = {
      isCounted: (id) => before.counted.has(id),
      wasPlaced: (id) => before.placed.has(id) || during.placed.has(id),
    };
    const { placed, others, known } = await placeAll(failures, window, noted, signal);
    const { done, failed } = await processItems(placed, ({ job, place }) => notifyOfOne(job, place, signal), {
      concurrency: CONCURRENCY,
    });
    const claims = others.map(({ job }) => ({ id: job.id, job }));
    return {
      outcomes: [
        ...known.map((job): Outcome => ({ kind: 'known', jobId: job.id })),
        ...done,
        ...(claims.length === 0 ? [] : await addToBurst(queue, window, claims, signal)),
      ],
      failed: failed.map(({ item, error }) => ({ item: item.origin, error })),
    };
  };

  /**
   * Notifies people once about jobs that failed because of a job and that no notification counts.
   */
  const notifyOfLateCascade = async (
    dependency: string,
    jobs: readonly Job[],
    signal: AbortSignal,
  ): Promise<Outcome[]> => {
    const [first] = jobs;
    if (first === undefined) {
      return [];
    }
    if (await alerts.isKnown(KIND, lateCascadeSubject(dependency), signal)) {
      return [folded('cascade', dependency, jobs.length)];
    }
    const window = windowAt(now());
    const claim = { id: lateCascadeSubject(dependency), job: first };
    const { counted } = await notes.notedAmong(first.queue, windowBefore(window), [claim.id], signal);
    if (counted.has(claim.id)) {
      return [folded('cascade', dependency, jobs.length)];
    }
    const place = await takePlace(window, claim, signal);
    if (place === undefined) {
      return addToBurst(first.queue, window, [claim], signal);
    }
    const known = await notes.readCascaded(dependency, signal);
    const others = [...new Set([...known.jobs, ...jobs.map(({ id }) => id)])].filter(
      (id) => id !== first.id && !known.notified.has(id),
    );
    await publish(lateCascade(dependency, first, others.length), signal);
    return [
      notified(first, undefined, 'dependency'),
      ...(jobs.length === 1 ? [] : [folded('cascade', dependency, jobs.length - 1)]),
    ];
  };

  /**
   * Notifies people about the first failed child of an array job; the notification at its end
   * covers all.
   */
  const notifyOfChildren = async (
    arrayId: string,
    children: readonly Job[],
    signal: AbortSignal,
  ): Promise<Outcome[]> => {
    const [first] = children.toSorted((one, other) => stoppedMs(one) - stoppedMs(other));
    if (
      first === undefined ||
      (await alerts.isKnown(KIND, firstChildSubject(arrayId), signal)) ||
      // After the notification about the whole array job, its first child needs none. An array job
      // has no attempts.
      (await alerts.isKnown(KIND, failureSubject({ id: arrayId, attempts: [], status: 'FAILED' }), signal))
    ) {
      return [folded('array', arrayId, children.length)];
    }
    const window = windowAt(now());
    const claim = { id: firstChildSubject(arrayId), job: first };
    const { counted } = await notes.notedAmong(first.queue, windowBefore(window), [claim.id], signal);
    const place = counted.has(claim.id) ? undefined : await takePlace(window, claim, signal);
    if (place === undefined) {
      return counted.has(claim.id)
        ? [folded('array', arrayId, children.length)]
        : addToBurst(first.queue, window, [claim], signal);
    }
    const described = await descriptions.describeFailure(first, signal);
    const alert = firstChildFailed(
      { ...described, cascade: { count: 0, isAll: true }, quietUntil: place.quietUntil },
      arrayId,
      settings,
    );
    await publish(alert, signal);
    const rest = children.length - 1;
    return [
      notified(first, described.own?.run.feed, described.reason.kind),
      ...(rest === 0 ? [] : [folded('array', arrayId, rest)]),
    ];
  };

  /**
   * Notifies people about jobs that failed because of a job, unless its notification counts them.
   */
  const notifyOfCascaded = async <Origin>(
    dependency: string,
    failures: readonly Failure<Origin>[],
    signal: AbortSignal,
  ): Promise<Results<Origin>> => {
    const uncovered: Failure<Origin>[] = [];
    for (const failure of failures) {
      if ((await notifiedDependency(failure.job, signal)) === undefined) {
        uncovered.push(failure);
      }
    }
    const isEarly = ({ job }: Failure<Origin>) => now().getTime() - stoppedMs(job) < CASCADE_PATIENCE_MS;
    const [early, late] = [uncovered.filter(isEarly), uncovered.filter((failure) => !isEarly(failure))];
    const known = failures.length - uncovered.length;
    return {
      outcomes: [
        ...(known === 0 ? [] : [folded('cascade', dependency, known)]),
        ...(await notifyOfLateCascade(
          dependency,
          late.map(({ job }) => job),
          signal,
        )),
      ],
      failed: early.map(({ job, origin }) => ({
        item: origin,
        error: new NotYetError(`Job ${job.id} failed because of ${dependency}, whose notification is not sent yet`),
      })),
    };
  };

  /** Does independent work. When a part of it fails, all its failures fail. */
  const together = async <Item extends { readonly failures: readonly Failure<Origin>[] }, Origin>(
    items: readonly Item[],
    work: (item: Item) => Promise<Results<Origin>>,
  ): Promise<Results<Origin>> => {
    const { done, failed } = await processItems(items, work, { concurrency: CONCURRENCY });
    return {
      outcomes: done.flatMap(({ outcomes }) => outcomes),
      failed: [
        ...done.flatMap((results) => results.failed),
        ...failed.flatMap(({ item, error }) => item.failures.map(({ origin }) => ({ item: origin, error }))),
      ],
    };
  };

  return async <Origin>(failures: readonly Failure<Origin>[], signal: AbortSignal): Promise<Results<Origin>> => {
    const work = sortFailures(failures);
    const none: Results<Origin>['failed'] = [];
    // In this order, since the notification about a whole job covers its parts.
    const queues = await together(work.queues, ({ queue, failures: ofQueue }) => notifyOfQueue(queue, ofQueue, signal));
    const arrays = await together(work.arrays, async ({ arrayId, failures: children }) => ({
      outcomes: await notifyOfChildren(
        arrayId,
        children.map(({ job }) => job),
        signal,
      ),
      failed: none,
    }));
    const cascades = await together(work.cascades, ({ dependency, failures: cascaded }) =>
      notifyOfCascaded(dependency, cascaded, signal),
    );
    const parts = work.parts.length === 0 ? [] : [folded('array', 'parts', work.parts.length)];
    return {
      outcomes: [...queues.outcomes, ...arrays.outcomes, ...cascades.outcomes, ...parts],
      failed: [...queues.failed, ...arrays.failed, ...cascades.failed],
    };
  };
};
