/** The notification settings of S3 buckets. */
import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { clientSettings } from './client-settings.ts';
import { bucketRegionOf } from './s3-errors.ts';

/** A bucket's whole notification configuration, as S3 gives and takes it. */
export type NotificationSettings = NotificationConfiguration;

export type BucketNotifications = {
  /** Reads the settings of a bucket; they are empty where the bucket has none. */
  read(bucket: string): Promise<NotificationSettings>;
  /** Replaces the settings of a bucket. S3 has no operation that changes a part of them. */
  write(bucket: string, settings: NotificationSettings): Promise<void>;
};

/** The errors by which S3 says that a request went to the wrong Region. */
const ELSEWHERE = ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'];

const explain = (error: unknown, bucket: string, permission: string, region: string): Error => {
  const name = error instanceof S3ServiceException ? error.name : '';
  if (name === 'NoSuchBucket') {
    return new Error(`There is no bucket ${bucket}`, { cause: error });
  }
  const bucketRegion = bucketRegionOf(error) ?? region;
  if (bucketRegion !== region || ELSEWHERE.includes(name)) {
    const where = bucketRegion === region ? `not in ${region}` : `in ${bucketRegion}, not in ${region}`;
    return new Error(`The bucket ${bucket} is ${where}: its events reach EventBridge in its own Region only`, {
      cause: error,
    });
  }
  if (name === 'AccessDenied') {
    return new Error(`Access denied: it takes the permission ${permission} on the bucket ${bucket}`, { cause: error });
  }
  return new Error(`S3 did not answer for the bucket ${bucket}: ${error}`, { cause: error });
};

/** Opens the notification settings of the buckets of one Region. */
export const createBucketNotifications = (region: string): BucketNotifications => {
  const s3 = new S3Client({ ...clientSettings(), region });

  return {
    read: async (bucket) => {
      try {
        const { $metadata: _, ...settings } = await s3.send(
          new GetBucketNotificationConfigurationCommand({ Bucket: bucket }),
        );
        return settings;
      } catch (error) {
        throw explain(error, bucket, 's3:GetBucketNotification', region);
      }
    },

    write: async (bucket, settings) => {
      try {
        await s3.send(
          new PutBucketNotificationConfigurationCommand({
            Bucket: bucket,
            NotificationConfiguration: settings,
            // The other destinations stay as they are: one that does not exist any more is not a
            // reason to refuse the change.
            SkipDestinationValidation: true,
          }),
        );
      } catch (error) {
        throw explain(error, bucket, 's3:PutBucketNotification', region);
      }
    },
  };
};
