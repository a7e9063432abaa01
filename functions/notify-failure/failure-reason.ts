/**
 * Explains why a job failed. Batch, ECS and the kernel give the same text for many causes; the exit
 * code distinguishes them.
 */
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
  /** The meaning and the advice, in one to three sentences. */
  readonly explanation: string;
};

/** The facts about a failed job, or about a child in a listing. */
export type FailureFacts = {
  readonly statusReason?: string | undefined;
  /** The newest attempt; `undefined` without an attempt. */
  readonly attempt?: Pick<Attempt, 'statusReason' | 'containers'> | undefined;
  readonly isCancelled: boolean;
  readonly isTerminated: boolean;
  readonly timeoutSeconds?: number | undefined;
  readonly memoryMiB?: number | undefined;
};

type Evidence = FailureFacts & {
  /** The container that decided the end of the attempt. */
  readonly container: ContainerEnd | undefined;
  /** All reasons together, to search in. */
  readonly said: string;
};

const withCode = (brief: string, { exitCode }: Pick<ContainerEnd, 'exitCode'>): string =>
  exitCode === undefined ? brief : `${brief} (exit code ${exitCode})`;

/**
 * Exit codes of a shell: above 128, the number of the signal is added to 128.
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
        'The command is in the image but cannot be run: it is not executable, or it was built for another processor.',
    },
  ],
  [127, { brief: 'command not found', explanation: 'The command, or a command that it calls, is not in the image.' }],
  [
    132,
    {
      brief: 'illegal instruction',
      explanation: 'The program was built for another processor than the one it ran on (SIGILL).',
    },
  ],
  [134, { brief: 'aborted', explanation: 'The program detected an internal error and stopped itself (SIGABRT).' }],
  [
    137,
    {
      brief: 'killed',
      explanation:
        'The container was killed (SIGKILL). Usually the memory of the machine or the container was used up. A container that does not stop when it is asked to is also killed.',
    },
  ],
  [
    139,
    {
      brief: 'segmentation fault',
      explanation:
        'The program used memory that is not its own (SIGSEGV): a bug in it or in a library, or a stack that is too small.',
    },
  ],
  [
    143,
    {
      brief: 'asked to stop',
      explanation:
        'The container was asked to stop (SIGTERM): its machine was taken away, a person ended the job, or another container of the job had ended.',
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
      explanation: 'The program succeeded, but Batch reports the job as failed. The status reason may explain it.',
    };
  }
  return {
    brief: `exit code ${exitCode}`,
    explanation: `The program itself failed, with exit code ${exitCode}. Its log should show the reason.`,
  };
};

/** Reasons why an image was not pulled. */
const IMAGE_PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, 'The disk of the machine is full: give the instances larger disks.'],
  [/toomanyrequests|rate limit/i, 'The registry limits the rate of requests: keep a copy of the image in ECR.'],
  [
    /denied|unauthori[sz]ed|no basic auth|forbidden|not authorized/i,
    'The registry denied access: the execution role (on EC2, the instance role) lacks the permission to pull this image.',
  ],
  [
    /not ?found|manifest unknown|does not exist|name unknown|invalid reference/i,
    'The image or its tag does not exist: check the name in the job definition.',
  ],
  [
    /timeout|timed out|dial tcp|no such host|connection|i\/o|deadline/i,
    'The registry cannot be reached from the subnet: check its route, NAT or VPC endpoints.',
  ],
  [
    /no match(?:ing manifest)? for platform|exec format/i,
    'The image is for another processor than that of the machine.',
  ],
];

const imageExplanation = (said: string): string => {
  const problem = IMAGE_PROBLEMS.find(([pattern]) => pattern.test(said))?.[1];
  return `The image could not be pulled, so the container never ran. ${problem ?? 'The reason is below.'}`;
};

/** Reasons why a container did not start, by the error of ECS. */
const START_PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [
    /ResourceInitializationError.*(?:secret|ssm|parameter)/is,
    'A secret or parameter of the job definition could not be read: check that it exists and that the execution role has the permission to read it.',
  ],
  [
    /ResourceInitializationError.*(?:log|stream)/is,
    'The log could not be set up: check that the log group exists and that the execution role has the permission to write to it.',
  ],
  [/ResourceInitializationError/i, 'A resource of the container could not be set up.'],
  [/CannotStartContainer/i, 'The container could not be started: check its command, volumes and devices.'],
  [/CannotCreateContainer|CannotCreateVolume/i, 'The container could not be created: check its volumes and the disk.'],
  [/CannotInspectContainer|DockerTimeout/i, 'The container runtime of the machine did not answer in time.'],
  [/CreateContainerConfigError|CreateContainerError|RunContainerError/i, 'The pod could not be set up.'],
  [/Task failed to start/i, 'The container did not start.'],
];

type Rule = (evidence: Evidence) => FailureReason | undefined;

/** Batch cancelled the job by a time limit of the queue. */
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
        explanation: 'It never started, since a job that it depends on failed. See there.',
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
        explanation: `A person or a program ${isTerminated ? 'terminated' : 'cancelled'} it, with the status reason below.`,
      }
    : undefined;

const outOfMemory: Rule = ({ said, container, memoryMiB }) => {
  if (!/OutOfMemory|OOMKilled|killed due to memory/i.test(said)) {
    return undefined;
  }
  const limit = memoryMiB === undefined ? 'than its limit' : `than its ${memoryMiB.toLocaleString('en')} MiB`;
  return {
    kind: 'out of memory',
    brief: withCode('out of memory', container ?? {}),
    explanation: `The container needed more memory ${limit} and was killed. Give the job more memory, or let it work on less data at once.`,
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
          'The EC2 instance ended while the job ran: usually AWS took the Spot capacity back, otherwise it was a scale-in or a broken machine. Retry on it: give the job more attempts, with a rule for "Host EC2*".',
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
            ? 'It never started, and Batch gives no reason.'
            : 'It never started. Batch gives only the status reason below.',
      }
    : undefined;

const unknown = ({ said }: Evidence): FailureReason => ({
  kind: 'unknown',
  brief: 'failed',
  explanation:
    said === ''
      ? 'Batch gives no reason and no exit code.'
      : 'There is no exit code. The reason that Batch gives is below.',
});

/** In this order: actions of Batch, then events of the container, then the end of the program. */
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
  const evidence: Evidence = { ...facts, container, said: said.join('\n') };
  for (const rule of RULES) {
    const reason = rule(evidence);
    if (reason !== undefined) {
      return reason;
    }
  }
  return unknown(evidence);
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
    // With several limits, the container that reached its limit is not known.
    memoryMiB: others.length === 0 ? memory : undefined,
  });
};
