/** Every message as a person reads it: the files in `messages/` are reviewed like code. */
import { describe, expect, it } from 'vitest';
import { EVENTS, jobOf, readEvent } from './fixtures.ts';
import { createNotifier, type Notifier, type World } from './notifier.ts';

const TEN_MINUTES_MS = 600_000;

const LOG = [
  '2026-11-22T05:40:58Z INFO reading manifest s3://breakaway/manifests/northwind-sales/x.jsonl',
  '2026-11-22T05:41:02Z INFO connecting to postgres://loader:tr0ub4dor@warehouse.internal:5432/sales',
  '2026-11-22T05:41:02Z DEBUG headers {"Authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}',
  'Traceback (most recent call last):',
  '  File "/app/load.py", line 118, in <module>',
  '    load(manifest, warehouse, batch_size=int(os.environ["BATCH_SIZE"]))',
  "ValueError: orders_shinjuku.tsv.gz, line 40218: expected 14 columns, found 13: '2026-11-21\\t4401\\tshinjuku\\t…'",
];

const OWNERS = {
  'breakaway-local-northwind-sales-20261122-5a1f0c9d3b7e': {
    run: { feed: 'northwind-sales', date: '2026-11-22', values: {} },
    generation: 2,
  },
  'breakaway-local-northwind-catalog-20261122-0c44d1a9e7f2': {
    run: { feed: 'northwind-catalog', date: '2026-11-22', values: { shop: 'kyoto' } },
    generation: 1,
  },
};

const streamOf = (name: string): string[] => {
  const { ends, attempts } = jobOf(name);
  return [...ends, ...attempts.flatMap(({ containers }) => containers)].flatMap(({ logStream }) => logStream ?? []);
};

const aWorld = (name: string): World => ({
  owners: OWNERS,
  logs: Object.fromEntries([...streamOf(name), 'node/0', 'import-catalog/default/17'].map((stream) => [stream, LOG])),
  jobs: [
    jobOf('array-child'),
    jobOf('nodes', {
      id: `${jobOf('nodes').id}#0`,
      shape: 'node',
      attempts: [
        { statusReason: 'Essential container in task exited', containers: [{ exitCode: 3, logStream: 'node/0' }] },
      ],
    }),
  ],
  children: () =>
    Array.from({ length: 37 }, (_, index) => ({
      id: `${jobOf('array').id}:${17 + index}`,
      index: 17 + index,
      stoppedAt: new Date(Date.parse('2026-11-21T20:02:00Z') + 1_000 * index),
      statusReason: 'Essential container in task exited',
      exitCode: index % 7 === 3 ? 137 : 1,
      reason: index % 7 === 3 ? 'OutOfMemoryError: Container killed due to memory usage' : undefined,
      hasRun: true,
      isCancelled: false,
      isTerminated: false,
    })),
});

const told = async (name: string): Promise<Notifier> => {
  const { kind, job } = readEvent(name);
  const notifier = createNotifier(aWorld(name));
  notifier.pass(TEN_MINUTES_MS);
  await (kind === 'queue blocked' ? notifier.block(job) : notifier.fail(job));
  return notifier;
};

describe.each(EVENTS)('the message of events/notify-failure-%s.json', (name) => {
  it('is as it was reviewed', async () => {
    const notifier = await told(name);

    const [message, ...others] = notifier.published;

    expect(others).toEqual([]);
    const { subject, body, attributes } = message ?? {};
    await expect(`${subject}\n${JSON.stringify(attributes)}\n\n${body}\n`).toMatchFileSnapshot(`messages/${name}.txt`);
  });

  it('fits a phone: a subject of less than 100 characters, and lines of 80 columns but for links', async () => {
    const notifier = await told(name);

    const [message] = notifier.published;

    expect(message?.subject.length).toBeLessThan(100);
    const long = message?.body.split('\n').filter((line) => line.length > 80 && !line.startsWith('https://'));
    expect(long).toEqual([]);
    expect(Buffer.byteLength(message?.body ?? '')).toBeLessThan(8_000);
  });

  it('has nothing of the environment or the command', async () => {
    const notifier = await told(name);

    const text = JSON.stringify(notifier.published);

    for (const secret of ['tr0ub4dor', 'k-5up3rs3cr3t', 'eyJhbGciOiJIUzI1NiJ9', '--manifest']) {
      expect(text).not.toContain(secret);
    }
  });
});
