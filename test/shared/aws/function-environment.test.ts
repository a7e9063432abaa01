import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { functionEnvironment } from '../../../shared/aws/function-environment.ts';
import { mockAws } from '../../support/mock-aws.ts';

const lambda = mockAws(LambdaClient);
const signal = new AbortController().signal;

it('reads what a function has in its environment', async () => {
  lambda
    .on(GetFunctionConfigurationCommand, { FunctionName: 'submit' })
    .resolves({ Environment: { Variables: { SUITE_BUCKET: 'suite' } } });

  expect(await functionEnvironment('submit', signal)).toEqual({ SUITE_BUCKET: 'suite' });
});

it('reads nothing where the function has none, and rejects where there is no function', async () => {
  lambda.on(GetFunctionConfigurationCommand).resolvesOnce({}).rejects(new Error('no function'));

  expect(await functionEnvironment('submit', signal)).toEqual({});
  await expect(functionEnvironment('submit', signal)).rejects.toThrow('no function');
});
