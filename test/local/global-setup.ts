/** Starts the local AWS once for all tests of it, and deploys the service to it. */
import type { TestProject } from 'vitest/node';
import { loadConfiguration } from '../../configuration/load.ts';
import { deploy } from '../../local/deploy.ts';
import { startLocalAws } from '../../local/local-aws.ts';
import { seed } from '../../local/seed.ts';

declare module 'vitest' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: it is merged with vitest's own
  export interface ProvidedContext {
    localAws: {
      readonly endpoint: string;
      readonly batchEndpoint: string;
      /** What the SDK, the AWS CLI and `serverless` need to reach it. */
      readonly environment: Readonly<Record<string, string>>;
    };
  }
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  const say = (line: string): void => project.vitest.logger.log(`local AWS: ${line}`);
  const aws = await startLocalAws({ name: 'test', say });
  try {
    await deploy(aws, say);
    const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
    await seed(aws, configuration);
  } catch (error) {
    await aws.stop();
    throw error;
  }
  const { endpoint, batchEndpoint, environment } = aws;
  project.provide('localAws', { endpoint, batchEndpoint, environment });
  return aws.stop;
};
