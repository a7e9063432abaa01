import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UserConfig } from '../../configuration/define.ts';
import type { UserFeed } from '../../configuration/define-feed.ts';
import { ConfigurationError, loadConfiguration, parseConfiguration } from '../../configuration/load.ts';

const aUserFeed = (feed: Partial<UserFeed> = {}): UserFeed => ({
  name: 'sales',
  slots: { orders: { files: 's3://landing/sales/{date:yyyyMMdd}/orders_*.tsv.gz' } },
  job: { batch: { queue: 'etl', definition: 'import-sales' } },
  ...feed,
});

const aUserConfig = (config: Partial<UserConfig> = {}): UserConfig => ({
  timeZone: 'Asia/Tokyo',
  feeds: [aUserFeed()],
  ...config,
});

const problemsOf = (config: unknown): string[] => {
  try {
    parseConfiguration(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
};

const ALARM_AFTER_MS = {
  SUBMITTED: 1_800_000,
  PENDING: 86_400_000,
  RUNNABLE: 7_200_000,
  STARTING: 1_800_000,
  RUNNING: 86_400_000,
};

describe('parseConfiguration', () => {
  it('fills in every default', () => {
    expect(parseConfiguration(aUserConfig())).toEqual({
      configuration: {
        timeZone: 'Asia/Tokyo',
        feeds: [
          {
            name: 'sales',
            slots: [
              {
                kind: 'files',
                name: 'orders',
                template: expect.objectContaining({ bucket: 'landing' }),
                min: 1,
                optional: false,
                minBytes: 0,
              },
            ],
            job: {
              batch: {
                queue: 'etl',
                definition: 'import-sales',
                parameters: {},
                environment: {},
                resources: {},
                tags: {},
                propagateTags: false,
              },
            },
            onOverwrite: 'ignore',
            outputs: [],
            tell: [],
            timeZone: 'Asia/Tokyo',
            captures: [],
            dateUnit: 'dd',
            values: {},
            lookback: 3,
            remindEveryMs: 4 * 3_600_000,
            catchUp: 'latest',
            shadow: false,
          },
        ],
        calendars: {},
        queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: ALARM_AFTER_MS },
        logGroups: [],
      },
      warnings: [],
    });
  });

  it('refuses a log group with an illegal name', () => {
    expect(problemsOf(aUserConfig({ logGroups: ['/aws/batch/job', 'a:b', ''] }))).toEqual([
      'logGroups: "a:b" is not the name of a log group: at most 512 letters, digits, "_", "-", "/", "." and "#"',
      'logGroups: "" is not the name of a log group: at most 512 letters, digits, "_", "-", "/", "." and "#"',
    ]);
  });

  it('reads the age at which a status raises an alarm, or that none does', () => {
    const { configuration } = parseConfiguration(
      aUserConfig({ queues: { alarmAfter: { RUNNABLE: '15m', PENDING: 'never' } } }),
    );

    const { PENDING: _, ...others } = ALARM_AFTER_MS;
    expect(configuration.queues.alarmAfterMs).toEqual({ ...others, RUNNABLE: 900_000 });
  });

  it('refuses an age for which no alarm is possible', () => {
    expect(problemsOf(aUserConfig({ queues: { alarmAfter: { STARTING: '1m', RUNNING: 'soon' } } }))).toEqual([
      `queues, alarmAfter, STARTING: "1m" is not from 5m to 7d; or write 'never'`,
      `queues, alarmAfter, RUNNING: "soon" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d; or write 'never'`,
    ]);
  });

  it('reads each notification once', () => {
    const { configuration } = parseConfiguration(
      aUserConfig({ feeds: [aUserFeed({ tell: ['succeeded', 'started', 'succeeded'] })] }),
    );

    expect(configuration.feeds[0]?.tell).toEqual(['succeeded', 'started']);
  });

  it('returns data that stays the same as JSON', () => {
    const batch = {
      queue: 'etl',
      definition: 'import',
      command: undefined,
      resources: { vcpus: undefined, gpus: 1 },
      retry: { attempts: 2, evaluateOnExit: [{ action: 'EXIT' as const, onReason: undefined, onExitCode: '2' }] },
      arraySize: undefined,
      shareIdentifier: 'team',
    };
    const { configuration } = parseConfiguration(
      aUserConfig({ feeds: [aUserFeed({ job: { batch } })], queues: { count: ['etl-*'] } }),
    );

    expect(JSON.parse(JSON.stringify(configuration))).toStrictEqual(configuration);
    expect(configuration.feeds[0]?.job.batch.retry).toStrictEqual({
      attempts: 2,
      evaluateOnExit: [{ action: 'EXIT', onExitCode: '2' }],
    });
  });

  it('adds no exit rules to a job without them', () => {
    const batch = { queue: 'etl', definition: 'import', retry: { attempts: 2 } };
    const { configuration } = parseConfiguration(aUserConfig({ feeds: [aUserFeed({ job: { batch } })] }));

    expect(configuration.feeds[0]?.job.batch.retry).toEqual({ attempts: 2, evaluateOnExit: [] });
  });

  it('accepts a configuration without feeds', () => {
    expect(parseConfiguration({ timeZone: 'UTC', feeds: [] }).configuration.feeds).toEqual([]);
  });

  it('reports all problems at once: of shape, of syntax and of meaning, also in the same feed', () => {
    const config = {
      timeZone: 'Asia/Tokio',
      feeds: [
        {
          name: 'Sales',
          slots: {
            orders: { files: 's3://landing/{date:YYYYMMdd}/{shop', min: 0 },
            complete: { files: 's3://landing/{date:yyyyMMdd}/_SUCCESS', min: 2 },
          },
          job: {
            batch: {
              queue: 'etl queue',
              definition: 'import',
              retrys: 3,
              environment: { AWS_BATCH_X: '{complete.url}' },
            },
          },
        },
        aUserFeed({ name: 'twice' }),
        aUserFeed({ name: 'twice' }),
      ],
      queues: { count: ['a b'] },
    };

    expect(problemsOf(config)).toEqual([
      'feed Sales, slot orders, min: must be a whole number, at least 1, not 0',
      'feed Sales, job, batch: unknown key retrys (did you mean retry?)',
      'timeZone: "Asia/Tokio" is not an IANA time zone (did you mean Asia/Tokyo?)',
      'feed Sales, name: must have only a-z, 0-9 and "-", start with a letter or digit, and have at most 40 characters',
      [
        'feed Sales, slot orders, position 20: "YYYY" is not a unit of a date (yyyy, MM, dd, HH, mm): did you mean yyyy?',
        '    s3://landing/{date:YYYYMMdd}/{shop',
        '                       ^',
      ].join('\n'),
      [
        'feed Sales, slot orders, position 30: this { has no }; write {{ for a plain brace',
        '    s3://landing/{date:YYYYMMdd}/{shop',
        '                                 ^',
      ].join('\n'),
      'feed Sales, slot complete: min 2 needs a * in the template: without it, a run has a single file',
      'feed Sales, job, queue: "etl queue" is not the name of a queue: at most 128 letters, digits, "_" and "-"',
      'feed Sales, job, environment variable AWS_BATCH_X: Batch itself sets the names that start with AWS_BATCH',
      'feed twice: 2 feeds have this name',
      'queues, count: "a b" is not a name or pattern of a queue: at most 128 letters, digits, "_", "-" and "*"',
    ]);
  });

  it('lists all problems in the message', () => {
    expect(() => parseConfiguration({ ...aUserConfig(), timeZone: 'Mars' }, 'mars.config.ts')).toThrow(
      'mars.config.ts has a problem:\n- timeZone: "Mars" is not an IANA time zone',
    );
    expect(() => parseConfiguration({ feeds: 1, zone: 'UTC' })).toThrow(
      /^The configuration has 3 problems:\n- .*\n- .*\n- /,
    );
    expect(() => parseConfiguration(undefined)).toThrow(
      'The configuration has a problem:\n- configuration: is missing',
    );
  });

  it('identifies feeds without a legal name by their number', () => {
    expect(problemsOf(aUserConfig({ feeds: [aUserFeed({ name: '' })] }))).toEqual([
      expect.stringContaining('feed 1, name: must have only'),
    ]);
  });

  it.each(['a', 'a'.repeat(40), '0-9', 'northwind-sales'])('accepts the feed name %s', (name) => {
    expect(problemsOf(aUserConfig({ feeds: [aUserFeed({ name })] }))).toEqual([]);
  });

  it.each(['A', 'a_b', '-a', 'a'.repeat(41), 'a b'])('refuses the feed name %s', (name) => {
    expect(problemsOf(aUserConfig({ feeds: [aUserFeed({ name })] }))).toEqual([
      expect.stringContaining(`feed ${name}, name: `),
    ]);
  });

  it('reports the name of a slot together with other problems', () => {
    expect(
      problemsOf(
        aUserConfig({ feeds: [aUserFeed({ slots: { '2nd': { files: 'x' }, feed: { files: 's3://landing/x' } } })] }),
      ),
    ).toEqual([
      'feed sales, slot 2nd: the name of a slot is a letter, then at most 39 letters, digits, "_" or "-"',
      expect.stringContaining('feed sales, slot 2nd, position 1: a template starts with s3://'),
      'feed sales, slot feed: {feed} has another meaning in a job: use another name',
    ]);
  });

  it.each(['Asia/Tokyo', 'UTC', 'Europe/Berlin', 'Asia/Kolkata'])('accepts the time zone %s', (timeZone) => {
    expect(problemsOf(aUserConfig({ timeZone }))).toEqual([]);
  });

  it.each([
    ['+09:00', 'timeZone: "+09:00" is an offset: write an IANA time zone'],
    ['america/new yorc', 'timeZone: "america/new yorc" is not an IANA time zone (did you mean America/New_York?)'],
    ['', 'timeZone: "" is not an IANA time zone'],
  ])('refuses the time zone %s', (timeZone, problem) => {
    expect(problemsOf(aUserConfig({ timeZone }))).toEqual([problem]);
  });

  it.each([
    [[], "queues, count: the list is empty; write 'all', or leave it out, to count all queues"],
    [
      ['etl', ''],
      'queues, count: "" is not a name or pattern of a queue: at most 128 letters, digits, "_", "-" and "*"',
    ],
  ])('refuses to count the queues %j', (count, problem) => {
    expect(problemsOf(aUserConfig({ queues: { count } }))).toEqual([problem]);
  });

  it('reads the time between reminders of jobs that can never run', () => {
    const { configuration } = parseConfiguration(aUserConfig({ queues: { remindEvery: '90m' } }));

    expect(configuration.queues).toEqual({ count: 'all', remindEveryMs: 5_400_000, alarmAfterMs: ALARM_AFTER_MS });
  });

  it.each([
    ['', '"" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d'],
    ['1 day', '"1 day" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 4h, 3d'],
    ['30s', '"30s" is not from 1m to 30d'],
    ['31d', '"31d" is not from 1m to 30d'],
  ])('refuses a reminder every %j', (remindEvery, problem) => {
    expect(problemsOf(aUserConfig({ queues: { count: [], remindEvery } }))).toEqual([
      "queues, count: the list is empty; write 'all', or leave it out, to count all queues",
      `queues, remindEvery: ${problem}`,
    ]);
  });

  it('reports the problems of declared outputs', () => {
    const outputs = [
      's3://warehouse/{shop}/{date:yyyy}',
      'warehouse/x',
      's3://warehouse/{manifest}',
      's3://warehouse/ok/',
      's3://warehouse/{none.key}',
      'warehouse/{shop}/{manifest}',
      '{shop}/x',
      's3://warehouse/{x',
    ];

    expect(
      problemsOf(aUserConfig({ feeds: [aUserFeed({ outputs })] })).map((problem) => problem.split('\n')[0]),
    ).toEqual([
      expect.stringMatching(/^feed sales, output 1, position 16: \{shop\} is not a placeholder of this feed/),
      'feed sales, output 2, position 1: an output starts with s3://bucket/, without placeholders in the bucket',
      'feed sales, output 3, position 16: this placeholder has no meaning in an output',
      expect.stringMatching(/^feed sales, output 5, position 16: \{none.key\} is not a placeholder of this feed/),
      'feed sales, output 6, position 1: an output starts with s3://bucket/, without placeholders in the bucket',
      expect.stringMatching(/^feed sales, output 6, position 11: \{shop\} is not a placeholder of this feed/),
      'feed sales, output 6, position 18: this placeholder has no meaning in an output',
      expect.stringMatching(/^feed sales, output 7, position 1: \{shop\} is not a placeholder of this feed/),
      'feed sales, output 7, position 1: an output starts with s3://bucket/, without placeholders in the bucket',
      'feed sales, output 8, position 16: this { has no }; write {{ for a plain brace',
    ]);
  });

  it('does not report a missing capture while a slot could not be read', () => {
    const config = aUserConfig({
      feeds: [
        aUserFeed({
          slots: {
            orders: { files: 's3://landing/{date:YYYY}/{shop}' },
            extra: { files: 's3://landing/{shop}/x', optional: true },
          },
          job: {
            batch: {
              queue: 'etl',
              definition: 'import',
              parameters: { date: '{date:yyyy}', orders: '{orders.uri}', area: '{area}' },
            },
          },
          outputs: ['s3://warehouse/{area}', 's3://warehouse/{orders.key}'],
        }),
      ],
    });

    expect(problemsOf(config)).toEqual([expect.stringContaining('slot orders, position 20: "YYYY" is not a unit')]);
  });

  it('warns of a probable mistake', () => {
    const config = aUserConfig({ feeds: [aUserFeed({ name: 'one' }), aUserFeed({ name: 'other' })] });

    expect(parseConfiguration(config).warnings).toEqual([
      'feeds one and other: both would submit import-sales to etl for one object, for example s3://landing/sales/20260101/orders_x.tsv.gz',
    ]);
  });

  it('warns of an exit rule that Batch may refuse', () => {
    const job = {
      batch: {
        queue: 'etl',
        definition: 'import',
        retry: { attempts: 2, evaluateOnExit: [{ action: 'RETRY' as const, onReason: 'exit (1)' }] },
      },
    };

    expect(parseConfiguration(aUserConfig({ feeds: [aUserFeed({ name: 'one', job })] })).warnings).toEqual([
      expect.stringContaining('feed one, job, retry, evaluateOnExit rule 1, onReason: "exit (1)" has a "("'),
    ]);
  });
});

describe('loadConfiguration', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakaway-config-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  const aFile = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  it('loads the file of the project, the example of two providers', async () => {
    const { configuration, warnings } = await loadConfiguration();

    expect(warnings).toEqual([]);
    expect(configuration.timeZone).toBe('Asia/Tokyo');
    expect(configuration.queues).toEqual({ count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: ALARM_AFTER_MS });
    expect(configuration.feeds.map(({ name, slots }) => [name, slots.map((slot) => slot.name)])).toEqual([
      ['northwind-sales', ['orders', 'complete']],
      ['northwind-catalog', ['products']],
      ['clickstream-hourly', ['events', 'corrections']],
      ['segment-upload', ['segment']],
    ]);
  });

  it('loads another file, by a path from the working directory or the root', async () => {
    const path = await aFile(
      'another.config.ts',
      `const timeZone: string = 'UTC';\nexport default { timeZone, feeds: [] };\n`,
    );

    const { configuration } = await loadConfiguration(path);

    expect(configuration).toEqual({
      timeZone: 'UTC',
      feeds: [],
      calendars: {},
      queues: { count: 'all', remindEveryMs: 86_400_000, alarmAfterMs: ALARM_AFTER_MS },
      logGroups: [],
    });
    expect((await loadConfiguration(relative(process.cwd(), path))).configuration).toEqual(configuration);
  });

  it('names the file that has problems', async () => {
    const path = await aFile('wrong.config.ts', `export default { timeZone: 'Mars', feeds: [] };\n`);

    await expect(loadConfiguration(path)).rejects.toThrow(
      `${path} has a problem:\n- timeZone: "Mars" is not an IANA time zone`,
    );
  });

  it('reports a file without a default export', async () => {
    const path = await aFile('empty.config.ts', `export const config = {};\n`);

    await expect(loadConfiguration(path)).rejects.toThrow(
      `${path} has a problem:\n- it has no default export: write \`export default defineConfig({ … })\``,
    );
  });

  it('reports a file that does not exist', async () => {
    const path = join(folder, 'none.config.ts');

    const error = await loadConfiguration(path).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: `${path} has a problem:\n- the file does not exist` });
  });

  it.each([
    ['cannot be parsed', 'export default {{;\n', /has a problem:\n- it could not be loaded: \S/],
    [
      'fails',
      `const feeds = [];\nthrow new Error('no feeds');\nexport default { feeds };\n`,
      /:\n- it could not be loaded: no feeds \(line 2\)$/,
    ],
    [
      'fails nobody knows where',
      `throw Object.assign(new Error('no feeds'), { stack: undefined });\n`,
      /:\n- it could not be loaded: no feeds$/,
    ],
    ['throws what is no error', `throw 'nothing';\n`, /:\n- it could not be loaded: nothing$/],
    ['imports what is not there', `import nothing from './nothing.ts';\nexport default nothing;\n`, /nothing\.ts/],
  ])('reports a file that %s, with the reason', async (what, text, reason) => {
    const path = await aFile(`${what.replaceAll(/\W/g, '-')}.config.ts`, text);

    const error = await loadConfiguration(path).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: expect.stringMatching(reason) });
    expect(error).toMatchObject({ message: expect.stringContaining(`${path} has a problem`) });
  });
});
