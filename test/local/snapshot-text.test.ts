import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import type { SeenRun, Snapshot } from '../../local/snapshot.ts';
import { changeLines, missingFiles, summaryLines } from '../../local/snapshot-text.ts';
import type { Run } from '../../shared/runs/run.ts';

const { configuration } = await loadConfiguration();

const at = new Date('2026-11-22T05:00:00Z');
const clock = (time: Date): string => time.toISOString().slice(11, 19);
const EMPTY: Snapshot = { runs: [], jobs: [] };

const NAME = 'breakaway-local-northwind-sales-20261120-0123456789ab';

const aRun = (overrides: Partial<Run> = {}): SeenRun => ({
  id: 'northwind-sales@2026-11-20',
  run: {
    key: { feed: 'northwind-sales', date: '2026-11-20', values: {} },
    generation: 1,
    revision: 1,
    state: 'waiting',
    filled: new Map([['orders', 1]]),
    openedAt: at,
    ...overrides,
  },
  arrivals: [
    {
      slot: 'orders',
      bucket: 'northwind-landing',
      key: 'sales/20261120/orders_tokyo.tsv.gz',
      etag: 'e',
      sizeBytes: 12_345,
      fills: true,
      arrivedAt: at,
    },
  ],
});

const aJob = (queue = 'recommendation-etl') => ({
  id: '00000000-1111-2222-3333-444444444444',
  name: NAME,
  queue,
  status: 'SUBMITTED',
  createdAt: new Date('2026-11-22T05:00:02Z'),
});

const submitted = { state: 'submitted', job: { id: aJob().id, submittedAt: at } } as const;

describe('changeLines', () => {
  const tell = (before: Snapshot, after: Snapshot) => changeLines(before, after, configuration, clock, at);

  it('describes a file, and the missing files of its run', () => {
    expect(tell(EMPTY, { runs: [aRun()], jobs: [] })).toEqual([
      '05:00:00  file  s3://northwind-landing/sales/20261120/orders_tokyo.tsv.gz',
      '05:00:00  run   northwind-sales@2026-11-20 waits for orders (1 of 3), complete',
      '                (0 of 1)',
    ]);
  });

  it('describes once that a run is complete, and its job', () => {
    const waiting = { runs: [aRun()], jobs: [] };
    const claimed = { runs: [aRun({ state: 'claimed' })], jobs: [] };
    const done = { runs: [aRun(submitted)], jobs: [aJob()] };

    expect(tell(waiting, claimed)).toEqual(['05:00:00  run   northwind-sales@2026-11-20 is complete']);
    expect(tell(claimed, done)).toEqual([
      `05:00:02  job   ${NAME}`,
      '                00000000-1111-2222-3333-444444444444 in recommendation-etl',
    ]);
    expect(tell(done, done)).toEqual([]);
  });

  it('shows control characters, and does not execute them', () => {
    const run = aRun({ refusal: 'no\u001B[2J queue', state: 'refused' });

    expect(tell(EMPTY, { runs: [run], jobs: [] }).join('\n')).toContain('was refused: no\\x1b[2J queue');
  });

  it('never breaks the name of a file or a run, so that it can be copied', () => {
    const run = aRun();
    const filed = (key: string): string[] => {
      const arrivals = run.arrivals.map((arrival) => ({ ...arrival, key }));
      return tell({ runs: [{ ...run, arrivals: [] }], jobs: [] }, { runs: [{ ...run, arrivals }], jobs: [] });
    };
    const uriOf = (key: string): string => `s3://northwind-landing/${key}`;
    const [fitting, small, wide] = ['f'.repeat(41), `${'s'.repeat(20)} ${'s'.repeat(30)}`, `${'w '.repeat(60)}w`];

    expect(filed(fitting)[0]).toBe(`05:00:00  file  ${uriOf(fitting)}`);
    expect(filed(small).slice(0, 2)).toEqual(['05:00:00  file', `      ${uriOf(small)}`]);
    expect(filed(wide).slice(0, 2)).toEqual(['05:00:00  file', `  ${uriOf(wide)}`]);
  });

  it('never breaks the id of a run', () => {
    const id = `segment-upload,object=s3://clickstream-landing/segments/${'新規 '.repeat(3)}.csv`;
    const run = { ...aRun({ state: 'claimed' }), id, arrivals: [] };

    expect(tell(EMPTY, { runs: [run], jobs: [] })).toEqual([
      '05:00:00  run',
      `     ${id}`,
      '                is complete',
    ]);
  });

  it('says why a run was refused', () => {
    const refused = { runs: [aRun({ state: 'refused', refusal: 'no such queue' })], jobs: [] };

    expect(tell({ runs: [aRun()], jobs: [] }, refused)).toEqual([
      '05:00:00  run   northwind-sales@2026-11-20 was refused: no such queue',
    ]);
  });
});

describe('summaryLines', () => {
  it('lists the missing files of a run', () => {
    const lines = summaryLines({ runs: [aRun({ filled: new Map([['orders', 3]]) })], jobs: [] }, configuration);

    expect(lines.join('\n')).toContain(
      [
        'northwind-sales',
        '  waiting    2026-11-20: orders 3 of at least 3, complete 0',
        '             still missing (complete):',
        '                s3://northwind-landing/sales/20261120/_SUCCESS',
      ].join('\n'),
    );
  });

  it('gives a run with a long label its own line', () => {
    const object = `s3://clickstream-landing/segments/${'a long name '.repeat(6)}.csv`;
    const run = aRun({ key: { feed: 'segment-upload', values: { object } }, filled: new Map([['file', 1]]) });

    expect(summaryLines({ runs: [run], jobs: [] }, configuration)).toEqual(
      expect.arrayContaining(['  waiting', `  ${object}`, expect.stringMatching(/^ {16}\w+ [01]/)]),
    );
  });

  it('shows the job of a run from Batch, and says when Batch does not have it', () => {
    const withJob = summaryLines({ runs: [aRun(submitted)], jobs: [aJob()] }, configuration).join('\n');
    const without = summaryLines({ runs: [aRun(submitted)], jobs: [] }, configuration).join('\n');

    expect(withJob).toContain(
      `             job ${aJob().id} SUBMITTED\n                 ${NAME}\n                 in recommendation-etl`,
    );
    expect(without).toContain(`             job ${aJob().id}, which is not in Batch`);
  });

  it('lists jobs that belong to no run in the ledger', () => {
    const lines = summaryLines({ runs: [], jobs: [aJob()] }, configuration);

    expect(lines).toContain('Jobs in Batch that belong to no run in the ledger');
    expect(lines).toContain('      1 job in recommendation-etl');
  });
});

describe('missingFiles', () => {
  it('names the missing files whose names are known', () => {
    expect(missingFiles({ runs: [aRun()], jobs: [] }, configuration)).toEqual([
      's3://northwind-landing/sales/20261120/_SUCCESS',
    ]);
  });
});
