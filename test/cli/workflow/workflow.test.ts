import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf } from '../../../cli/workflow/day.ts';
import { describeMoment, describeOffset } from '../../../cli/workflow/descriptions.ts';
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from '../../../cli/workflow/layout.ts';
import { escapedHtml, pageHtml } from '../../../cli/workflow/page.ts';
import { TABLE_WIDTH, tableText } from '../../../cli/workflow/table.ts';
import { type GraphEdge, graphOf, type WorkflowGraph } from '../../../cli/workflow/workflow-graph.ts';
import type { Configuration } from '../../../configuration/configuration.ts';
import type { UserFeed } from '../../../configuration/define-feed.ts';
import { parseConfiguration } from '../../../configuration/load.ts';
import { workflowOf } from './feeds.ts';

const DATE = '2026-11-24';

const configurationOf = (feeds: Omit<UserFeed, 'job'>[], timeZone = 'Asia/Tokyo'): Configuration =>
  parseConfiguration({
    timeZone,
    calendars: { office: { weekdays: ['mon', 'wed'] } },
    feeds: feeds.map((feed) => ({ ...feed, job: { batch: { queue: 'etl', definition: 'work' } } })),
  }).configuration;

const pageOf = (configuration: Configuration): string =>
  pageHtml(configuration, layoutOf(graphOf(configuration)), dayOf(configuration, DATE));

const matches = (html: string, pattern: RegExp): string[] =>
  Array.from(html.matchAll(pattern), ([, found]) => found ?? '');

describe('graphOf', () => {
  it('draws an edge for each thing that a feed waits for, and one for several files of a bucket', () => {
    const graph = graphOf(
      configurationOf([
        {
          name: 'a',
          slots: { x: { files: 's3://landing/x/{date:yyyyMMdd}' }, y: { files: 's3://landing/y/{date:yyyyMMdd}' } },
        },
        {
          name: 'b',
          slots: { a: { feed: 'a', offset: '-1d' }, z: { files: 's3://other/{date:yyyyMMdd}', optional: true } },
        },
      ]),
    );

    expect(graph.nodes.map(({ id }) => id)).toEqual(['s3://landing', 's3://other', 'a', 'b']);
    expect(graph.edges).toEqual([
      { from: 's3://landing', to: 'a', kind: 'files', label: 'x, y', optional: false },
      { from: 'a', to: 'b', kind: 'feed', label: '-1d', optional: false },
      { from: 's3://other', to: 'b', kind: 'files', label: 'z', optional: true },
    ]);
  });

  it('shows a file that another feed writes as coming from there, and not from its bucket', () => {
    const { nodes, edges } = graphOf(
      configurationOf([
        { name: 'a', slots: { time: { at: '06:00' } }, outputs: ['s3://made/{date:yyyyMMdd}.csv'] },
        { name: 'b', slots: { made: { files: 's3://made/{date:yyyyMMdd}.csv' } } },
      ]),
    );

    expect(nodes.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(edges).toEqual([{ from: 'a', to: 'b', kind: 'output', label: 'made', optional: false }]);
  });

  it('shows a file in a folder that another feed writes, with or without a / at its end, as coming from there', () => {
    const edgesOf = (output: string) =>
      graphOf(
        configurationOf([
          { name: 'a', slots: { time: { at: '06:00' } }, outputs: [output] },
          { name: 'b', slots: { made: { files: 's3://made/{date:yyyyMMdd}/_SUCCESS' } } },
        ]),
      ).edges;

    expect(edgesOf('s3://made/{date:yyyyMMdd}')).toEqual([
      { from: 'a', to: 'b', kind: 'output', label: 'made', optional: false },
    ]);
    expect(edgesOf('s3://made/{date:yyyyMMdd}')).toEqual(edgesOf('s3://made/{date:yyyyMMdd}/'));
  });
});

describe('layoutOf', () => {
  const graphs = fc.integer({ min: 1, max: 25 }).chain((count) =>
    fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 40 }).map((pairs): WorkflowGraph => {
      const edges = pairs
        .filter(([one, other]) => one < other)
        .map(
          ([one, other]): GraphEdge => ({ from: `f${one}`, to: `f${other}`, kind: 'feed', label: '', optional: false }),
        );
      return {
        nodes: Array.from({ length: count }, (_, index) => ({ id: `f${index}`, kind: 'feed', label: '', detail: '' })),
        edges: edges.filter(
          ({ from, to }, index) => edges.findIndex((edge) => edge.from === from && edge.to === to) === index,
        ),
      };
    }),
  );

  it('puts no node upon another or outside, and everything to the right of what it waits for', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { nodes, edges, width, height } = layoutOf(graph);

        expect(nodes.map(({ id }) => id).toSorted()).toEqual(graph.nodes.map(({ id }) => id).toSorted());
        expect(edges).toHaveLength(graph.edges.length);
        const at = new Map(nodes.map((node) => [node.id, node]));
        for (const [index, one] of nodes.entries()) {
          expect(one.x - NODE_WIDTH / 2).toBeGreaterThanOrEqual(0);
          expect(one.y - NODE_HEIGHT / 2).toBeGreaterThanOrEqual(0);
          expect(one.x + NODE_WIDTH / 2).toBeLessThanOrEqual(width);
          expect(one.y + NODE_HEIGHT / 2).toBeLessThanOrEqual(height);
          const under = nodes
            .slice(index + 1)
            .filter(({ x, y }) => Math.abs(x - one.x) < NODE_WIDTH && Math.abs(y - one.y) < NODE_HEIGHT);
          expect(under).toEqual([]);
        }
        for (const { from, to } of edges) {
          expect(at.get(from)?.x).toBeLessThan(at.get(to)?.x ?? 0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps 100 feeds within the width of a screen', () => {
    const { width, nodes } = layoutOf(graphOf(workflowOf(100)));

    expect(nodes.filter(({ kind }) => kind === 'feed')).toHaveLength(100);
    expect(width).toBeLessThan(1700);
  });

  it('has a place for a workflow without feeds', () => {
    expect(layoutOf({ nodes: [], edges: [] })).toMatchObject({ nodes: [], edges: [] });
  });
});

describe('dayOf', () => {
  it('finds what starts and what is due on the day, on the clocks of the configuration', () => {
    const { rows, others } = dayOf(
      configurationOf([
        { name: 'late', slots: { a: { files: 's3://landing/a/{date:yyyyMMdd}' } }, due: '+1d 09:00' },
        { name: 'hourly', slots: { a: { files: 's3://landing/b/{date:yyyyMMddHH}' } }, due: '+23h30m' },
        { name: 'new-york', timeZone: 'America/New_York', slots: { time: { at: '0 18 * * *' } } },
        {
          name: 'mondays',
          slots: { a: { files: 's3://landing/c/{date:yyyyMMdd}' } },
          due: '08:00',
          calendar: 'office',
        },
        { name: 'monthly', slots: { time: { at: '0 9 1 * *' } } },
      ]),
      DATE,
    );

    const found = rows.map(({ feed, marks }) => [feed, marks.length, marks[0]]);
    expect(found).toEqual([
      ['hourly', 24, { kind: 'due', minutes: 30, date: '2026-11-23T01' }],
      ['new-york', 1, { kind: 'start', minutes: 8 * 60, date: '2026-11-23' }],
      ['late', 1, { kind: 'due', minutes: 9 * 60, date: '2026-11-23' }],
    ]);
    expect(others).toEqual(['mondays', 'monthly']);
  });

  it('has 1,500 minutes on the day on which clocks go back', () => {
    const configuration = configurationOf([{ name: 'a', slots: { time: { at: '30 23 * * *' } } }], 'Europe/Berlin');

    expect(dayOf(configuration, '2026-10-25').rows[0]?.marks).toEqual([
      { kind: 'start', minutes: 23 * 60 + 30, date: '2026-10-25' },
    ]);
  });
});

describe('tableText', () => {
  it('has a row for each feed, says what it waits for, and fits into a terminal', () => {
    const configuration = workflowOf(100);
    const lines = tableText(configuration, graphOf(configuration)).split('\n');

    expect(lines[0]).toMatch(/^FEED +WAITS FOR +WHEN$/);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(TABLE_WIDTH);
    for (const { name } of configuration.feeds) {
      expect(lines.filter((line) => line.split(' ')[0] === name)).toHaveLength(1);
    }
    expect(lines.map((line) => line.split(/ {2,}/))).toContainEqual([
      'adventure-publish',
      'adventure-orders, a time',
      'at 07:15',
    ]);
  });

  it('breaks what is too long, and loses nothing of it', () => {
    const name = 'a-name-of-forty-characters-0123456789-ab';
    const configuration = configurationOf([{ name, slots: { time: { at: '0,5,10,15,20,25,30,35,40 1-5 * * *' } } }]);

    const text = tableText(configuration, graphOf(configuration));

    expect(text.split('\n').every(({ length }) => length <= TABLE_WIDTH)).toBe(true);
    expect(text).toContain('0,5,10,15,20,25,30,35,40');
    expect(text.replaceAll(/\s/g, '')).toContain('a-name-of-forty-characters-0');
  });

  it('says so when there are no feeds', () => {
    const configuration = configurationOf([]);

    expect(tableText(configuration, graphOf(configuration))).toBe('There are no feeds');
  });
});

describe('pageHtml', () => {
  it.each([10, 100])('shows each of %d feeds once in the graph and once in the table, with a title', (count) => {
    const configuration = workflowOf(count);
    const names = configuration.feeds.map(({ name }) => name).toSorted();

    const html = pageOf(configuration);

    expect(matches(html, /<a class="node feed" data-id="([^"]+)"/g).toSorted()).toEqual(names);
    expect(matches(html, /<tr id="feed-([^"]+)"/g).toSorted()).toEqual(names);
    const links = new Set(matches(html, /href="#feed-([^"]+)"/g));
    expect([...links].toSorted()).toEqual(names);
    const elements = matches(html, /(<a class="(?:node|row)[^>]*><title>[^<]+<\/title>)/g);
    expect(elements).toHaveLength(matches(html, /(<a class="(?:node|row))/g).length);
    expect(matches(html, /<path class="(edge)/g)).toHaveLength(graphOf(configuration).edges.length);
  });

  it('loads nothing, and lets the browser load nothing', () => {
    const html = pageOf(workflowOf(100));

    expect(html).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"");
    expect(html).not.toMatch(/https?:|\bsrc=|<link|@import|url\((?!#)|fetch\(|<iframe|<img/);
  });

  it('can be searched, is named for those who cannot see it, and knows the dark', () => {
    const html = pageOf(workflowOf(10));

    expect(html).toContain('<label for="search">');
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('aria-label="Dependencies"');
    expect(html).toContain('aria-live="polite"');
    expect(html).toContain('prefers-color-scheme: dark');
    expect(() => new Function(/<script>(.*)<\/script>/s.exec(html)?.[1] ?? 'no script')).not.toThrow();
  });

  it('opens and closes its elements in order', () => {
    const html = pageOf(workflowOf(100))
      .replace(/<style>.*<\/style>/s, '')
      .replace(/<script>.*<\/script>/s, '');
    const open: string[] = [];

    for (const [, close, name = '', rest = ''] of html.matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/gi)) {
      if (close === '/') {
        expect(open.pop()).toBe(name);
      } else if (!['meta', 'input'].includes(name) && !rest.endsWith('/')) {
        open.push(name);
      }
    }

    expect(open).toEqual([]);
  });

  it('writes a schedule of many times a day as one bar', () => {
    const html = pageOf(configurationOf([{ name: 'a', slots: { time: { at: '*/5 * * * *' } } }]));

    expect(html).toContain('<title>a starts 288 times from 00:00 to 23:55</title>');
    expect(html).not.toContain('<circle');
  });

  it('shows what keys hold as text', () => {
    const html = pageOf(
      configurationOf([{ name: 'a', slots: { x: { files: 's3://landing/<script>&"\'{date:yyyyMMdd}' } } }]),
    );

    expect(html).toContain('s3://landing/&lt;script&gt;&amp;&quot;&#39;{date:yyyyMMdd}');
    expect(html.match(/<script>/g)).toHaveLength(1);
  });
});

describe('escapedHtml', () => {
  it('leaves nothing in any text that a page takes for its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapedHtml(text);

        expect(escaped).not.toMatch(/[<>"']/);
        const read = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        expect(read).toBe(text);
      }),
    );
  });
});

describe('descriptions', () => {
  it.each(['09:00', '+1d 09:05', '+33h', '+90m', '+1h30m', '+0m'])(
    'writes the moment %s so that it means the same',
    (due) => {
      const momentIn = (text: string) =>
        configurationOf([{ name: 'a', slots: { x: { files: 's3://landing/{date:yyyyMMdd}' } }, due: text }]).feeds[0]
          ?.due;
      const moment = momentIn(due);
      if (moment === undefined) {
        throw new Error('There is no due');
      }

      expect(momentIn(describeMoment(moment))).toEqual(moment);
    },
  );

  it('writes an offset as the configuration does', () => {
    expect(describeOffset({ amount: -1, unit: 'dd' })).toBe('-1d');
    expect(describeOffset({ amount: 2, unit: 'MM' })).toBe('+2mo');
  });
});
