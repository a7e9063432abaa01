import { expect, it } from 'vitest';
import { parseTemplate } from '../../../configuration/parse-template.ts';
import { wantedUri } from '../../../shared/feeds/wanted-uri.ts';

const template = parseTemplate('s3://landing/{shop}/{date:yyyy}/{date:MMdd}/{part}_*.tsv');

it('writes what is known of a run into the URI that it waits for', () => {
  expect(wantedUri(template, { date: '2026-11-22', values: { shop: 'tokyo' } })).toBe(
    's3://landing/tokyo/2026/1122/{part}_*.tsv',
  );
  expect(wantedUri(template, { date: '2026', values: {} })).toBe(
    's3://landing/{shop}/2026/{date:MM}{date:dd}/{part}_*.tsv',
  );
});
