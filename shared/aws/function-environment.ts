/** Reads the environment of a deployed function. */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientSettings } from './client-settings.ts';

/**
 * Reads the environment of a deployed function.
 *
 * @throws Error when the function does not exist, or Lambda could not be asked
 */
export const functionEnvironment = async (
  functionName: string,
  abortSignal: AbortSignal,
): Promise<Readonly<Record<string, string>>> => {
  const client = new LambdaClient(clientSettings());
  const { Environment: environment } = await client.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    { abortSignal },
  );
  return environment?.Variables ?? {};
};
