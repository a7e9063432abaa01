/** What `docs/job-failures.md` promises, held to the code. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, PLACES, WINDOW_MS } from '../../../functions/notify-failure/burst-notice.ts';
import { explainJob } from '../../../functions/notify-failure/failure-reason.ts';
import { progressIn } from '../../../shared/jobs/progress.ts';
import { EVENTS, readEvent } from './fixtures.ts';

const page = await readFile(resolve(import.meta.dirname, '../../../docs/job-failures.md'), 'utf8');

describe('docs/job-failures.md', () => {
  it('shows a message as it is', async () => {
    const message = await readFile(resolve(import.meta.dirname, 'messages/container.txt'), 'utf8');

    const [, , , ...body] = message.trimEnd().split('\n');

    expect(page).toContain(['```text', ...body, '```'].join('\n'));
  });

  it.each(
    EVENTS.map(readEvent)
      .filter(({ kind, job }) => kind === 'job changed' && job.shape !== 'array')
      .map(({ job }) => explainJob(job).brief),
  )('has the reason "%s" in its table', (brief) => {
    const row = brief.replace(/(?<=^given up waiting: ).*/, '...').replace(/^exit code \d+$/, 'exit code n');

    expect(page).toMatch(new RegExp(`^\\| (?:[^|]*, )?${row.replaceAll(/[().]/g, '\\$&')}(?:, [^|]*)? \\|`, 'm'));
  });

  it('has the numbers of the burst', () => {
    expect([PLACES, WINDOW_MS, MAX_SAMPLES]).toEqual([10, 600_000, 5]);
    expect(page.replaceAll(/\s+/g, ' ')).toContain(
      `so the most that an hour can bring is ${(3_600_000 / WINDOW_MS) * (PLACES + 1)} messages a queue`,
    );
  });

  it('shows a line of progress that is read', () => {
    const [line = ''] = /^breakaway:progress .*$/m.exec(page) ?? [];

    const found = progressIn([{ at: new Date(1), text: line }], (text) => text);

    expect(found).toEqual({ percent: 40, text: 'loading shops', at: new Date(1) });
  });
});
