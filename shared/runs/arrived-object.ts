/** An object that S3 says was created. */
export type ArrivedObject = {
  readonly bucket: string;
  /** As it is in S3, never encoded. */
  readonly key: string;
  /** Without quotes. Not every event has one. */
  readonly etag?: string;
  readonly sizeBytes?: number;
};

/** The object that S3 has under a key now. */
export type ObjectHead = {
  readonly etag: string;
  readonly sizeBytes: number;
  /** When it was written. Only S3 itself tells it, and no event. */
  readonly writtenAt?: Date;
};
