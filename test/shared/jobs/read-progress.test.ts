import { describe, expect, it, vi } from 'vitest';
import { createReadProgress } from '../../../shared/jobs/read-progress.ts';
import { jobOf } from '../../functions/notify-failure/fixtures.ts';

const signal = new AbortController().signal;
const since = new Date(5);
const log = [{ at: new Date(9), text: 'breakaway:progress 40 loading tr0ub4dor-tr0ub4dor' }];

const createReader = (lines: typeof log | undefined = log) => {
  const readLog = vi.fn(async (..._: unknown[]) => lines);
  const pace = vi.fn(async () => undefined);
  return { readLog, pace, readProgress: createReadProgress({ readLog, pace }) };
};

describe('createReadProgress', () => {
  it('reads the log of the job once, at its pace, without what is confidential', async () => {
    const { readLog, pace, readProgress } = createReader();
    const job = jobOf('several-containers', {
      confidential: { values: [{ name: 'A', value: 'tr0ub4dor' }], secretNames: [] },
    });

    expect(await readProgress(job, since, signal)).toEqual({ percent: 40, text: 'loading ***-***', at: new Date(9) });
    expect(readLog.mock.calls).toEqual([
      [{ group: '/team/reports', stream: 'report/proxy/09', region: 'ap-northeast-1' }, since, signal],
    ]);
    expect(pace).toHaveBeenCalledTimes(1);
  });

  it('asks nothing where there is no log', async () => {
    const { readLog, readProgress } = createReader();

    expect(await readProgress(jobOf('never-started'), since, signal)).toBeUndefined();
    expect(readLog).not.toHaveBeenCalled();
  });

  it('asks the first of several containers that has a log', async () => {
    const { readLog, readProgress } = createReader();
    const [first, second] = jobOf('several-containers').attempts[0]?.containers ?? [];
    const job = jobOf('several-containers', { ends: [{ ...first, logStream: undefined }, { ...second }] });

    await readProgress(job, since, signal);

    expect(readLog.mock.calls).toEqual([[expect.objectContaining({ stream: second?.logStream }), since, signal]]);
  });

  it('finds nothing in a log that is gone', async () => {
    const { readProgress } = createReader([]);
    const gone = createReader();
    gone.readLog.mockResolvedValue(undefined as never);

    expect(await readProgress(jobOf('container'), undefined, signal)).toBeUndefined();
    expect(await gone.readProgress(jobOf('container'), undefined, signal)).toBeUndefined();
  });
});
