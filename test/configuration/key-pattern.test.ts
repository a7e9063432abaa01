import { expect, it } from 'vitest';
import { sharedExample } from '../../configuration/key-pattern.ts';
import { parseTemplate } from '../../configuration/parse-template.ts';

const PATTERN = parseTemplate('s3://landing/sales/{date:yyyyMMdd}/orders_*.csv');

it.each([
  ['s3://landing/sales/{date:yyyyMMdd}/*', /^s3:\/\/landing\/sales\/\d{8}\/orders_.*\.csv$/],
  ['s3://other/sales/{date:yyyyMMdd}/*', undefined],
  ['s3://landing/stock/{date:yyyyMMdd}/*', undefined],
])('of a pattern and %s is a URI that both match, if there is one', (uri, example) => {
  const found = sharedExample(PATTERN, parseTemplate(uri));

  expect(found).toEqual(example === undefined ? undefined : expect.stringMatching(example));
});
