import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { type S3NotificationsStub, startS3NotificationsStub } from '../support/s3-notifications-stub.ts';

const QUEUE =
  '<QueueConfiguration><Id>old</Id><Queue>arn:aws:sqs:eu-west-1:123456789012:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>';
const ON = '<EventBridgeConfiguration/>';

/** Two landing buckets, one of them in two feeds. */
const CONFIGURATION = `
  const feed = (name, bucket) => ({
    name,
    slots: { file: { files: \`s3://\${bucket}/\${name}/{date:yyyyMMdd}\` } },
    job: { batch: { queue: 'q', definition: 'd' } },
  });
  export default { timeZone: 'UTC', feeds: [feed('a', 'one-landing'), feed('b', 'two-landing'), feed('c', 'one-landing')] };
`;

let folder: string;
let s3: S3NotificationsStub;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-cli-'));
  await writeFile(join(folder, 'breakaway.config.ts'), CONFIGURATION);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  s3 = await startS3NotificationsStub();
});

const breakaway = (...args: readonly string[]): Promise<CliResult> => breakawayWith({}, ...args);

const breakawayWith = (
  settings: Readonly<Record<string, string | undefined>>,
  ...args: readonly string[]
): Promise<CliResult> =>
  runCli(args, {
    PATH: process.env['PATH'],
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    BREAKAWAY_CONFIG: join(folder, 'breakaway.config.ts'),
    ...settings,
  });

describe('breakaway notifications', { timeout: 30_000 }, () => {
  it('shows the difference of a bucket and leaves it alone', async () => {
    s3.buckets.set('northwind', QUEUE);

    const { code, stdout } = await breakaway('notifications', 'northwind');

    expect(code).toBe(2);
    expect(stdout).toContain('+EventBridgeConfiguration {}\n QueueConfigurations {');
    expect(stdout).toContain('northwind: EventBridge is off');
    expect(s3.buckets.get('northwind')).toBe(QUEUE);
  });

  it('switches EventBridge on with --apply, and keeps what was there', async () => {
    s3.buckets.set('northwind', QUEUE);

    const { code, stdout } = await breakaway('notifications', 'northwind', '--apply');

    expect(code).toBe(0);
    expect(stdout).toContain('northwind: EventBridge is switched on');
    expect(s3.buckets.get('northwind')).toContain('<Id>old</Id>');
    expect(s3.buckets.get('northwind')).toContain(ON);
  });

  it('does nothing to a bucket that is on already', async () => {
    s3.buckets.set('northwind', `${QUEUE}${ON}`);

    const { code, stdout } = await breakaway('notifications', 'northwind', '--apply');

    expect({ code, stdout }).toEqual({ code: 0, stdout: 'northwind: EventBridge is on already: nothing to do\n' });
    expect(s3.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('goes through the landing buckets of the configuration, each once, and past one that fails', async () => {
    s3.refusals.set('one-landing', { status: 403, code: 'AccessDenied' });
    s3.buckets.set('two-landing', '');

    const { code, stdout, stderr } = await breakaway('notifications', '--apply');

    expect(code).toBe(1);
    expect(stderr).toBe('Access denied: it takes the permission s3:GetBucketNotification on the bucket one-landing\n');
    expect(stdout).toContain('two-landing: EventBridge is switched on');
    expect(new Set(s3.requests.map(({ bucket }) => bucket))).toEqual(new Set(['one-landing', 'two-landing']));
    expect(s3.requests.filter(({ bucket }) => bucket === 'one-landing')).toHaveLength(1);
  });

  it('says that a bucket does not exist', async () => {
    const { code, stderr } = await breakaway('notifications', 'nowhere');

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'There is no bucket nowhere\n' });
  });

  it('explains itself with examples', async () => {
    const { code, stdout } = await breakaway('notifications', '--help');

    expect(code).toBe(0);
    expect(stdout).toContain('$ npx breakaway notifications northwind-landing --apply');
  });

  it('refuses what it does not know', async () => {
    const { code, stderr } = await breakaway('notification');

    expect(code).toBe(2);
    expect(stderr).toContain("unknown command 'notification'");
  });

  it.each([
    ['is not there', 'none.config.ts', undefined, 'the file does not exist'],
    ['cannot be parsed', 'torn.config.ts', 'export default {{;\n', /it could not be loaded: .* \(line 1\)/],
    ['has problems', 'wrong.config.ts', "export default { timeZone: 'Mars', feeds: [] };\n", /timeZone: "Mars"/],
  ])('tells once, and without a stack, of a configuration that %s', async (_, file, text, reason) => {
    const path = join(folder, file);
    if (text !== undefined) await writeFile(path, text);

    const { code, stderr } = await breakawayWith({ BREAKAWAY_CONFIG: path }, 'notifications');

    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([`${path} has a problem:`, expect.stringMatching(reason)]);
  });

  it('looks in the same Region as the deployment', async () => {
    const serverless = await readFile(resolve(import.meta.dirname, '../../serverless.yml'), 'utf8');
    const { stdout } = await breakawayWith(
      { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-south-1' },
      'notifications',
      '--help',
    );

    expect(serverless).toContain(`region: \${opt:region, env:AWS_REGION, env:AWS_DEFAULT_REGION, 'ap-northeast-1'}`);
    expect(stdout).toContain('eu-south-1');
  });
});
