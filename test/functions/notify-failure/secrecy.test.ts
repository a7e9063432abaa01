/** Whatever a job knows and logs, nothing confidential leaves in a message. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../shared/jobs/job.ts';
import { readJobEvent } from '../../../shared/jobs/job-event.ts';
import { EVENTS, jobOf, rawEvent, readEvent } from './fixtures.ts';
import { createNotifier } from './notifier.ts';

const HEX = '0123456789abcdef';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const letters = (length: number, from = LETTERS) =>
  fc.string({ unit: fc.constantFrom(...from), minLength: length, maxLength: length });

/** Values that no fixed text of a message has by chance. */
const value = fc.oneof(
  letters(12),
  fc.string({ minLength: 8, maxLength: 60 }).map((text) => `~${text}~`),
  fc.tuple(letters(9), letters(9)).map((parts) => parts.join('\n')),
);

/** Something that gives a secret away by its form or by its name, and the part of it that must not be seen. */
const planted = fc.oneof(
  letters(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567').map((id) => ({ line: `using AKIA${id} now`, secret: `AKIA${id}` })),
  letters(20).map((secret) => ({ line: `db_password = ${secret}`, secret })),
  letters(20).map((secret) => ({ line: `{"accessToken":"${secret}","n":1}`, secret })),
  letters(20).map((secret) => ({ line: `GET https://me:${secret}@example.com/x`, secret })),
  letters(32, HEX).map((secret) => ({ line: `GET /x?X-Amz-Signature=${secret}&n=1`, secret })),
  letters(36).map((secret) => ({ line: `pushed with ghp_${secret}`, secret: `ghp_${secret}` })),
  fc
    .tuple(letters(20), letters(20), letters(20))
    .map((parts) => `eyJ${parts.join('.eyJ')}`)
    .map((secret) => ({ line: `token is ${secret}`, secret })),
  letters(24).map((secret) => ({ line: `curl --api-key ${secret} https://example.com`, secret })),
  letters(24).map((secret) => ({ line: `WAREHOUSE_TOKEN: ${secret}`, secret })),
);

const streamsOf = ({ ends, attempts }: Job): string[] =>
  [...ends, ...attempts.flatMap(({ containers }) => containers)].flatMap(({ logStream }) => logStream ?? []);

it('keeps environment values and planted secrets out of every message', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...EVENTS),
      fc.array(value, { minLength: 1, maxLength: 4 }),
      fc.array(planted, { maxLength: 4 }),
      fc.string({ maxLength: 40 }),
      async (name, values, secrets, noise) => {
        const { kind, job: read } = readEvent(name);
        const log = [
          ...values.map((text) => `${noise}${text}${noise}`),
          ...secrets.map(({ line }) => `${noise} ${line}`),
          `env: ${values.join(' ')}`,
        ];
        const job: Job = {
          ...read,
          statusReason: `${read.statusReason ?? ''} ${log.join(' ')}`,
          attempts: read.attempts.map((attempt) => ({
            ...attempt,
            containers: attempt.containers.map((end) => ({ ...end, reason: log.join(' ') })),
          })),
          confidential: {
            values: values.map((text, index) => ({ name: `V${index}`, value: text })),
            secretNames: ['WAREHOUSE_TOKEN'],
          },
        };
        const child = jobOf('array-child', { confidential: job.confidential });
        const notifier = createNotifier({
          jobs: [child],
          logs: Object.fromEntries([...streamsOf(job), ...streamsOf(child)].map((stream) => [stream, log])),
          children: () => [{ id: child.id, index: 17, hasRun: true, reason: log.join(' ') }],
        });
        notifier.pass(600_000);

        await (kind === 'queue blocked' ? notifier.block(job) : notifier.fail(job));

        expect(notifier.published).toHaveLength(1);
        // Rows may have been broken anywhere.
        const text = JSON.stringify(notifier.published).replaceAll('\\n', ' ').replaceAll(' ', '');
        for (const secret of [...values, ...secrets.map(({ secret: one }) => one)]) {
          expect(text).not.toContain(JSON.stringify(secret).slice(1, -1).replaceAll('\\n', '').replaceAll(' ', ''));
        }
      },
    ),
    { numRuns: 400 },
  );
});

/** Gives each variable of an event's containers, wherever they are described, a value of its own. */
const withPlanted = (part: unknown, planted: string[], isEnvironment = false): unknown => {
  if (Array.isArray(part)) {
    return part.map((one) => withPlanted(one, planted, isEnvironment));
  }
  if (typeof part !== 'object' || part === null) {
    return part;
  }
  if (isEnvironment) {
    planted.push(`planted-${planted.length}-hunter2`);
    return { ...part, value: planted.at(-1) };
  }
  const fields = Object.entries(part).map(([name, field]) => [
    name,
    withPlanted(field, planted, name === 'environment' || name === 'env'),
  ]);
  return Object.fromEntries(fields);
};

describe('wherever an event has variables', () => {
  it.each(EVENTS)('their values stay out of the message of notify-failure-%s.json', async (name) => {
    const planted: string[] = [];
    const { kind, job } = readJobEvent(withPlanted(rawEvent(name), planted));
    const logged: Job = { ...job, statusReason: `failed with ${planted.join(' and ')}` };
    const notifier = createNotifier({
      jobs: [jobOf('array-child', { confidential: job.confidential })],
      logs: Object.fromEntries([...streamsOf(job), 'import-catalog/default/17'].map((stream) => [stream, planted])),
      children: () => [
        {
          id: jobOf('array-child').id,
          index: 17,
          hasRun: true,
          reason: planted.join(),
        },
      ],
    });
    notifier.pass(600_000);

    await (kind === 'queue blocked' ? notifier.block(logged) : notifier.fail(logged));

    expect(planted.length > 0).toBe(!name.startsWith('service'));
    expect(notifier.published).toHaveLength(1);
    expect(JSON.stringify(notifier.published)).not.toContain('hunter2');
  });
});
