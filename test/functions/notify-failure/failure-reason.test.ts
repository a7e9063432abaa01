import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainFailure, explainJob, type FailureFacts } from '../../../functions/notify-failure/failure-reason.ts';
import type { ContainerEnd } from '../../../shared/jobs/job.ts';
import { jobOf } from './fixtures.ts';

type Said = Partial<FailureFacts> & { readonly container?: ContainerEnd; readonly attemptReason?: string };

const explain = ({ container, attemptReason, ...facts }: Said) =>
  explainFailure({
    isCancelled: false,
    isTerminated: false,
    attempt:
      container === undefined && attemptReason === undefined
        ? undefined
        : { statusReason: attemptReason, containers: container === undefined ? [] : [container] },
    ...facts,
  });

describe('explainFailure', () => {
  it.each([
    [1, 'exit', 'exit code 1', 'Its log should show the reason'],
    [2, 'exit', 'exit code 2', 'exit code 2'],
    [125, 'exit', 'container not run (exit code 125)', 'runtime'],
    [126, 'exit', 'command cannot be run (exit code 126)', 'another processor'],
    [127, 'exit', 'command not found (exit code 127)', 'not in the image'],
    [130, 'exit', 'signal 2 (exit code 130)', 'signal 2'],
    [132, 'exit', 'illegal instruction (exit code 132)', 'another processor'],
    [134, 'exit', 'aborted (exit code 134)', 'SIGABRT'],
    [137, 'exit', 'killed (exit code 137)', 'Usually the memory'],
    [139, 'exit', 'segmentation fault (exit code 139)', 'SIGSEGV'],
    [143, 'exit', 'asked to stop (exit code 143)', 'SIGTERM'],
    [255, 'exit', 'exit code 255', 'exit code 255'],
    [0, 'exit', 'failed with exit code 0', 'The program succeeded'],
  ])('decodes exit code %i', (exitCode, kind, brief, explanation) => {
    const reason = explain({ statusReason: 'Essential container in task exited', container: { exitCode } });

    expect(reason).toEqual({ kind, brief, explanation: expect.stringContaining(explanation) });
  });

  it.each<[string, Said, string, string]>([
    [
      'out of memory',
      {
        container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
        memoryMiB: 32_000,
      },
      'out of memory (exit code 137)',
      'than its 32,000 MiB',
    ],
    [
      'out of memory',
      { container: { exitCode: 137, reason: 'OOMKilled' } },
      'out of memory (exit code 137)',
      'than its limit',
    ],
    ['out of memory', { statusReason: 'OutOfMemoryError: killed' }, 'out of memory', 'more memory'],
    [
      'timeout',
      { statusReason: 'Job attempt duration exceeded timeout', container: { exitCode: 137 }, timeoutSeconds: 5_400 },
      'timeout of 1 h 30 min',
      'longer than its timeout of 1 h 30 min',
    ],
    ['timeout', { attemptReason: 'Job attempt duration exceeded timeout' }, 'timeout', 'longer than its timeout,'],
    [
      'host',
      { statusReason: 'Host EC2 (instance i-0a) terminated.', container: {} },
      'its machine was taken away',
      'Spot',
    ],
    ['spot', { statusReason: 'Your Spot Task was interrupted.' }, 'Spot capacity reclaimed', 'Retry on it'],
    [
      'dependency',
      { statusReason: 'Dependent Job failed' },
      'a job it depends on failed',
      'a job that it depends on failed',
    ],
    ['children', { statusReason: 'Array Child Job failed' }, 'children failed', 'At least one child'],
    ['cancelled', { statusReason: 'not today', isCancelled: true }, 'cancelled on request', 'cancelled it'],
    [
      'cancelled',
      { statusReason: 'not today', isTerminated: true, container: { exitCode: 143 } },
      'terminated on request',
      'terminated it',
    ],
    [
      'cancelled by a time limit',
      {
        statusReason: 'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
        isCancelled: true,
      },
      'given up waiting: no machine is large enough',
      'It will never run',
    ],
    [
      'cancelled by a time limit',
      { statusReason: 'Terminated by JobStateTimeLimit action due to reason: SOMETHING:NEW' },
      'given up waiting: see the reason',
      'no explanation',
    ],
    [
      'start',
      { attemptReason: 'Task failed to start', container: { reason: 'CannotStartContainerError: no such device' } },
      'the container did not start',
      'volumes and devices',
    ],
    [
      'start',
      { container: { reason: 'ResourceInitializationError: unable to pull secrets or registry auth' } },
      'the container did not start',
      'secret or parameter',
    ],
    [
      'start',
      { container: { reason: 'ResourceInitializationError: failed to validate logger args' } },
      'the container did not start',
      'log group',
    ],
    [
      'start',
      { container: { reason: 'ResourceInitializationError: EFS' } },
      'the container did not start',
      'could not be set up',
    ],
    [
      'start',
      { container: { reason: 'CannotCreateContainerError: x' } },
      'the container did not start',
      'could not be created',
    ],
    [
      'start',
      { container: { reason: 'DockerTimeoutError: x' } },
      'the container did not start',
      'did not answer in time',
    ],
    [
      'start',
      { container: { reason: 'CreateContainerConfigError' } },
      'the container did not start',
      'pod could not be set up',
    ],
    [
      'start',
      { statusReason: 'Task failed to start', container: {} },
      'the container did not start',
      'The container did not start',
    ],
    ['never started', { statusReason: 'Tags exceed the limit' }, 'never started', 'only the status reason'],
    ['never started', {}, 'never started', 'gives no reason'],
    ['unknown', { container: { reason: 'odd' } }, 'failed', 'is below'],
    ['unknown', { container: {} }, 'failed', 'gives no reason'],
  ])('knows %s', (kind, said, brief, explanation) => {
    expect(explain(said)).toEqual({ kind, brief, explanation: expect.stringContaining(explanation) });
  });

  it.each([
    ['failed to register layer: no space left on device', 'larger disks'],
    ['toomanyrequests: You have reached your pull rate limit', 'copy of the image in ECR'],
    [
      'pull access denied for x, repository does not exist or may require authorization',
      'lacks the permission to pull',
    ],
    ['manifest unknown: requested image not found', 'image or its tag does not exist'],
    ['dial tcp 52.95.1.1:443: i/o timeout', 'cannot be reached from the subnet'],
    ['no match for platform in manifest', 'another processor'],
    ['odd', 'The reason is below'],
  ])('tells why an image could not be pulled: %s', (problem, explanation) => {
    const { kind, explanation: found } = explain({
      statusReason: 'Task failed to start',
      container: { reason: `CannotPullContainerError: ${problem}` },
    });

    expect({ kind, found }).toEqual({ kind: 'image', found: expect.stringContaining(explanation) });
  });

  it('has something to say of whatever is thrown at it', () => {
    const text = fc.option(fc.string(), { nil: undefined });
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.option(fc.integer(), { nil: undefined }),
        (status, attempt, reason, exitCode) => {
          const found = explain({
            ...(status === undefined ? {} : { statusReason: status }),
            ...(attempt === undefined ? {} : { attemptReason: attempt }),
            container: { exitCode, reason },
          });

          expect(found.brief).not.toBe('');
          expect(found.brief.length).toBeLessThanOrEqual(60);
          expect(found.explanation).not.toBe('');
        },
      ),
    );
  });
});

describe('explainJob', () => {
  it('goes by the newest attempt', () => {
    const [attempt] = jobOf('out-of-memory').attempts;
    const job = jobOf('out-of-memory', {
      statusReason: 'Essential container in task exited',
      attempts: [attempt!, { containers: [{ exitCode: 3 }] }],
    });

    expect(explainJob(job).brief).toBe('exit code 3');
  });

  it('names the memory of a job with one limit only', () => {
    const two = jobOf('out-of-memory', {
      containers: [1_024, 2_048].map((memoryMiB) => ({ memoryMiB, logDriver: 'awslogs', logGroup: 'g' })),
    });

    expect(explainJob(jobOf('out-of-memory')).explanation).toContain('2,048 MiB');
    expect(explainJob(two).explanation).toContain('than its limit');
    const none = jobOf('out-of-memory', { containers: [{ logDriver: 'awslogs', logGroup: 'g' }] });
    expect(explainJob(none).explanation).toContain('than its limit');
  });
});
