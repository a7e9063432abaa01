/** Why a job failed, in plain words. What Batch, ECS and the kernel say is the same text for many causes; the exit code tells them apart. */
import { durationText } from '../../shared/alerts/message.ts';
import { SECOND_MS } from '../../shared/durations.ts';
import { failedContainer } from '../../shared/jobs/failed-container.ts';
import { type Attempt, type ContainerEnd, type Job, lastAttempt } from '../../shared/jobs/job.ts';
import { explainBlocked } from './blocked-reason.ts';

export type FailureKind =
  | 'cancelled by a time limit'
  | 'dependency'
  | 'children'
  | 'timeout'
  | 'cancelled'
  | 'out of memory'
  | 'spot'
  | 'host'
  | 'image'
  | 'start'
  | 'exit'
  | 'never started'
  | 'unknown';

export type FailureReason = {
  readonly kind: FailureKind;
  /** A few words, for a subject line and for lists: `out of memory (exit code 137)`. */
  readonly brief: string;
  /** One to three sentences: what it means, and what to do about it. */
  readonly explanation: string;
};

/** What is known of a failure, of a job or of a child that was only listed. */
export type FailureFacts = {
  readonly statusReason?: string | undefined;
  /** The newest attempt; `undefined` when there was none. */
  readonly attempt?: Pick<Attempt, 'statusReason' | 'containers'> | undefined;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
  readonly timeoutSeconds?: number | undefined;
  readonly memoryMiB?: number | undefined;
};

type Seen = FailureFacts & {
  /** The container that speaks for the attempt. */
  readonly container: ContainerEnd | undefined;
  /** All that was said of it, to search in. */
  readonly said: string;
};

const withCode = (brief: string, { exitCode }: Pick<ContainerEnd, 'exitCode'>): string =>
  exitCode === undefined ? brief : `${brief} (exit code ${exitCode})`;

/**
 * By the number that a shell gives it: 128 and the signal.
 *
 * @see https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html
 */
const EXIT_CODES: ReadonlyMap<number, { readonly brief: string; readonly explanation: string }> = new Map([
  [125, { brief: 'container not run', explanation: 'The container runtime could not run the container.' }],
  [
    126,
    {
      brief: 'command cannot be run',
      explanation:
        'The command is in the image but cannot be run: it is not executable, or was built for another processor.',
    },
  ],
  [127, { brief: 'command not found', explanation: 'The command is not in the image, or one that it calls is not.' }],
  [
    132,
    {
      brief: 'illegal instruction',
      explanation: 'The program was built for another processor than the one it ran on (SIGILL).',
    },
  ],
  [
    134,
    { brief: 'aborted', explanation: 'The program ended itself because something impossible had happened (SIGABRT).' },
  ],
  [
    137,
    {
      brief: 'killed',
      explanation:
        'The container was killed (SIGKILL). Mostly that is memory: the machine or the container had none left. It is also how a container ends that did not stop when it was asked to.',
    },
  ],
  [
    139,
    {
      brief: 'segmentation fault',
      explanation:
        'The program touched memory that is not its own (SIGSEGV): a fault in it or in a library, or a stack that is too small.',
    },
  ],
  [
    143,
    {
      brief: 'asked to stop',
      explanation:
        'The container was asked to stop (SIGTERM): its machine was taken away, somebody ended the job, or another container of the job had ended.',
    },
  ],
]);

const LAST_SIGNAL = 64;

const exitReason = (exitCode: number): Omit<FailureReason, 'kind'> => {
  const known = EXIT_CODES.get(exitCode);
  if (known !== undefined) {
    return { brief: withCode(known.brief, { exitCode }), explanation: known.explanation };
  }
  if (exitCode > 128 && exitCode <= 128 + LAST_SIGNAL) {
    const signal = exitCode - 128;
    return { brief: withCode(`signal ${signal}`, { exitCode }), explanation: `The program ended by signal ${signal}.` };
  }
  if (exitCode === 0) {
    return {
      brief: 'failed with exit code 0',
      explanation: 'The program ended well, and Batch still calls the job failed. The status reason may say why.',
    };
  }
  return {
    brief: `exit code ${exitCode}`,
    explanation: `The program ended with exit code ${exitCode}: it says itself that it failed. Its log should say why.`,
  };
};

/** What kept an image from being pulled. */
const IMAGE_PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, 'The disk of the machine is full: give the instances larger disks.'],
  [/toomanyrequests|rate limit/i, 'The registry had enough of requests: keep a copy of the image in ECR.'],
  [
    /denied|unauthori[sz]ed|no basic auth|forbidden|not authorized/i,
    'The registry refuses: the execution role (on EC2, the instance role) may not pull this image.',
  ],
  [
    /not ?found|manifest unknown|does not exist|name unknown|invalid reference/i,
    'There is no such image or tag: look at the name in the job definition.',
  ],
  [
    /timeout|timed out|dial tcp|no such host|connection|i\/o|deadline/i,
    'The registry cannot be reached from the subnet: look at its route, NAT or VPC endpoints.',
  ],
  [/no match(?:ing manifest)? for platform|exec format/i, 'The image is for another processor than the machine has.'],
];

const imageExplanation = (said: string): string => {
  const problem = IMAGE_PROBLEMS.find(([pattern]) => pattern.test(said))?.[1];
  return `The image could not be pulled, so the container never ran. ${problem ?? 'The reason below says why.'}`;
};

/** What kept a container from starting, by what ECS calls it. */
const START_PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [
    /ResourceInitializationError.*(?:secret|ssm|parameter)/is,
    'A secret or parameter of the job definition could not be read: does it exist, and may the execution role read it?',
  ],
  [
    /ResourceInitializationError.*(?:log|stream)/is,
    'The log could not be set up: does the log group exist, and may the execution role write to it?',
  ],
  [/ResourceInitializationError/i, 'Something that the container needs could not be set up.'],
  [/CannotStartContainer/i, 'The container could not be started: look at its command, volumes and devices.'],
  [/CannotCreateContainer|CannotCreateVolume/i, 'The container could not be made: look at its volumes and the disk.'],
  [/CannotInspectContainer|DockerTimeout/i, 'The container runtime of the machine did not answer in time.'],
  [/CreateContainerConfigError|CreateContainerError|RunContainerError/i, 'The pod could not be set up.'],
  [/Task failed to start/i, 'The container did not start.'],
];

type Rule = (seen: Seen) => FailureReason | undefined;

/** Batch gave up waiting, since the queue was told to. */
const timeLimit: Rule = ({ statusReason = '' }) => {
  const reason = /^(?:Cancell?ed|Terminated) by JobStateTimeLimit action due to reason:\s*(.+)$/is.exec(
    statusReason,
  )?.[1];
  if (reason === undefined) {
    return undefined;
  }
  const { brief, explanation } = explainBlocked(reason);
  return {
    kind: 'cancelled by a time limit',
    brief: `given up waiting: ${brief}`,
    explanation: `It waited at the head of its queue for as long as the queue allows, and Batch then cancelled it. ${explanation}`,
  };
};

const dependency: Rule = ({ statusReason = '' }) =>
  /^Dependent Job/i.test(statusReason)
    ? {
        kind: 'dependency',
        brief: 'a job it depends on failed',
        explanation: 'It never started, since a job that it depends on failed. Look there.',
      }
    : undefined;

const children: Rule = ({ statusReason = '' }) =>
  /^Array Child Job failed/i.test(statusReason)
    ? { kind: 'children', brief: 'children failed', explanation: 'At least one child of the array job failed.' }
    : undefined;

const timeout: Rule = ({ said, timeoutSeconds }) => {
  if (!/attempt duration exceeded timeout/i.test(said)) {
    return undefined;
  }
  const limit = timeoutSeconds === undefined ? '' : ` of ${durationText(timeoutSeconds * SECOND_MS)}`;
  return {
    kind: 'timeout',
    brief: `timeout${limit}`,
    explanation: `It ran longer than its timeout${limit}, and Batch ended it. Batch does not retry after a timeout. Either it hung, or it needs longer.`,
  };
};

const cancelled: Rule = ({ isCancelled, isTerminated }) =>
  isCancelled || isTerminated
    ? {
        kind: 'cancelled',
        brief: isTerminated ? 'terminated on request' : 'cancelled on request',
        explanation: `Somebody, or a program, ${isTerminated ? 'terminated' : 'cancelled'} it. The status reason is what they gave.`,
      }
    : undefined;

const outOfMemory: Rule = ({ said, container, memoryMiB }) => {
  if (!/OutOfMemory|OOMKilled|killed due to memory/i.test(said)) {
    return undefined;
  }
  const limit = memoryMiB === undefined ? 'than it may have' : `than its ${memoryMiB.toLocaleString('en')} MiB`;
  return {
    kind: 'out of memory',
    brief: withCode('out of memory', container ?? {}),
    explanation: `The container wanted more memory ${limit} and was killed. Give the job more memory, or let it do less at once.`,
  };
};

const spot: Rule = ({ said }) =>
  /Spot Task was interrupted|SpotInterruption|Spot interruption/i.test(said)
    ? {
        kind: 'spot',
        brief: 'Spot capacity reclaimed',
        explanation:
          'AWS took the Spot capacity back while the job ran. Retry on it: give the job more attempts, with a rule for this reason.',
      }
    : undefined;

const host: Rule = ({ said }) =>
  /Host EC2[^\n]*(?:terminated|stopped)/i.test(said)
    ? {
        kind: 'host',
        brief: 'its machine was taken away',
        explanation:
          'The EC2 instance ended while the job ran: mostly Spot capacity that AWS took back, else a scale-in or a broken machine. Retry on it: give the job more attempts, with a rule for "Host EC2*".',
      }
    : undefined;

const image: Rule = ({ said }) =>
  /CannotPull\w*|ImagePullBackOff|ErrImagePull|InvalidImageName|pull image/i.test(said)
    ? { kind: 'image', brief: 'the image could not be pulled', explanation: imageExplanation(said) }
    : undefined;

const start: Rule = ({ said, container }) => {
  if (container?.exitCode !== undefined) {
    return undefined;
  }
  const problem = START_PROBLEMS.find(([pattern]) => pattern.test(said))?.[1];
  return problem === undefined
    ? undefined
    : { kind: 'start', brief: 'the container did not start', explanation: `It never ran. ${problem}` };
};

const exit: Rule = ({ container }) =>
  container?.exitCode === undefined ? undefined : { kind: 'exit', ...exitReason(container.exitCode) };

const neverStarted: Rule = ({ attempt, statusReason }) =>
  attempt === undefined
    ? {
        kind: 'never started',
        brief: 'never started',
        explanation:
          statusReason === undefined
            ? 'It never started, and Batch does not say why.'
            : 'It never started. The status reason is all that Batch says.',
      }
    : undefined;

const unknown = ({ said }: Seen): FailureReason => ({
  kind: 'unknown',
  brief: 'failed',
  explanation:
    said === ''
      ? 'Batch does not say why, and there is no exit code.'
      : 'There is no exit code. Batch says what stands below.',
});

/** In this order: what Batch did to the job, then what happened to the container, then how the program ended. */
const RULES: readonly Rule[] = [
  timeLimit,
  dependency,
  children,
  timeout,
  cancelled,
  outOfMemory,
  spot,
  host,
  image,
  start,
  exit,
  neverStarted,
];

/** Explains why a job failed. */
export const explainFailure = (facts: FailureFacts): FailureReason => {
  const container = failedContainer(facts.attempt?.containers ?? []);
  const said = [facts.statusReason, facts.attempt?.statusReason, container?.reason].filter(
    (text) => text !== undefined,
  );
  const seen: Seen = { ...facts, container, said: said.join('\n') };
  for (const rule of RULES) {
    const reason = rule(seen);
    if (reason !== undefined) {
      return reason;
    }
  }
  return unknown(seen);
};

/** Explains the failure of a job by its newest attempt. */
export const explainJob = (job: Job): FailureReason => {
  const [memory, ...others] = new Set(job.containers.flatMap(({ memoryMiB }) => memoryMiB ?? []));
  return explainFailure({
    statusReason: job.statusReason,
    attempt: lastAttempt(job),
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
    timeoutSeconds: job.timeoutSeconds,
    // Of several containers, nobody says whose limit it was.
    memoryMiB: others.length === 0 ? memory : undefined,
  });
};
