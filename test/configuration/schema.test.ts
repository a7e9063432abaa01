import { describe, expect, it } from 'vitest';
import { readShape } from '../../configuration/schema.ts';

const aUserFeed = (feed: object = {}) => ({
  name: 'sales',
  slots: { orders: { files: 's3://landing/x' } },
  job: { batch: { queue: 'etl', definition: 'import' } },
  ...feed,
});

const aUserConfig = (config: object = {}) => ({ timeZone: 'UTC', feeds: [aUserFeed()], ...config });

const withJob = (batch: object) =>
  aUserConfig({ feeds: [aUserFeed({ job: { batch: { queue: 'etl', definition: 'import', ...batch } } })] });

const withSlot = (slot: object) =>
  aUserConfig({ feeds: [aUserFeed({ slots: { orders: { files: 's3://landing/x', ...slot } } })] });

describe('readShape', () => {
  it('returns a configuration of the right shape unchanged', () => {
    const whole = aUserConfig({
      feeds: [
        aUserFeed({
          slots: {
            orders: { files: 's3://landing/x', min: 1, optional: false, minBytes: 0 },
            other: { feed: 'other', offset: '-1d', all: ['shop'], optional: true },
            time: { at: '06:30' },
          },
          timeZone: 'Asia/Tokyo',
          calendar: 'office',
          due: '09:00',
          cutOff: '+33h',
          since: '2026-11-22',
          lookback: 60,
          remindEvery: '4h',
          catchUp: 'all',
          values: { shop: ['tokyo'] },
          shadow: true,
          onOverwrite: 'rerun',
          outputs: ['s3://warehouse/x'],
          tell: ['started', 'succeeded'],
          job: {
            batch: {
              queue: 'etl',
              definition: 'import:3',
              parameters: { a: 'b' },
              command: ['a'],
              environment: { A: 'b' },
              resources: { vcpus: 0.25, memoryMiB: 4, gpus: 1 },
              arraySize: 10_000,
              timeoutSeconds: 60,
              retry: { attempts: 10, evaluateOnExit: [{ action: 'EXIT', onReason: '*' }] },
              shareIdentifier: 'a',
              schedulingPriority: 9_999,
              tags: { a: 'b' },
              propagateTags: true,
            },
          },
        }),
      ],
      calendars: {
        office: { weekdays: ['mon', 'sun'], holidays: 'days.txt' },
        listed: { holidays: ['2026-11-23'] },
        every: {},
      },
      queues: { count: ['etl-*'], remindEvery: '4h' },
      logGroups: ['/team/etl'],
    });

    expect(readShape(whole)).toEqual({ config: whole, problems: [], incomplete: new Set() });
  });

  it('treats an undefined field as left out', () => {
    const { problems } = readShape({ ...withSlot({ min: undefined }), queues: undefined });

    expect(problems).toEqual([]);
  });

  it('guesses the kind of a slot from a misspelt key', () => {
    const { problems } = readShape(
      aUserConfig({ feeds: [aUserFeed({ slots: { orders: { fedd: 'other', offset: '-1d' } } })] }),
    );

    expect(problems).toEqual([
      'feed sales, slot orders, feed: is missing, must be a string',
      'feed sales, slot orders: unknown key fedd (did you mean feed?)',
    ]);
  });

  it.each([
    [
      'nothing',
      undefined,
      'configuration: is missing, must be an object with timeZone, feeds, calendars, queues, emr, uis, logGroups',
    ],
    [
      'a string',
      'x',
      'configuration: must be an object with timeZone, feeds, calendars, queues, emr, uis, logGroups, not "x"',
    ],
    [
      'null',
      null,
      'configuration: must be an object with timeZone, feeds, calendars, queues, emr, uis, logGroups, not null',
    ],
    [
      'a list',
      [],
      'configuration: must be an object with timeZone, feeds, calendars, queues, emr, uis, logGroups, not a list',
    ],
  ])('refuses %s', (_, data, problem) => {
    expect(readShape(data)).toEqual({ config: undefined, problems: [problem], incomplete: new Set() });
  });

  it.each([
    ['an unknown key', aUserConfig({ feed: [] }), 'configuration: unknown key feed (did you mean feeds?)'],
    [
      'several unknown keys',
      withSlot({ fils: 'x', zebra: 1 }),
      'feed sales, slot orders: unknown key fils (did you mean files?), unknown key zebra',
    ],
    ['no time zone', aUserConfig({ timeZone: undefined }), 'timeZone: is missing, must be a string'],
    [
      'a slot that waits for nothing',
      aUserConfig({ feeds: [aUserFeed({ slots: { orders: {} } })] }),
      'feed sales, slot orders: must have one of files (a template), feed (the name of another feed) or at (a time)',
    ],
    [
      'a string in place of a slot',
      aUserConfig({ feeds: [aUserFeed({ slots: { orders: 's3://landing/x' } })] }),
      'feed sales, slot orders: must have one of files (a template), feed (the name of another feed) or at (a time), not "s3://landing/x"',
    ],
    [
      'a slot that waits for two things',
      withSlot({ at: '06:30' }),
      'feed sales, slot orders: must have one of files (a template), feed (the name of another feed) or at (a time), not both files and at: write two slots',
    ],
    [
      'a field that only files have',
      aUserConfig({ feeds: [aUserFeed({ slots: { time: { at: '06:30', optional: true } } })] }),
      'feed sales, slot time: unknown key optional',
    ],
    [
      'a list in place of the name of a feed',
      aUserConfig({ feeds: [aUserFeed({ slots: { other: { feed: ['other'] } } })] }),
      'feed sales, slot other, feed: must be a string, not a list',
    ],
    [
      'a string in place of a list of captures',
      aUserConfig({ feeds: [aUserFeed({ slots: { other: { feed: 'other', all: 'shop' } } })] }),
      'feed sales, slot other, all: must be a list of captures, not "shop"',
    ],
    [
      'too long a way back',
      aUserConfig({ feeds: [aUserFeed({ lookback: 61 })] }),
      'feed sales, lookback: must be a whole number from 0 to 60, not 61',
    ],
    [
      'another way to catch up',
      aUserConfig({ feeds: [aUserFeed({ catchUp: 'none' })] }),
      'feed sales, catchUp: must be latest or all, not "none"',
    ],
    [
      'a value in place of a list',
      aUserConfig({ feeds: [aUserFeed({ values: { shop: 'tokyo' } })] }),
      'feed sales, values of shop: must be a list of strings, not "tokyo"',
    ],
    [
      'a day that is none',
      aUserConfig({ calendars: { office: { weekdays: ['monday'] } } }),
      'calendar office, weekdays entry 1: must be one of mon, tue, wed, thu, fri, sat, sun, not "monday"',
    ],
    [
      'holidays that are neither a list nor a file',
      aUserConfig({ calendars: { office: { holidays: 3 } } }),
      'calendar office, holidays: must be a list of dates, or the path of a file with them, not 3',
    ],
    [
      'no number',
      withSlot({ min: Number.NaN }),
      'feed sales, slot orders, min: must be a whole number, at least 1, not NaN',
    ],
    [
      'an infinite number',
      withJob({ timeoutSeconds: Number.NEGATIVE_INFINITY }),
      'feed sales, job, timeoutSeconds: must be a whole number from 60 to 2,147,483,647, not -Infinity',
    ],
    [
      'another kind of number',
      withSlot({ min: 2n }),
      'feed sales, slot orders, min: must be a whole number, at least 1, not 2n',
    ],
    [
      'a function in place of a string',
      aUserConfig({ timeZone: () => 'UTC' }),
      'timeZone: must be a string, not a function',
    ],
    ['a min of 0', withSlot({ min: 0 }), 'feed sales, slot orders, min: must be a whole number, at least 1, not 0'],
    [
      'half a file',
      withSlot({ min: 1.5 }),
      'feed sales, slot orders, min: must be a whole number, at least 1, not 1.5',
    ],
    [
      'less than no bytes',
      withSlot({ minBytes: -1 }),
      'feed sales, slot orders, minBytes: must be a whole number, at least 0, not -1',
    ],
    ['no truth', withSlot({ optional: 'yes' }), 'feed sales, slot orders, optional: must be true or false, not "yes"'],
    [
      'something to tell that nobody can',
      aUserConfig({ feeds: [aUserFeed({ tell: ['ended'] })] }),
      'feed sales, tell entry 1: must be started or succeeded, not "ended"',
    ],
    [
      'a string in place of a list of log groups',
      aUserConfig({ logGroups: '/team' }),
      'logGroups: must be a list of log groups, not "/team"',
    ],
    [
      'another policy',
      aUserConfig({ feeds: [aUserFeed({ onOverwrite: 'retry' })] }),
      'feed sales, onOverwrite: must be ignore, alert or rerun, not "retry"',
    ],
    [
      'an array of one',
      withJob({ arraySize: 1 }),
      'feed sales, job, arraySize: must be a whole number from 2 to 10,000, not 1',
    ],
    [
      'an array too large',
      withJob({ arraySize: 10_001 }),
      'feed sales, job, arraySize: must be a whole number from 2 to 10,000, not 10001',
    ],
    [
      'too little time',
      withJob({ timeoutSeconds: 59 }),
      'feed sales, job, timeoutSeconds: must be a whole number from 60 to 2,147,483,647, not 59',
    ],
    [
      'more time than Batch can count',
      withJob({ timeoutSeconds: 2_147_483_648 }),
      'feed sales, job, timeoutSeconds: must be a whole number from 60 to 2,147,483,647, not 2147483648',
    ],
    [
      'too many attempts',
      withJob({ retry: { attempts: 11 } }),
      'feed sales, job, retry, attempts: must be a whole number from 1 to 10, not 11',
    ],
    [
      'rules without attempts',
      withJob({ retry: { evaluateOnExit: [] } }),
      'feed sales, job, retry, attempts: is missing, must be a whole number from 1 to 10',
    ],
    [
      'too many rules',
      withJob({ retry: { attempts: 1, evaluateOnExit: Array(6).fill({ action: 'EXIT' }) } }),
      'feed sales, job, retry, evaluateOnExit: must have at most 5 rules',
    ],
    [
      'another action',
      withJob({ retry: { attempts: 1, evaluateOnExit: [{ action: 'exit' }] } }),
      'feed sales, job, retry, evaluateOnExit rule 1, action: must be RETRY or EXIT, not "exit"',
    ],
    [
      'too high a priority',
      withJob({ schedulingPriority: 10_000 }),
      'feed sales, job, schedulingPriority: must be a whole number from 0 to 9,999, not 10000',
    ],
    [
      'a third of a vCPU',
      withJob({ resources: { vcpus: 0.3 } }),
      'feed sales, job, resources, vcpus: must be one of 0.25, 0.5, 1, 2, 4, 8, 16, 32 (Fargate) or a whole number (EC2), not 0.3',
    ],
    [
      'a number that neither Fargate nor EC2 has',
      withJob({ resources: { vcpus: 1.5 } }),
      'feed sales, job, resources, vcpus: must be one of 0.25, 0.5, 1, 2, 4, 8, 16, 32 (Fargate) or a whole number (EC2), not 1.5',
    ],
    [
      'no vCPU',
      withJob({ resources: { vcpus: 0 } }),
      'feed sales, job, resources, vcpus: must be one of 0.25, 0.5, 1, 2, 4, 8, 16, 32 (Fargate) or a whole number (EC2), not 0',
    ],
    [
      'too little memory',
      withJob({ resources: { memoryMiB: 3 } }),
      'feed sales, job, resources, memoryMiB: must be a whole number, at least 4, not 3',
    ],
    [
      'no GPU',
      withJob({ resources: { gpus: 0 } }),
      'feed sales, job, resources, gpus: must be a whole number, at least 1, not 0',
    ],
    [
      'a number for a string',
      withJob({ parameters: { retries: 3 } }),
      'feed sales, job, parameter retries: must be a string, not 3',
    ],
    [
      'a string for a list',
      withJob({ command: 'import' }),
      'feed sales, job, command: must be a list of strings, not "import"',
    ],
    [
      'a list for an object',
      withJob({ environment: ['A=b'] }),
      'feed sales, job, environment: must be an object of strings, not a list',
    ],
    [
      'queues that are not names',
      aUserConfig({ queues: { count: [1] } }),
      "queues, count: must be 'all' or a list of names",
    ],
    [
      'another word for queues',
      aUserConfig({ queues: { count: 'none' } }),
      'queues, count: must be \'all\' or a list of names, not "none"',
    ],
    ['feeds that are not a list', aUserConfig({ feeds: {} }), 'feeds: must be a list of feeds, not an object'],
    [
      'a feed without a name',
      aUserConfig({ feeds: [aUserFeed({ name: undefined })] }),
      'feed 1, name: is missing, must be a string',
    ],
    [
      'another target',
      aUserConfig({ feeds: [aUserFeed({ job: { lambda: {} } })] }),
      'feed sales, job, batch: is missing, must be an object with queue, definition, ',
    ],
  ])('refuses %s', (_, data, problem) => {
    expect(readShape(data).problems[0]).toContain(problem);
  });

  it.each([
    ['slots', { slots: { orders: { files: 's3://landing/x' }, ['__proto__']: { files: 's3://landing/y' } } }],
    ['values', { values: { ['__proto__']: ['tokyo'] } }],
    ['job, parameters', { job: { batch: { queue: 'a', definition: 'b', parameters: { ['__proto__']: 'x' } } } }],
    ['job, environment', { job: { batch: { queue: 'a', definition: 'b', environment: { ['__proto__']: 'x' } } } }],
    ['job, tags', { job: { batch: { queue: 'a', definition: 'b', tags: { ['__proto__']: 'x' } } } }],
  ])('refuses a key __proto__ among the %s of a feed, which zod would drop silently', (place, feed) => {
    const data = aUserConfig({ feeds: [aUserFeed(feed)] });

    expect(readShape(data).problems).toEqual([`feed sales, ${place}: unknown key __proto__`]);
    expect(readShape(JSON.parse(JSON.stringify(data))).problems).toEqual([
      `feed sales, ${place}: unknown key __proto__`,
    ]);
  });

  it('reports a key __proto__ once, together with other problems, and reads the rest', () => {
    const slots = { orders: { files: 's3://landing/x' } };
    const lost = '"__proto__":{"__proto__":1}';
    const data = JSON.parse(
      JSON.stringify(aUserConfig({ feeds: [aUserFeed({ slots, lookback: 99 })], calendars: {}, uis: { define: {} } }))
        .replaceAll(/(?<="(?:define|calendars)":\{)/g, lost)
        .replace(/(?<="slots":\{)/, `${lost},`)
        .replace('{', '{"__proto__":[],"zebra":1,'),
    );

    const { config, problems, incomplete } = readShape(data);

    expect(problems.toSorted()).toEqual([
      'calendars: unknown key __proto__',
      'configuration: unknown key __proto__, unknown key zebra',
      'feed sales, lookback: must be a whole number from 0 to 60, not 99',
      'feed sales, slots: unknown key __proto__',
      'uis, define: unknown key __proto__',
    ]);
    expect(config).toEqual(aUserConfig({ feeds: [aUserFeed({ slots })], calendars: {}, uis: { define: {} } }));
    expect(incomplete).toEqual(new Set(['sales']));
  });

  it.each([
    ['min', { files: 's3://landing/x', min: 0 }, []],
    ['minBytes', { files: 's3://landing/x', minBytes: 'x' }, []],
    ['optional', { files: 's3://landing/x', optional: 1 }, []],
    ['offset', { feed: 'x', offset: 1 }, []],
    ['all', { feed: 'x', all: 1 }, ['sales']],
    ['files', { files: 1 }, ['sales']],
    ['another key', { files: 's3://landing/x', al: [] }, ['sales']],
  ])('marks a feed as incomplete, or not, when %s of a slot is wrong', (_, slot, incomplete) => {
    const reading = readShape(aUserConfig({ feeds: [aUserFeed({ slots: { slot } })] }));

    expect(reading.problems).not.toEqual([]);
    expect(reading.incomplete).toEqual(new Set(incomplete));
  });

  it('reads data that contains itself', () => {
    const data: Record<string, unknown> = aUserConfig();
    data['zebra'] = data;

    expect(readShape(data).problems).toEqual(['configuration: unknown key zebra']);
  });

  it('reports every problem once, and removes only the wrong fields', () => {
    const { config, problems, incomplete } = readShape({
      timeZone: 9,
      zebra: 1,
      feeds: [
        'x',
        aUserFeed({ name: 7, slots: { orders: { files: 's3://landing/x', min: 0 }, other: { files: 1 } } }),
        aUserFeed({
          name: 'second',
          slots: [],
          job: {
            batch: { queue: 'etl', retry: { attempts: 0 }, command: ['a', 1, 'b'], tags: { slots: 1, queue: {} } },
          },
        }),
        aUserFeed({ name: 'third', job: undefined }),
        aUserFeed({ name: 'no-queue', job: { batch: { definition: 'import' } } }),
        aUserFeed({ name: 'fourth', job: {}, outputs: ['s3://a', 2] }),
      ],
      queues: { count: 'some' },
    });

    expect(problems).toHaveLength(17);
    expect(config).toEqual({
      timeZone: 'UTC',
      feeds: [
        {
          name: '2',
          slots: { orders: { files: 's3://landing/x' } },
          job: { batch: { queue: 'etl', definition: 'import' } },
        },
        {
          name: 'second',
          slots: {},
          job: { batch: { queue: 'etl', definition: 'unknown', command: ['a', 'b'], tags: {} } },
        },
        { name: 'third', slots: aUserFeed().slots, job: { batch: { queue: 'unknown', definition: 'unknown' } } },
        { name: 'no-queue', slots: aUserFeed().slots, job: { batch: { queue: 'unknown', definition: 'import' } } },
        {
          name: 'fourth',
          slots: aUserFeed().slots,
          job: { batch: { queue: 'unknown', definition: 'unknown' } },
          outputs: ['s3://a'],
        },
      ],
      queues: {},
    });
    expect(incomplete).toEqual(new Set(['second', '2']));
  });
});
