import type { Context } from 'aws-lambda';

/** Makes what Lambda tells a handler about its invocation. */
export const lambdaContext = (differences: Partial<Context> = {}): Context => ({
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'breakaway-test-submit-batch-job',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:breakaway-test-submit-batch-job',
  logGroupName: '/aws/lambda/breakaway-test-submit-batch-job',
  logStreamName: '2026/11/22/[$LATEST]26d771cddadf4e7d8ad2d7f6b4e2f7d0',
  memoryLimitInMB: '512',
  getRemainingTimeInMillis: () => 30_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
  ...differences,
});
