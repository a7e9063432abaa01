/**
 * The trigger's JSON, read down to the fields that are used: only the place of the object, since S3 is asked for everything else.
 *
 * The object may be announced by EventBridge or by a classic S3 notification; either may come alone, inside an SQS record, or inside an SNS envelope in an SQS record.
 */
import { type Fields, fieldsAt, optionalText, shown, textAt } from '../../shared/fields.ts';

/** An object that S3 says was created. The key is as it is in S3, never encoded. */
export type Arrival = { readonly bucket: string; readonly key: string; readonly sizeBytes?: number };

const sizeOf = (size: unknown): Pick<Arrival, 'sizeBytes'> =>
  typeof size === 'number' && size >= 0 ? { sizeBytes: size } : {};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const fromEventBridge = (event: Fields): Arrival => {
  const detail = fieldsAt(event['detail'], 'detail');
  const object = fieldsAt(detail['object'], 'detail.object');
  return {
    bucket: textAt(fieldsAt(detail['bucket'], 'detail.bucket')['name'], 'detail.bucket.name'),
    // Here the key is as it is in S3: to decode it would corrupt each '+' and '%'.
    key: textAt(object['key'], 'detail.object.key'),
    ...sizeOf(object['size']),
  };
};

/** S3 form-encodes the key in classic notifications only. */
const decodeFormKey = (key: string, path: string): string => {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new Error(`Event field ${path} is not form-encoded: ${shown(key)}`, { cause });
  }
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const fromNotification = (record: unknown, index: number): Arrival => {
  const path = `Records[${index}].s3`;
  const s3 = fieldsAt(fieldsAt(record, `Records[${index}]`)['s3'], path);
  const object = fieldsAt(s3['object'], `${path}.object`);
  return {
    bucket: textAt(fieldsAt(s3['bucket'], `${path}.bucket`)['name'], `${path}.bucket.name`),
    key: decodeFormKey(textAt(object['key'], `${path}.object.key`), `${path}.object.key`),
    ...sizeOf(object['size']),
  };
};

/** A bucket may also notify of removed and tagged objects, which are not arrivals. */
const isOfCreated = (record: unknown, index: number): boolean => {
  const name = optionalText(fieldsAt(record, `Records[${index}]`)['eventName']);

  return name === undefined || /^(?:s3:)?ObjectCreated:/.test(name);
};

/** Takes the message out of an SNS envelope: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const unwrapped = (fields: Fields): Fields => {
  if (fields['Type'] !== 'Notification' || typeof fields['Message'] !== 'string') {
    return fields;
  }
  try {
    return fieldsAt(JSON.parse(fields['Message']), 'Message');
  } catch (cause) {
    throw new Error(`Event field Message of the SNS envelope is not a JSON object: ${shown(fields['Message'])}`, {
      cause,
    });
  }
};

/**
 * Reads the objects that an event announces: none for S3's test notification, and none for a
 * notification of something other than a creation.
 *
 * @throws Error that names the field that is missing or wrong
 */
export const arrivalsOf = (event: unknown): Arrival[] => {
  const fields = unwrapped(fieldsAt(event, '(all of it)'));
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
