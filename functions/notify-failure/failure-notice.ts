/**
 * Makes the notifications about failed jobs. Pure: `shared/alerts` sends them. They contain nothing
 * from the environment or the command of a job.
 */
import type { NewAlert } from '../../shared/alerts/alert.ts';
import { durationText, instantText } from '../../shared/alerts/message.ts';
import { plainLine } from '../../shared/alerts/plain-text.ts';
import { type RunKey, runKeyId } from '../../shared/feeds/run-key.ts';
import { failedContainer } from '../../shared/jobs/failed-container.ts';
import { failureSubject } from '../../shared/jobs/failure-subject.ts';
import { type Attempt, attemptsBegun, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { type Redaction, redactedLine } from '../../shared/jobs/redaction.ts';
import { jobLink, logLink } from './console-links.ts';
import type { FailureReason } from './failure-reason.ts';
import type { LogSource, LogTail } from './log-tail.ts';
import { blocks, counted, labelled, wrapped } from './notice-text.ts';

/** The run of a job, if the job is ours. */
export type OwnRun = { readonly run: RunKey; readonly generation: number };

/** The jobs that never started because a job failed. */
export type Cascade = { readonly count: number; readonly isAll: boolean };

export type NoticeSettings = {
  /** The IANA time zone of the times in texts. */
  readonly timeZone: string;
  /**
   * Lists the names of the runs that wait for the success of a run.
   *
   * @defaultValue none
   */
  readonly waitingDependents?: (run: RunKey) => readonly string[];
};

/** The facts about a failed job, or about the first failed child of an array job. */
export type FailedJob = {
  readonly job: Job;
  readonly own: OwnRun | undefined;
  readonly reason: FailureReason;
  readonly source: LogSource;
  readonly tail: LogTail;
  readonly redact: Redaction;
  readonly cascade: Cascade;
  /**
   * Set for the last notification of a window: until this time, further failures of the queue are
   * counted only.
   */
  readonly quietUntil?: Date | undefined;
};

/** A cause of failure, with the number of its children. */
export type Cause = { readonly brief: string; readonly children: number };

/** A child that the notification lists. */
export type SampleChild = {
  readonly index: number;
  readonly brief: string;
  readonly job: Pick<Job, 'id' | 'location'>;
};

export type FailedArray = {
  readonly job: Job;
  readonly own: OwnRun | undefined;
  readonly failed: number;
  /** The most frequent first. */
  readonly causes: readonly Cause[];
  /** The number of failed children whose cause was read. */
  readonly childrenRead: number;
  /** The first to fail comes first. */
  readonly samples: readonly SampleChild[];
  /** The log of the first child that failed. */
  readonly source: LogSource | undefined;
  readonly tail: LogTail | undefined;
  readonly redact: Redaction;
  readonly cascade: Cascade;
  readonly quietUntil?: Date | undefined;
};

const MAX_NAME_LENGTH = 60;
const MAX_CAUSES = 5;

/** Makes the subject of the alert about the first failed child of an array job. */
export const firstChildSubject = (arrayId: string): string => `${arrayId}#children`;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 3).toWellFormed()}...`;

/**
 * Makes a short name of a run: `northwind-catalog 2026-11-22 kyoto`. An object is only its file
 * name.
 */
const runTitle = ({ feed, date, values }: RunKey): string =>
  [feed, date ?? [], ...Object.values(values).map((value) => value.replace(/^s3:\/\/.*\//, ''))].flat().join(' ');

const titleOf = (job: Job, own: OwnRun | undefined): string =>
  cut(plainLine(own === undefined ? job.name : runTitle(own.run)), MAX_NAME_LENGTH);

const attemptText = (job: Job): string => {
  const begun = attemptsBegun(job);
  return begun === 0 ? 'none began' : `${begun} of ${Math.max(begun, job.attemptsAllowed)}`;
};

/**
 * Formats how long a job ran, or how long it was in Batch when it never started itself, as an array
 * job.
 */
const tookText = ({ createdAt }: Job, startedAt: Date | undefined, stoppedAt: Date): string => {
  const since = (from: Date): string => durationText(stoppedAt.getTime() - from.getTime());
  if (startedAt !== undefined) {
    return `, after ${since(startedAt)}`;
  }
  return createdAt === undefined ? '' : `, ${since(createdAt)} after it was submitted`;
};

const timeLines = (job: Job, attempt: Attempt | undefined, { timeZone }: NoticeSettings): string[] => {
  const startedAt = attempt?.startedAt ?? job.startedAt;
  const stoppedAt = attempt?.stoppedAt ?? job.stoppedAt;
  const at = (instant: Date | undefined) => (instant === undefined ? undefined : instantText(instant, timeZone));
  return [
    ...(startedAt === undefined ? labelled('Submitted', at(job.createdAt)) : labelled('Started', at(startedAt))),
    ...(stoppedAt === undefined ? [] : labelled('Ended', `${at(stoppedAt)}${tookText(job, startedAt, stoppedAt)}`)),
  ];
};

/**
 * The reasons of Batch and ECS. They may contain text of people, so they are redacted like a log.
 */
const saidLines = (job: Job, attempt: Attempt | undefined, redact: Redaction): string[] => {
  const said = (text: string | undefined) => (text === undefined ? undefined : redactedLine(text, redact));
  const container = failedContainer(attempt?.containers ?? []);
  const isSame = attempt?.statusReason === job.statusReason;
  return [
    ...labelled('Container', container?.name === undefined ? undefined : said(container.name)),
    ...labelled('Container reason', said(container?.reason)),
    ...labelled('Attempt reason', isSame ? undefined : said(attempt?.statusReason)),
    ...labelled('Status reason', said(job.statusReason)),
  ];
};

const ownLines = (own: OwnRun | undefined, { waitingDependents }: NoticeSettings): string[] =>
  own === undefined
    ? []
    : [
        ...labelled('Run', `${plainLine(runKeyId(own.run))}, generation ${own.generation}`),
        ...labelled('Waiting runs', waitingDependents?.(own.run).map(plainLine).join(', ')),
      ];

const cascadeLines = ({ count, isAll }: Cascade): string[] =>
  count === 0 ? [] : labelled('Failed with it', `${isAll ? '' : 'at least '}${counted(count, 'dependent job')}`);

const quietLines = (quietUntil: Date | undefined, { timeZone }: NoticeSettings): string[] =>
  quietUntil === undefined
    ? []
    : [
        wrapped(
          `Many jobs of this queue fail. Further failures until ${instantText(quietUntil, timeZone)} are counted, and one notification reports them then.`,
        ),
      ];

const linkLines = (label: string, link: string): string[] => [`${label}:`, link];

const logLines = (label: string, source: LogSource | undefined, { location }: Job): string[] =>
  source?.kind === 'stream' ? linkLines(label, logLink(source.place, location)) : [];

const tailText = (tail: LogTail, whose: string): string => {
  if (tail.kind === 'no lines') {
    return wrapped(tail.text);
  }
  const ofContainer = tail.container === undefined ? '' : `, container ${tail.container}`;
  return tail.lines.length === 0
    ? 'The log is empty.'
    : blocks([wrapped(`The last lines of the log of ${whose}${ofContainer}:`)], tail.lines);
};

const attemptName = (job: Job): string => `attempt ${Math.max(1, attemptsBegun(job))}`;

const routing = (job: Job, own: OwnRun | undefined): Pick<NewAlert, 'queue' | 'feed'> => ({
  queue: job.queue,
  ...(own === undefined ? {} : { feed: own.run.feed }),
});

/** The facts of a job and its newest attempt, and links. */
const jobBlocks = (failed: FailedJob, settings: NoticeSettings): (readonly string[])[] => {
  const { job, own, source, redact } = failed;
  const attempt = lastAttempt(job);
  return [
    [
      ...labelled('Job', job.name),
      ...labelled('Definition', job.definition),
      ...ownLines(own, settings),
      ...labelled('Attempt', attemptText(job)),
      ...timeLines(job, attempt, settings),
      ...saidLines(job, attempt, redact),
      ...cascadeLines(failed.cascade),
    ],
    quietLines(failed.quietUntil, settings),
    [...linkLines('Job page', jobLink(job)), ...logLines('Log', source, job)],
  ];
};

/** Makes the alert about a failed job. */
export const jobFailed = (failed: FailedJob, settings: NoticeSettings): NewAlert => {
  const { job, own, reason, tail } = failed;
  return {
    kind: 'job-failed',
    subject: failureSubject(job),
    ...routing(job, own),
    title: `${titleOf(job, own)}: ${reason.brief}`,
    body: blocks([wrapped(reason.explanation)], ...jobBlocks(failed, settings)),
    details: tailText(tail, attemptName(job)),
  };
};

/** Makes the alert about the first failed child of an array job, while the other children go on. */
export const firstChildFailed = (failed: FailedJob, arrayId: string, settings: NoticeSettings): NewAlert => {
  const { job, own, reason, tail } = failed;
  const index = (job.array?.index ?? Number(/\d+$/.exec(job.id)?.[0])).toLocaleString('en');
  return {
    kind: 'job-failed',
    subject: firstChildSubject(arrayId),
    ...routing(job, own),
    title: `${titleOf(job, own)}: child ${index} failed: ${reason.brief}`,
    body: blocks(
      [
        wrapped(
          `${reason.explanation} It is the first failed child of its array job. The notification at the end of the array job has the others.`,
        ),
      ],
      ...jobBlocks(failed, settings),
    ),
    details: tailText(tail, attemptName(job)),
  };
};

const causeLines = ({ causes, childrenRead, failed }: FailedArray): string[] => {
  const shown = causes.slice(0, MAX_CAUSES);
  const others = causes.slice(MAX_CAUSES).reduce((sum, { children }) => sum + children, 0);
  return [
    childrenRead < failed ? `Causes, of ${childrenRead.toLocaleString('en')} of the failed children:` : 'Causes:',
    ...shown.map(({ brief, children }) => wrapped(`- ${children.toLocaleString('en')}: ${brief}`)),
    ...(others === 0 ? [] : [`- ${others.toLocaleString('en')}: other causes`]),
  ];
};

/** Makes the alert about a failed array job and its children. */
export const arrayFailed = (failed: FailedArray, settings: NoticeSettings): NewAlert => {
  const { job, own, causes, samples, source, tail, redact } = failed;
  const size = job.array?.size;
  const of = size === undefined ? '' : ` of ${size.toLocaleString('en')}`;
  const [first] = samples;
  return {
    kind: 'job-failed',
    subject: failureSubject(job),
    ...routing(job, own),
    title: `${titleOf(job, own)}: ${failed.failed.toLocaleString('en')}${of} children failed`,
    body: blocks(
      causes.length === 0 ? [] : causeLines(failed),
      [
        ...labelled('Job', job.name),
        ...labelled('Definition', job.definition),
        ...ownLines(own, settings),
        ...(first === undefined
          ? []
          : labelled('First to fail', `child ${first.index.toLocaleString('en')}: ${first.brief}`)),
        ...timeLines(job, undefined, settings),
        ...saidLines(job, undefined, redact),
        ...cascadeLines(failed.cascade),
      ],
      quietLines(failed.quietUntil, settings),
      [
        ...linkLines('Job page', jobLink(job)),
        ...samples.flatMap((sample) =>
          linkLines(
            `Child ${sample.index.toLocaleString('en')}, ${sample.brief}`,
            jobLink({ ...sample.job, shape: 'array child' }),
          ),
        ),
        ...(first === undefined ? [] : logLines(`Log of child ${first.index.toLocaleString('en')}`, source, job)),
      ],
    ),
    ...(tail === undefined || first === undefined
      ? {}
      : { details: tailText(tail, `child ${first.index.toLocaleString('en')}`) }),
  };
};
