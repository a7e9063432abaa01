/** Arbitrary templates, and keys that have a chance to match them. */
import fc from 'fast-check';
import { readTemplate } from '../../../configuration/parse-template.ts';
import { DATE_UNITS } from '../../../shared/feeds/dates.ts';
import type { Template, TemplatePart } from '../../../shared/feeds/template.ts';

const CAPTURES = ['a', 'b', 'c'];

/** Few characters, so that there are many ways to read a key; an astral one, and those that are special somewhere else. */
export const someText = fc
  .array(fc.constantFrom('x', 'y', '_', '0', '2', '/', '+', '%', '.', '😀'), { maxLength: 4 })
  .map((text) => text.join(''));

const source = fc.oneof(
  { weight: 4, arbitrary: someText.map((text) => text.replaceAll('//', '/')) },
  { weight: 3, arbitrary: fc.constantFrom(...CAPTURES).map((name) => `{${name}}`) },
  { weight: 2, arbitrary: fc.constant('*') },
);

const dates = fc
  .integer({ min: 0, max: DATE_UNITS.length })
  .chain((count) =>
    fc.shuffledSubarray(DATE_UNITS.slice(0, count), { minLength: count }).chain((units) =>
      fc.tuple(
        fc.constant(units),
        fc.array(count === 0 ? fc.constant('yyyy' as const) : fc.constantFrom(...units), {
          maxLength: count === 0 ? 0 : 2,
        }),
      ),
    ),
  )
  .map(([units, repeated]) => [...units, ...repeated].map((unit) => `{date:${unit}}`));

/** Legal templates, of few parts, in one bucket. */
export const someTemplate = fc
  .tuple(fc.array(source, { maxLength: 5 }), dates, fc.array(fc.nat(), { minLength: 7, maxLength: 7 }))
  .map(([sources, units, places]) => {
    const pieces = [...sources];
    for (const [index, unit] of units.entries()) {
      pieces.splice((places[index] ?? 0) % (pieces.length + 1), 0, unit);
    }
    return readTemplate(`s3://landing/${pieces.join('')}`);
  })
  .filter((read) => read.kind === 'template')
  .map((read) => (read as { template: Template }).template);

const fillPart = (part: TemplatePart): fc.Arbitrary<string> => {
  switch (part.kind) {
    case 'literal':
      return fc.constant(part.text);
    case 'date':
      return fc.constantFrom(
        ...(part.unit === 'yyyy' ? ['2024', '2023', '2022'] : ['02', '02', '20', '29', '30', '99']),
      );
    case 'capture':
      return someText.map((text) => text.replaceAll('/', '') || 'x');
    default:
      return someText.map((text) => text.replaceAll('/', ''));
  }
};

/** Keys that match but for their dates perhaps, and a few that are nothing but text. */
export const someKeyFor = ({ parts }: Template): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.tuple(...parts.map(fillPart)).map((texts) => texts.join('')) },
    { weight: 1, arbitrary: someText },
  );

/** Legal templates of few characters, with a year at most: many of them have a key in common, and that is quickly found out. */
export const somePlainTemplate = fc
  .tuple(
    fc.array(fc.constantFrom<string[]>('x', 'y', '2', '/', '/', '{a}', '{b}', '*'), { minLength: 1, maxLength: 6 }),
    fc.option(fc.nat(6), { nil: undefined }),
  )
  .map(([pieces, place]) =>
    readTemplate(
      `s3://landing/${place === undefined ? pieces.join('') : pieces.toSpliced(place, 0, '{date:yyyy}').join('')}`,
    ),
  )
  .filter((read) => read.kind === 'template')
  .map((read) => (read as { template: Template }).template);
