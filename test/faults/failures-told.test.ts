/** What people are told of a failure when it is large, hostile or new to us, or when nobody can be told. */
import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../shared/durations.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { readJobEvent } from '../../shared/jobs/job-event.ts';
import { jobOf, rawEvent } from '../functions/notify-failure/fixtures.ts';
import { createNotifier, type World } from '../functions/notify-failure/notifier.ts';

/** The most that SNS takes, attributes included. */
const SNS_BYTES = 256 * 1_024;

const aJob = (): Job => jobOf('container');

const withLog = (lines: readonly string[]): World => {
  const { ends, attempts } = aJob();
  const streams = [...ends, ...attempts.flatMap(({ containers }) => containers)].flatMap(
    ({ logStream }) => logStream ?? [],
  );
  return { logs: Object.fromEntries(streams.map((stream) => [stream, lines])) };
};

const toldOf = async (lines: readonly string[]) => {
  const notifier = createNotifier(withLog(lines));
  await notifier.fail(aJob());
  const [message] = notifier.published;
  if (message === undefined) throw new Error('Nothing was told');
  return message;
};

describe('a log of 300 KB', () => {
  it.each([
    ['in one line', [`${'x'.repeat(300_000)} the end`]],
    ['in lines of a kilobyte', Array.from({ length: 300 }, (_, at) => `${at} ${'y'.repeat(1_000)}`)],
    ['of characters of three bytes', Array.from({ length: 100 }, () => '売'.repeat(1_000))],
  ])('%s makes a message that SNS takes', async (_, lines) => {
    const { subject, body, attributes } = await toldOf(lines);

    expect(Buffer.byteLength(JSON.stringify({ subject, body, attributes }))).toBeLessThan(SNS_BYTES / 8);
    expect(subject.length).toBeLessThan(100);
  });
});

describe('a log in which each character has three bytes', () => {
  it('ends in the message as it ends in CloudWatch Logs', async () => {
    const { body } = await toldOf([...Array.from({ length: 30 }, () => '売'.repeat(150)), '最後の行']);

    expect(body.split('\n').at(-1)).toBe('最後の行');
  });
});

describe('a log that is not what it seems', () => {
  it('forges no line, no colour, no subject, and says no secret', async () => {
    const { subject, body } = await toldOf([
      'ok\r\nSubject: you have won\r\n',
      '\u001b[31mred\u001b[0m \u0007bell \u0000nul \u2028separator',
      '<script>alert(1)</script> & <b>bold</b>',
      'password=hunter22-correct-horse',
    ]);

    expect(subject).toMatch(/^[\x20-\x7e]+$/);
    expect(subject).not.toContain('won');
    expect(body.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(body).not.toContain('hunter22');
    // It is plain text: what looks like HTML is shown as it is.
    expect(body).toContain('<script>alert(1)</script>');
  });
});

describe('a failure that nobody can be told of', () => {
  it('fails, and is told once when there is a topic again, by the next check if not by its message', async () => {
    let isDown = true;
    const notifier = createNotifier({
      onPoint: (point) => {
        if (point === 'before publish' && isDown) throw new Error('SNS is down');
      },
    });

    const { failed } = await notifier.fail(aJob());
    notifier.pass(3 * MINUTE_MS);
    const whileDown = await notifier.notifyDue();
    isDown = false;
    notifier.pass(3 * MINUTE_MS);
    await notifier.notifyDue();
    await notifier.fail(aJob());
    await notifier.notifyDue();

    expect(failed).toEqual([{ item: 0, error: new Error('SNS is down') }]);
    expect(whileDown).toMatchObject({ sent: [], failed: [{ error: new Error('SNS is down') }] });
    expect(notifier.published).toHaveLength(1);
  });
});

describe('an event of a kind that comes tomorrow', () => {
  const withNews = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? { ...inner, somethingNew: { of: ['a', 1, null] } }
        : inner,
    );

  it('with fields that nobody knows yet is told like any other', async () => {
    const [known, unknown] = [createNotifier(), createNotifier()];

    await known.fail(readJobEvent(rawEvent('container')).job);
    await unknown.fail(readJobEvent(withNews(rawEvent('container'))).job);

    expect(unknown.published).toEqual(known.published);
    expect(unknown.published).toHaveLength(1);
  });

  it('and that is about something else fails by name: in the failure queue somebody sees it', () => {
    expect(() => readJobEvent({ ...Object(rawEvent('container')), 'detail-type': 'Batch Job Dreamt' })).toThrow(
      'Event field detail-type is not an event about a job: "Batch Job Dreamt"',
    );
  });
});
