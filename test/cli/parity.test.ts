import { describe, expect, it } from 'vitest';
import { compareWithLog } from '../../cli/parity.ts';
import { parseConfiguration } from '../../configuration/load.ts';
import type { Run } from '../../shared/runs/run.ts';
import type { RunsOf } from '../../shared/runs/run-listing.ts';
import { aClaim, aRun } from '../support/builders.ts';

const job = (command: string[]) => ({ batch: { queue: 'etl', definition: 'work', command } });

const { configuration } = parseConfiguration({
  timeZone: 'Asia/Tokyo',
  feeds: [
    {
      name: 'orders',
      slots: { orders: { files: 's3://landing/{date:yyyyMMdd}_*.csv', min: 2 } },
      shadow: true,
      job: job(['/opt/load.py', '{date:yyyyMMdd}']),
    },
    {
      name: 'uploads',
      slots: { file: { files: 's3://landing/uploads/*.csv' } },
      shadow: true,
      job: job(['/opt/up.py']),
    },
    { name: 'live', slots: { time: { at: '06:00' } }, job: job(['/opt/live.py']) },
    { name: 'quiet', slots: { time: { at: '07:00' } }, job: job(['/opt/quiet.py']) },
  ],
});

const aShadowRun = (feed: string, date: string | undefined, wouldSubmitAt: Date | undefined, files = 0): Run =>
  aRun({
    key: date === undefined ? { feed, values: { object: 's3://landing/uploads/a.csv' } } : { feed, date, values: {} },
    filled: new Map([['orders', files]]),
    ...(wouldSubmitAt === undefined ? {} : { wouldSubmitAt }),
  });

const compare = async (log: string, runs: Run[], options: { from?: string; to?: string } = {}) => {
  const asked: string[] = [];
  const runsOf: RunsOf = async function* (feed, from, to) {
    asked.push(`${feed} ${from} ${to}`);
    yield* runs.filter(({ key }) => key.feed === feed);
  };
  const result = await compareWithLog(
    configuration,
    log,
    { log: '', stage: 'dev', json: false, later: 900_000, within: 43_200_000, ...options },
    runsOf,
    new Date('2026-11-25T00:00:00Z'),
    new AbortController().signal,
  );
  return { ...result, asked };
};

describe('compareWithLog', () => {
  it('compares all shadows and what else is in the log, on the days of the log', async () => {
    const { parities, range, asked, log } = await compare(
      '2026-11-22 04:15,orders,2026-11-21,2\n2026-11-22 06:00,live\n2026-11-23 05:00,gone\n',
      [
        aShadowRun('orders', '2026-11-21', new Date('2026-11-21T19:00:00Z'), 2),
        aRun({
          key: { feed: 'live', date: '2026-11-22', values: {} },
          state: 'claimed',
          claim: aClaim({ claimedAt: new Date('2026-11-21T21:00:30Z') }),
        }),
      ],
    );

    expect(range).toEqual({ from: '2026-11-21', to: '2026-11-22' });
    expect(asked).toEqual([
      'orders 2026-11-18 2026-11-25',
      'uploads 2026-11-18 2026-11-25',
      'live 2026-11-18 2026-11-25',
    ]);
    expect(
      parities.map(({ feed, pairs, missing, extra }) => [feed, pairs.length, missing.length, extra.length]),
    ).toEqual([
      ['orders', 1, 0, 0],
      ['uploads', 0, 0, 0],
      ['live', 1, 0, 0],
    ]);
    expect(parities[0]?.pairs[0]).toMatchObject({ laterMs: -900_000, sameFiles: true });
    expect(log.unmatched).toEqual([{ command: 'gone', count: 1, feeds: [] }]);
  });

  it('finds the run of the day before that cron worked on, and counts no run outside the range as extra', async () => {
    const { parities } = await compare('2026-11-22 04:15,orders\n', [
      aShadowRun('orders', '2026-11-20', new Date('2026-11-20T19:10:00Z')),
      aShadowRun('orders', '2026-11-21', new Date('2026-11-21T19:10:00Z')),
      aShadowRun('uploads', undefined, new Date('2026-11-22T01:00:00Z')),
      aShadowRun('uploads', undefined, new Date('2026-11-23T01:00:00Z')),
    ]);

    expect(parities[0]).toMatchObject({ pairs: [{ run: { date: '2026-11-21' } }], missing: [], extra: [] });
    expect(parities[1]?.extra.map(({ completeAt }) => completeAt)).toEqual([new Date('2026-11-22T01:00:00Z')]);
  });

  it('knows the commands of feeds in the log of cron', async () => {
    const { parities, log } = await compare(
      'Nov 22 04:15:01 host CRON[1]: (batch) CMD (/opt/load.py 20261122)\nNov 22 04:15:01 host CRON[1]: (batch) CMD (/opt/x.py)\n',
      [aShadowRun('orders', '2026-11-22', undefined)],
    );

    expect(parities[0]?.missing).toHaveLength(1);
    expect(log.unmatched).toEqual([{ command: '/opt/x.py', count: 1, feeds: [] }]);
  });

  it('refuses a log without starts, unless the options name the days', async () => {
    await expect(compare('', [])).rejects.toThrow('so the days are unknown');
    await expect(compare('2026-11-22 04:15,gone\n', [], { from: '2026-11-22', to: 'tomorrow' })).rejects.toThrow(
      '"tomorrow" is not a date',
    );
    await expect(compare('', [], { from: '2026-11-22', to: '2026-11-22' })).resolves.toMatchObject({
      range: { from: '2026-11-22', to: '2026-11-22' },
    });
  });
});
