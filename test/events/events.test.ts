import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../shared/config/load.ts';
import { createMatcher } from '../../shared/feeds/match-feeds.ts';

const FOLDER = resolve(import.meta.dirname, '../../events');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const README = readFileSync(resolve(FOLDER, 'README.md'), 'utf8');

const read = (file: string) => JSON.parse(readFileSync(resolve(FOLDER, file), 'utf8'));

type Place = { readonly bucket: string; readonly key: string };
type S3Fields = { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } };
/** An S3 message of either form, or an SQS record that holds one. */
type Message = { readonly body?: string; readonly s3?: S3Fields; readonly detail?: S3Fields };

const placeIn = ({ body, s3, detail }: Message): Place[] => {
  if (body !== undefined) {
    return placeIn(JSON.parse(body));
  }
  const encoded = s3 && { bucket: s3.bucket.name, key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')) };
  const raw = detail && { bucket: detail.bucket.name, key: detail.object.key };
  return [encoded, raw].filter((place) => place !== undefined);
};

const placesIn = (event: Message & { readonly Records?: readonly Message[] }): Place[] =>
  (event.Records ?? [event]).flatMap(placeIn);

describe.each(FILES)('events/%s', (file) => {
  it('names the page that it comes from, as the table does', () => {
    const { _source: source } = read(file);

    expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//);
    expect(README.split('\n').find((line) => line.startsWith(`| \`${file}\``))).toContain(source);
  });

  it('has the checksums that SQS would send', () => {
    for (const { body, md5OfBody } of read(file).Records ?? []) {
      expect(md5OfBody).toBe(body && createHash('md5').update(body).digest('hex'));
    }
  });
});

describe.each(FILES.filter((file) => file.startsWith('submit-batch-job')))('events/%s', (file) => {
  it('is about files that the shipped configuration waits for', async () => {
    const { configuration } = await loadConfiguration();
    const match = createMatcher(configuration.feeds);

    const matches = placesIn(read(file)).map((place) => match(place).length);

    expect(matches.length).toBeGreaterThan(0);
    expect(matches.filter((count) => count !== 1)).toEqual([]);
  });
});
