import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../../configuration/parse-template.ts';
import { matchTemplate } from '../../../shared/feeds/match.ts';
import { createTemplateIndex } from '../../../shared/feeds/template-index.ts';
import { someKeyFor, someTemplate } from './templates.ts';

const indexOf = (...uris: string[]) => createTemplateIndex(uris, parseTemplate);

describe('createTemplateIndex', () => {
  it.each([
    ['literals before a date', ['in/{date:yyyyMMdd}/a', 'out/{date:yyyyMMdd}/a'], 'in/20261122/a', [0]],
    ['literals after a date', ['in/{date:yyyyMMdd}/a-1', 'in/{date:yyyyMMdd}/a-2'], 'in/20261122/a-2', [1]],
    ['literals of another length', ['in/{date:yyyyMMdd}/a-1', 'in/{date:yyyyMMdd}/a-12'], 'in/20261122/a-12', [0, 1]],
    ['a whole key', ['in/done', 'in/gone', 'in/{name}'], 'in/done', [0, 2]],
    ['nothing, where a capture comes first', ['{shop}/a', '{shop}/b'], 'tokyo/b', [0, 1]],
  ])('tells templates apart by %s', (_, paths, key, expected) => {
    const uris = paths.map((path) => `s3://landing/${path}`);

    const found = indexOf(...uris)({ bucket: 'landing', key });

    expect(found.toSorted()).toEqual(expected.map((index) => uris[index]).toSorted());
  });

  it('finds nothing for a key that is shorter than what templates begin with, or for another bucket', () => {
    const find = indexOf('s3://landing/in/{date:yyyyMMdd}/done-1');

    expect(find({ bucket: 'landing', key: 'in/20261122/done' })).toEqual([]);
    expect(find({ bucket: 'landing', key: '' })).toEqual([]);
    expect(find({ bucket: 'else', key: 'in/20261122/done-1' })).toEqual([]);
  });

  it('finds every template that a key matches', () => {
    const cases = fc
      .array(someTemplate, { minLength: 1, maxLength: 8 })
      .chain((templates) => fc.tuple(fc.constant(templates), fc.oneof(...templates.map(someKeyFor))));

    fc.assert(
      fc.property(cases, ([templates, key]) => {
        const found = createTemplateIndex(templates, (template) => template)({ bucket: 'landing', key });
        const matching = templates.filter((template) => matchTemplate(template, key) !== undefined);
        expect(matching.filter((template) => !found.includes(template))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
