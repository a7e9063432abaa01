/**
 * Reads the name at the end of an ARN of Batch:
 * `arn:aws:batch:us-east-1:123456789012:job-queue/main` is `main`.
 */
export const nameInArn = (nameOrArn: string): string => nameOrArn.replace(/^arn:[^/]*\//, '');
