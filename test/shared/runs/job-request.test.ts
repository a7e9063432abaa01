import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchJob } from '../../../shared/feeds/feed.ts';
import {
  buildJobRequest,
  leastRequestBytes,
  manifestKey,
  manifestLines,
  needsArrivals,
  needsManifest,
  requestBytes,
} from '../../../shared/runs/job-request.ts';
import type { Arrival } from '../../../shared/runs/run.ts';
import { aFeed, aFileSlot, anArrival, aRun } from '../../support/builders.ts';

const MANIFEST = 's3://suite/manifests/sales/a-job-r1.jsonl';

const build = (
  batch: Partial<BatchJob>,
  {
    values = {},
    arrivals = [anArrival()],
    manifest,
  }: { values?: Record<string, string>; arrivals?: readonly Arrival[]; manifest?: string } = {},
) =>
  buildJobRequest({
    feed: aFeed({ batch: { parameters: {}, ...batch } }),
    run: aRun({ key: { feed: 'sales', date: '2026-11-22', values }, generation: 2 }),
    arrivals,
    stage: 'test',
    manifest,
  });

describe('needsManifest and needsArrivals', () => {
  it.each([
    ['neither', '{date:yyyy}', false, false],
    ['a manifest', '{manifest}', true, true],
    ['a file', '{orders.uri}', false, true],
  ])('tell what must be read for a job that asks for %s', (_, value, manifest, arrivals) => {
    const feed = aFeed({ batch: { environment: { VALUE: value } } });

    expect([needsManifest(feed), needsArrivals(feed)]).toEqual([manifest, arrivals]);
  });
});

describe('manifestKey', () => {
  it('differs with whatever changes what is in it', () => {
    const key = (run: Parameters<typeof aRun>[0], owner = 'owner-1') => manifestKey('test', aRun(run), owner);

    expect(key({})).toMatch(/^manifests\/sales\/breakaway-test-sales-20261122-[0-9a-f]{12}-r1-owner-1\.jsonl$/);
    expect(
      new Set([
        key({}),
        key({ revision: 2 }),
        key({ generation: 2 }),
        key({}, 'owner-2'),
        manifestKey('prod', aRun(), 'owner-1'),
      ]).size,
    ).toBe(5);
  });
});

describe('manifestLines', () => {
  it('lists the files by slot and key, one line of JSON each', () => {
    const arrivals = [
      anArrival({ slot: 'orders', key: 'b' }),
      anArrival({ slot: 'complete', key: 'z "quoted"\n', sizeBytes: 0 }),
      anArrival({ slot: 'orders', key: 'a' }),
    ];

    expect(manifestLines(arrivals)).toBe(
      [
        '{"slot":"complete","uri":"s3://landing/z \\"quoted\\"\\n","bucket":"landing","key":"z \\"quoted\\"\\n","etag":"etag-1","sizeBytes":0}\n',
        '{"slot":"orders","uri":"s3://landing/a","bucket":"landing","key":"a","etag":"etag-1","sizeBytes":1000}\n',
        '{"slot":"orders","uri":"s3://landing/b","bucket":"landing","key":"b","etag":"etag-1","sizeBytes":1000}\n',
      ].join(''),
    );
  });

  it('is the same whatever the order in which the arrivals were read', () => {
    const arrivals = fc.uniqueArray(
      fc.record({ slot: fc.constantFrom('orders', 'complete'), key: fc.string({ unit: 'grapheme', minLength: 1 }) }),
      { selector: ({ slot, key }) => `${slot} ${key}`, maxLength: 8 },
    );
    const shuffles = arrivals.chain((some) =>
      fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
    );

    fc.assert(
      fc.property(shuffles, ([some, shuffled]) => {
        expect(manifestLines(shuffled.map(anArrival))).toBe(manifestLines(some.map(anArrival)));
      }),
    );
  });

  it('is empty for no files, and lists one file twice if it came for two slots of one name', () => {
    expect(manifestLines([])).toBe('');
    expect(manifestLines([anArrival(), anArrival()]).split('\n')).toHaveLength(3);
  });
});

describe('buildJobRequest', () => {
  it('names queue, definition and job, and nothing that the feed does not ask for', () => {
    expect(build({})).toEqual({
      request: {
        jobName: expect.stringMatching(/^breakaway-test-sales-20261122-[0-9a-f]{12}$/),
        jobQueue: 'etl',
        jobDefinition: 'import-sales',
      },
    });
  });

  it('fills in what the feed asks for', () => {
    const { request, problem } = build(
      {
        parameters: { date: '{date:yyyy-MM-dd}', manifest: '{manifest}', shop: '{shop}' },
        command: ['import', '--generation={generation}', 'Ref::date'],
        environment: { FEED: '{feed}', FILE: '{orders.uri}' },
        resources: { vcpus: 2, memoryMiB: 4_096, gpus: 1 },
        arraySize: 10,
        timeoutSeconds: 60,
        retry: { attempts: 3, evaluateOnExit: [{ action: 'EXIT', onExitCode: '2' }] },
        shareIdentifier: 'day',
        schedulingPriority: 5,
        tags: { team: 'data', shop: '{shop}' },
        propagateTags: true,
      },
      { values: { shop: 'tokyo' }, manifest: MANIFEST },
    );

    expect(problem).toBeUndefined();
    expect(request).toMatchObject({
      parameters: { date: '2026-11-22', manifest: MANIFEST, shop: 'tokyo' },
      containerOverrides: {
        command: ['import', '--generation=2', 'Ref::date'],
        environment: [
          { name: 'FEED', value: 'sales' },
          { name: 'FILE', value: 's3://landing/sales/20261122/orders_tokyo.tsv.gz' },
        ],
        resourceRequirements: [
          { type: 'VCPU', value: '2' },
          { type: 'MEMORY', value: '4096' },
          { type: 'GPU', value: '1' },
        ],
      },
      arrayProperties: { size: 10 },
      timeout: { attemptDurationSeconds: 60 },
      retryStrategy: { attempts: 3, evaluateOnExit: [{ action: 'EXIT', onExitCode: '2' }] },
      shareIdentifier: 'day',
      schedulingPriorityOverride: 5,
      tags: { team: 'data', shop: 'tokyo' },
      propagateTags: true,
    });
  });

  it('leaves out a rule that Batch would refuse empty', () => {
    expect(build({ retry: { attempts: 3, evaluateOnExit: [] } }).request.retryStrategy).toEqual({ attempts: 3 });
  });

  it('leaves out the value of an optional file that did not come', () => {
    const { request } = build(
      { parameters: { corrections: '{corrections.uri}' }, environment: { CORRECTIONS: '{corrections.uri}' } },
      { arrivals: [] },
    );

    expect(request).not.toHaveProperty('parameters');
    expect(request).not.toHaveProperty('containerOverrides');
  });

  it('passes every key on as it is, wherever text is only text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (shop) => {
        const { request } = build(
          { parameters: { shop: '{shop}' }, environment: { SHOP: '{shop}' } },
          { values: { shop } },
        );

        expect(request.parameters).toEqual({ shop });
        expect(request.containerOverrides?.environment).toEqual([{ name: 'SHOP', value: shop }]);
      }),
    );
  });

  describe('does not let data become an instruction', () => {
    it.each([
      [
        'an option',
        '{shop}',
        '-rf',
        "the command element '{shop}' became '-rf', which a program would read as an option",
      ],
      [
        'a placeholder of Batch',
        '{shop}',
        'Ref::secret',
        "the command element '{shop}' became 'Ref::secret', in which Batch would substitute a parameter",
      ],
      [
        'one more placeholder of Batch',
        'Ref::date/{shop}',
        'Ref::secret',
        "the command element 'Ref::date/{shop}' became 'Ref::date/Ref::secret', in which Batch would substitute a parameter",
      ],
    ])('%s', (_, element, shop, reason) => {
      expect(build({ command: ['import', element] }, { values: { shop } }).problem).toBe(
        `Run sales@2026-11-22,shop=${shop} cannot be submitted: ${reason}`,
      );
    });

    it('but what the user wrote himself', () => {
      const command = ['-v', '--shop={shop}', 'Ref::date', '-{shop}'];

      expect(build({ command }, { values: { shop: 'tokyo' } }).problem).toBeUndefined();
    });
  });

  it('refuses a parameter that data made into an option, and takes one that the user wrote as an option', () => {
    const values = { shop: '-rf' };

    expect(build({ parameters: { shop: '{shop}' } }, { values }).problem).toContain(
      "the parameter shop became '-rf', which a program would read as an option",
    );
    expect(build({ parameters: { shop: '--shop={shop}' } }, { values }).problem).toBeUndefined();
  });

  it('names what Batch does not take: an empty element, a long tag, a large request, all at once', () => {
    const { problem } = build(
      {
        command: ['{corrections.uri}'],
        tags: { shop: '{shop}' },
        environment: Object.fromEntries(Array.from({ length: 130 }, (_, index) => [`V${index}`, '{shop}'])),
      },
      { values: { shop: 'x'.repeat(257) }, arrivals: [] },
    );

    expect(problem).toMatch(
      /cannot be submitted: the command element '{corrections.uri}' is empty, which Batch does not take; the tag shop: the value has 257 characters, Batch takes 256; the request has \d+ bytes; Batch takes 30720\. Pass the files as {manifest}$/,
    );
  });

  it.each([
    [
      'a character',
      'a (1)',
      'the tag shop: the value has a "(", Batch takes only letters, digits, spaces and _ . : / = + - @',
    ],
    ['the prefix of AWS', 'AwS:x', 'the tag shop: AWS reserves keys and values that start with "aws:"'],
    ['a length', '東'.repeat(257), 'the tag shop: the value has 257 characters, Batch takes 256'],
  ])('refuses a tag of which data made one that Batch refuses, for %s', (_, shop, reason) => {
    expect(build({ tags: { shop: '{shop}' } }, { values: { shop } }).problem).toContain(
      `cannot be submitted: ${reason}`,
    );
  });

  it('counts the characters of a tag as Batch does, each once whatever its plane', () => {
    expect(build({ tags: { shop: '{shop}' } }, { values: { shop: '𠮷'.repeat(256) } }).problem).toBeUndefined();
  });

  it('refuses a parameter in which data wrote a placeholder of Batch, and takes what the user wrote', () => {
    const values = { shop: 'Ref::secret' };

    expect(build({ parameters: { shop: '{shop}' } }, { values }).problem).toContain(
      "the parameter shop became 'Ref::secret', in which Batch would substitute a parameter",
    );
    expect(build({ parameters: { shop: 'Ref::date' } }, { values }).problem).toBeUndefined();
  });

  it.each([
    [{ parameters: { shop: '{shop}' } }, 'the parameter shop'],
    [{ environment: { SHOP: '{shop}' } }, 'the environment variable SHOP'],
    [{ command: ['import', '{shop}'] }, "the command element '{shop}'"],
  ])('refuses a NUL character, which no container takes: %j', (batch, place) => {
    expect(build(batch, { values: { shop: 'a\0b' } }).problem).toContain(
      `${place} has a NUL character, which no container takes`,
    );
  });

  it('takes exactly what Batch takes', () => {
    const shop = 'x'.repeat(256);
    const bare = Buffer.byteLength(JSON.stringify(build({ environment: { VALUE: '' } }).request));
    const fits = build({ tags: { shop: '{shop}' } }, { values: { shop } });
    const full = build({ environment: { VALUE: 'x'.repeat(30 * 1_024 - bare) } });
    const over = build({ environment: { VALUE: 'x'.repeat(30 * 1_024 - bare + 1) } });

    expect([fits.problem, full.problem]).toEqual([undefined, undefined]);
    expect(over.problem).toContain('30721 bytes');
  });

  it('counts the files of a slot of one file only by the one there is', () => {
    const feed = aFeed({
      slots: [aFileSlot({ name: 'products' })],
      batch: { parameters: { bucket: '{products.bucket}', key: '{products.key}' } },
    });
    const arrivals = [anArrival({ slot: 'products', bucket: 'landing', key: 'a' })];

    const { request } = buildJobRequest({ feed, run: aRun(), arrivals, stage: 'test', manifest: undefined });

    expect(request.parameters).toEqual({ bucket: 'landing', key: 'a' });
  });
});

describe('leastRequestBytes', () => {
  it('is never more than what is sent, and not much less where little comes from data', () => {
    const values = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    const arrivals = fc.constantFrom([], [anArrival()]);

    fc.assert(
      fc.property(values, values, arrivals, (text, shop, some) => {
        const plain = text.replaceAll(/[{}]/g, '');
        const batch = {
          parameters: { text: plain, file: '{orders.uri}' },
          command: [`x${plain}`, '{shop}'],
          environment: { FILE: '{orders.key}', SHOP: `{shop}${plain}` },
          resources: { vcpus: 0.25, memoryMiB: 512 },
          retry: { attempts: 3, evaluateOnExit: [{ action: 'EXIT' as const, onExitCode: '2' }] },
          tags: { shop: '{shop}' },
          propagateTags: true,
        };
        const sent = requestBytes(build(batch, { values: { shop }, arrivals: some }).request);
        const least = leastRequestBytes(aFeed({ batch }));

        expect(least).toBeLessThanOrEqual(sent);
        expect(sent - least).toBeLessThan(300 + 3 * Buffer.byteLength(JSON.stringify(shop)));
      }),
    );
  });
});
