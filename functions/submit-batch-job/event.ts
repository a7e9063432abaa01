/**
 * The trigger's JSON: an event of EventBridge or a classic S3 notification, read down to the fields
 * that are used.
 */
import { type Fields, fieldsAt, optionalText, shown, textAt } from '../../shared/fields.ts';
import type { ArrivedObject } from '../../shared/runs/arrived-object.ts';

/** S3 leaves fields out: `HEAD` asks for the missing ones later. */
const details = (announcedEtag: unknown, size: unknown): Pick<ArrivedObject, 'etag' | 'sizeBytes'> => {
  const etag = optionalText(announcedEtag);
  return {
    ...(etag === undefined ? {} : { etag: etag.replaceAll('"', '') }),
    ...(typeof size === 'number' && size >= 0 ? { sizeBytes: size } : {}),
  };
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const fromEventBridge = (event: Fields): ArrivedObject => {
  const detail = fieldsAt(event['detail'], 'detail');
  const object = fieldsAt(detail['object'], 'detail.object');
  return {
    bucket: textAt(fieldsAt(detail['bucket'], 'detail.bucket')['name'], 'detail.bucket.name'),
    // EventBridge does not encode the key: decoding it would corrupt each '+' and '%'.
    key: textAt(object['key'], 'detail.object.key'),
    ...details(object['etag'], object['size']),
  };
};

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
const fromNotification = (record: unknown, index: number): ArrivedObject => {
  const path = `Records[${index}].s3`;
  const s3 = fieldsAt(fieldsAt(record, `Records[${index}]`)['s3'], path);
  const object = fieldsAt(s3['object'], `${path}.object`);
  return {
    bucket: textAt(fieldsAt(s3['bucket'], `${path}.bucket`)['name'], `${path}.bucket.name`),
    key: decodeFormKey(textAt(object['key'], `${path}.object.key`), `${path}.object.key`),
    ...details(object['eTag'], object['size']),
  };
};

/**
 * Checks that a classic record is about a created object: a bucket can also notify about removed or
 * tagged ones.
 */
const isOfCreated = (record: unknown, index: number): boolean => {
  const name = optionalText(fieldsAt(record, `Records[${index}]`)['eventName']);

  return name === undefined || /^(?:s3:)?ObjectCreated:/.test(name);
};

/** S3 form-encodes the key in classic notifications only. */
const decodeFormKey = (key: string, path: string): string => {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new Error(`Event field ${path} is not form-encoded: ${shown(key)}`, { cause });
  }
};

/**
 * Reads the objects that an event announces: none for S3's test notification, and none for a
 * notification of something other than a creation.
 *
 * @throws Error that names the field that is missing or wrong
 */
export const arrivalsOf = (event: unknown): ArrivedObject[] => {
  const fields = fieldsAt(event, '(all of it)');
  if (fields['Event'] === 's3:TestEvent') {
    return [];
  }
  const records = fields['Records'];
  if (Array.isArray(records)) {
    return records.flatMap((record, index) => (isOfCreated(record, index) ? [fromNotification(record, index)] : []));
  }
  if (fields['detail-type'] !== 'Object Created') {
    throw new Error(`Event field detail-type is not 'Object Created': ${shown(fields['detail-type'])}`);
  }
  return [fromEventBridge(fields)];
};
