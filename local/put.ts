/** `npm run put -- FILE s3://BUCKET/KEY`: puts a file into the local AWS of `npm start`. */

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

const USAGE = 'npm run put -- FILE s3://BUCKET/KEY     (a KEY that ends with / gets the name of the file)';

const placeOf = (file: string, uri: string): ObjectPlace => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new LocalAwsError(`'${visible(uri)}' is not an S3 URI. Usage:\n${USAGE}`);
  }
  return { bucket, key: key === '' || key.endsWith('/') ? `${key}${basename(file)}` : key };
};

const readBody = (file: string): Buffer => {
  try {
    // npm runs this script in the repository, wherever the user called npm.
    return readFileSync(resolve(process.env['INIT_CWD'] ?? '', file));
  } catch (error) {
    throw new LocalAwsError(visible(`${file} cannot be read: ${error instanceof Error ? error.message : error}`));
  }
};

/** Reads the ETag of an object; `undefined` when it does not exist. */
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
  ignore: 'nothing happens',
  alert: 'a person is notified, and no job starts',
  rerun: 'a job of the next generation starts',
};

/** Says what happens to a file that existed already. */
const overwriteLines = (matches: readonly Match[], isSame: boolean): string[] => {
  if (matches.length === 0) {
    return [];
  }
  if (isSame) {
    return ['S3 had the same content under this name already, so no new job starts.'];
  }
  const policies = new Map(matches.map(({ feed: { name, onOverwrite } }) => [name, onOverwrite]));
  return [
    'It replaces other content. Before its run has a job, the new content counts.',
    'Afterwards, onOverwrite of the feed decides:',
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
          `The bucket ${visible(place.bucket)} does not exist. The buckets are ${landingBuckets(configuration).join(', ')}`,
        )
      : error;
  }
  say(visible(`Put s3://${place.bucket}/${place.key} (${body.length} bytes)`));
  const matches = matchObject(configuration.feeds, place);
  for (const { slot, run } of matches) {
    say(visible(`It fills slot ${slot.name} of run ${runKeyId(run)}`));
  }
  for (const line of before === undefined ? [] : overwriteLines(matches, before === after)) {
    say(line);
  }
  if (matches.length === 0) {
    say('No feed waits for a file with this name, so no job starts. Feeds wait for:');
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
