import type { IncomingMessage } from 'node:http';

/** Names the operation that a request to AWS asks for: `PutItem`, `Publish`, or the end of a path of Batch (`listjobs`). */
export const requestedOperation = ({ headers, url = '' }: IncomingMessage, body: string): string => {
  const target = headers['x-amz-target'];
  return typeof target === 'string'
    ? target.replace(/^.*\./, '')
    : (new URLSearchParams(body).get('Action') ?? url.replace(/^.*\//, ''));
};
