/** `npm run put -- FILE s3://BUCKET/KEY`: puts a file into the local AWS that `npm start` runs. */

import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { HeadObjectCommand, NoSuchBucket, NotFound, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError, loadConfiguration } from '../configuration/load.ts';
import type { OnOverwrite } from '../shared/feeds/feed.ts';
import { fileSlotsOf } from '../shared/feeds/file-slots.ts';
import { type Match, matchObject, type ObjectPlace } from '../shared/feeds/match-feeds.ts';
import { runKeyId } from '../shared/feeds/run-key.ts';
import { clientSettings } from './local-aws.ts';
import { LocalAwsError } from './local-aws-error.ts';
import { findRunning } from './process/running-instance.ts';
import { landingBuckets } from './seed.ts';
import { red, say, sayError, visible } from './terminal.ts';

const USAGE = 'npm run put -- FILE s3://BUCKET/KEY     (a KEY that ends with / is completed by the name of the file)';

const placeOf = (file: string, uri: string): ObjectPlace => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new LocalAwsError(`'${visible(uri)}' is no S3 URI. Usage:\n${USAGE}`);
  }
  return { bucket, key: key === '' || key.endsWith('/') ? `${key}${basename(file)}` : key };
};

const readBody = (file: string): Buffer => {
  try {
    // npm runs this in the repository, wherever it was called.
    return readFileSync(resolve(process.env['INIT_CWD'] ?? '', file));
  } catch (error) {
    throw new LocalAwsError(visible(`${file} cannot be read: ${error instanceof Error ? error.message : error}`));
  }
};

/** Finds out what S3 holds under a name; `undefined` when nothing. */
const etagOf = async (s3: S3Client, { bucket, key }: ObjectPlace): Promise<string | undefined> => {
  try {
    const { ETag: etag } = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return etag;
  } catch (error) {
    if (error instanceof NotFound) {
      return undefined;
    }
    throw error;
  }
};

const CONSEQUENCES: Readonly<Record<OnOverwrite, string>> = {
  ignore: 'it changes nothing',
  alert: 'a person is told, and no job follows',
  rerun: 'a job of the next generation follows',
};

/** Says what comes of a file that was there already. */
const overwriteLines = (matches: readonly Match[], isSame: boolean): string[] => {
  if (matches.length === 0) {
    return [];
  }
  if (isSame) {
    return ['S3 held the same content under this name already: no new job follows.'];
  }
  const policies = new Map(matches.map(({ feed: { name, onOverwrite } }) => [name, onOverwrite]));
  return [
    'It replaces other content. As long as its run has no job, it counts instead of',
    'that; afterwards, as onOverwrite of the feed says:',
    ...[...policies].map(([feed, policy]) => `  ${feed}: '${policy}', ${CONSEQUENCES[policy]}`),
  ];
};

const put = async ([file, uri, ...more]: readonly string[]): Promise<void> => {
  if (file === undefined || uri === undefined || more.length > 0) {
    throw new LocalAwsError(`Usage:\n${USAGE}`);
  }
  const place = placeOf(file, uri);
  const body = readBody(file);
  const running = findRunning();
  const endpoint = running?.environment['AWS_ENDPOINT_URL'];
  if (endpoint === undefined) {
    throw new LocalAwsError('The local AWS is not running. Start it in another terminal: npm start');
  }
  const { configuration } = await loadConfiguration(running?.environment['BREAKAWAY_CONFIG']);
  const s3 = new S3Client(clientSettings(endpoint));
  const before = await etagOf(s3, place);
  let after: string | undefined;
  try {
    ({ ETag: after } = await s3.send(new PutObjectCommand({ Bucket: place.bucket, Key: place.key, Body: body })));
  } catch (error) {
    throw error instanceof NoSuchBucket
      ? new LocalAwsError(
          `There is no bucket ${visible(place.bucket)}; there are ${landingBuckets(configuration).join(', ')}`,
        )
      : error;
  }
  say(visible(`Put s3://${place.bucket}/${place.key} (${body.length} bytes)`));
  const matches = matchObject(configuration.feeds, place);
  for (const { slot, run } of matches) {
    say(visible(`It is for ${slot.name} of ${runKeyId(run)}`));
  }
  for (const line of before === undefined ? [] : overwriteLines(matches, before === after)) {
    say(line);
  }
  if (matches.length === 0) {
    say('No feed waits for a file with this name, so nothing comes of it. What feeds wait for:');
    for (const { template } of configuration.feeds.flatMap(fileSlotsOf)) {
      say(`  ${template.uri}`);
    }
  }
};

try {
  await put(process.argv.slice(2));
} catch (error) {
  const isKnown = error instanceof LocalAwsError || error instanceof ConfigurationError;
  sayError(red(isKnown ? error.message : visible(`npm run put failed: ${error}`)));
  process.exitCode = 1;
}
