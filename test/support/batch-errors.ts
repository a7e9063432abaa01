/** Errors of AWS Batch as its client throws them. */
import { BatchServiceException } from '@aws-sdk/client-batch';

/** Makes the error of an answer. */
export const batchError = (status: number, name: string, message = 'what Batch said'): BatchServiceException =>
  new BatchServiceException({
    name,
    message,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });
