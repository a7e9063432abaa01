import { describe, expect, it } from 'vitest';
import { logSourceOf, tailOf, withoutLines } from '../../../functions/notify-failure/log-tail.ts';
import { createRedaction } from '../../../shared/jobs/redaction.ts';
import { jobOf } from './fixtures.ts';

const redact = createRedaction({ values: [{ name: 'TOKEN', value: 'hunter2!' }], secretNames: [] });

const tail = (...texts: string[]) =>
  tailOf(
    texts.map((text, index) => ({ at: new Date(index), text })),
    redact,
  );

describe('logSourceOf', () => {
  it('is the log of the last attempt, not of the first', () => {
    expect(logSourceOf(jobOf('container'))).toMatchObject({
      kind: 'stream',
      place: { group: '/aws/batch/job', stream: expect.stringMatching(/0003$/), region: 'ap-northeast-1' },
    });
  });

  it('is the log of the container that failed, in the group that it names', () => {
    expect(logSourceOf(jobOf('several-containers'))).toEqual({
      kind: 'stream',
      place: { group: '/team/reports', stream: 'report/render/09', region: 'ap-northeast-1' },
      container: 'render',
    });
  });

  it('is the log of another container where the failed one never ran', () => {
    const job = jobOf('several-containers', {
      attempts: [
        {
          containers: [
            { name: 'proxy', logStream: 'report/proxy/09' },
            { name: 'render', exitCode: 1 },
          ],
        },
      ],
    });

    expect(logSourceOf(job)).toMatchObject({ container: 'proxy' });
  });

  it('is in the region that the job definition names', () => {
    const job = jobOf('container', {
      containers: [{ logDriver: 'awslogs', logGroup: '/g', logRegion: 'eu-west-1' }],
    });

    expect(logSourceOf(job)).toMatchObject({ place: { group: '/g', region: 'eu-west-1' } });
  });

  it.each([
    ['a job whose image could not be pulled', jobOf('image'), { kind: 'none', hasRun: false }],
    ['a job that never started', jobOf('never-started'), { kind: 'none', hasRun: false }],
    ['a job for SageMaker', jobOf('service-job'), { kind: 'none', hasRun: true }],
    ['a pod', jobOf('pod'), { kind: 'elsewhere', driver: 'its cluster' }],
    [
      'a job that logs to Splunk',
      jobOf('container', { containers: [{ logDriver: 'splunk', logGroup: 'x' }] }),
      { kind: 'elsewhere', driver: 'splunk' },
    ],
  ])('knows none of %s', (_, job, source) => {
    expect(logSourceOf(job)).toEqual(source);
  });
});

describe('tailOf', () => {
  it('shows the last twenty lines that say something', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);

    expect(tail(...lines, '', '   ')).toEqual(lines.slice(20));
  });

  it('takes an event of several lines apart, and of a progress bar what it showed last', () => {
    expect(tail('Traceback:\n  at x', ' 10 %\r 50 %\r100 %\r')).toEqual(['Traceback:', '  at x', '100 %']);
  });

  it('cuts a long line, wraps it, and stops before it is too much', () => {
    const [line = '', ...others] = tail('y'.repeat(5_000));

    expect(others).toEqual([]);
    expect(line.replaceAll('\n', '')).toBe(`${'y'.repeat(236)} ...`);
    expect(tail(...Array.from({ length: 20 }, () => 'z'.repeat(5_000)))).toHaveLength(12);
  });

  it('hides what is confidential before it cuts', () => {
    const [line] = tail(`${'x'.repeat(232)}hunter2! and more`);

    expect(line).not.toContain('hunt');
    expect(tail('\u001b[31mhunter\u001b[0m2!')).toEqual(['***']);
  });
});

describe('withoutLines', () => {
  it.each([
    [{ kind: 'none', hasRun: false } as const, 'There is no log: the container never ran.'],
    [{ kind: 'none', hasRun: true } as const, 'AWS Batch knows of no log.'],
    [{ kind: 'elsewhere', driver: 'splunk' } as const, 'The log is not in CloudWatch Logs: it goes to splunk.'],
  ])('says why: %j', (source, text) => {
    expect(withoutLines(source)).toEqual({ kind: 'no lines', text });
  });
});
