import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseValue,
  placeholdersOf,
  type RenderContext,
  readValue,
  renderValue,
} from '../../../shared/feeds/render.ts';
import { aFeed } from '../../support/builders.ts';

const aContext = (context: Partial<RenderContext> = {}): RenderContext => ({
  run: { feed: 'catalog', date: '2026-11-22T05:30', values: { shop: 'tokyo' } },
  generation: 2,
  manifest: 's3://suite/manifests/1.jsonl',
  files: new Map([['products', { bucket: 'landing', key: 'catalog/products_tokyo.tsv.gz' }]]),
  ...context,
});

describe('renderValue', () => {
  it.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['{date:yyyy-MM-dd}', '2026-11-22'],
    ['{date:dd.MM.yyyy HH:mm}', '22.11.2026 05:30'],
    ['{date:yyyyMMdd}T{date:HH}', '20261122T05'],
    ['{shop}', 'tokyo'],
    ['{feed}/{generation}', 'catalog/2'],
    ['{manifest}', 's3://suite/manifests/1.jsonl'],
    ['{products.uri}', 's3://landing/catalog/products_tokyo.tsv.gz'],
    ['{products.bucket}|{products.key}', 'landing|catalog/products_tokyo.tsv.gz'],
    ['{{shop}} is {shop}', '{shop} is tokyo'],
    ['{{{shop}}}', '{tokyo}'],
    ['*', '*'],
  ])('renders %j as %j', (text, rendered) => {
    expect(renderValue(text, aContext())).toBe(rendered);
  });

  it('takes what was parsed before', () => {
    expect(renderValue(parseValue('{shop}!'), aContext())).toBe('tokyo!');
  });

  it('leaves out a value that names the file of a slot that did not come', () => {
    expect(renderValue('{corrections.uri}', aContext())).toBeUndefined();
    expect(renderValue('{corrections.key}', aContext())).toBeUndefined();
  });

  it('never reads again what came from a key', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom('{feed}', 'Ref::x', '$&', '{{', '{', '}', '{date:yyyy}', '$(id)'),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const context = aContext({
            run: { feed: 'catalog', values: { shop: text } },
            files: new Map([['products', { bucket: 'landing', key: text }]]),
          });
          expect(renderValue('<{shop}|{products.key}|{products.uri}>', context)).toBe(
            `<${text}|${text}|s3://landing/${text}>`,
          );
        },
      ),
    );
  });

  it.each([
    ['{area}', 'A run of feed catalog has no {area} for its job'],
    ['{toString}', 'A run of feed catalog has no {toString} for its job'],
    ['{date:ss}', 'a business date has no seconds'],
    ['{shop', 'position 1: this { has no }'],
  ])('throws for %s, which a checked configuration does not have', (text, message) => {
    expect(() => renderValue(text, aContext())).toThrow(message);
  });

  it('throws for a unit of the date that the run has not', () => {
    expect(() =>
      renderValue('{date:HH}', aContext({ run: { feed: 'catalog', date: '2026-11-22', values: {} } })),
    ).toThrow('A run of feed catalog has no {date:HH} for its job');
    expect(() => renderValue('{date:yyyy}', aContext({ run: { feed: 'catalog', values: {} } }))).toThrow(
      'A run of feed catalog has no {date:yyyy} for its job',
    );
  });

  it('throws when the manifest was not made', () => {
    const { manifest: _, ...context } = aContext();

    expect(() => renderValue('{manifest}', context)).toThrow('A run of feed catalog has no {manifest} for its job');
  });
});

describe('readValue', () => {
  it('tells where each placeholder stands', () => {
    expect(readValue('a{shop}{{{date:yyyy-MM}{x.uri}{feed}').parts).toEqual([
      { kind: 'literal', text: 'a', at: 0 },
      { kind: 'capture', name: 'shop', at: 1 },
      { kind: 'literal', text: '{', at: 7 },
      { kind: 'date', unit: 'yyyy', at: 9 },
      { kind: 'literal', text: '-', at: 9 },
      { kind: 'date', unit: 'MM', at: 9 },
      { kind: 'file', slot: 'x', property: 'uri', at: 23 },
      { kind: 'feed', at: 30 },
    ]);
  });

  it('takes any other name for a capture, which the feed has or has not', () => {
    expect(readValue('{x.url}{.uri}{a.b.uri}').parts.map(({ kind }) => kind)).toEqual([
      'capture',
      'capture',
      'capture',
    ]);
  });

  it('tells every problem, from left to right', () => {
    expect(readValue('{date:DD} } {date:hh}').problems.map(({ at }) => at)).toEqual([6, 10, 18]);
  });
});

describe('placeholdersOf', () => {
  const none = { parameters: {}, command: [], environment: {}, tags: {} };

  it.each([
    ['nothing', {}, { manifest: false, files: false }],
    ['a parameter', { parameters: { list: 'x{manifest}' } }, { manifest: true, files: false }],
    ['a command', { command: ['import', '{products.key}'] }, { manifest: false, files: true }],
    ['the environment', { environment: { LIST: '{manifest}' } }, { manifest: true, files: false }],
    ['a tag', { tags: { file: '{products.bucket}' } }, { manifest: false, files: true }],
    [
      'text that only looks so',
      { parameters: { list: '{{manifest}} {shop} {date:yyyy}' } },
      { manifest: false, files: false },
    ],
  ])('looks at %s', (_, values, expected) => {
    expect(placeholdersOf(aFeed({ batch: { ...none, ...values } }).job)).toEqual(expected);
  });

  it('needs no command', () => {
    expect(placeholdersOf(aFeed().job)).toEqual({ manifest: false, files: false });
  });
});
