/** Packages the service once, for all tests that look at the packages. */
import type { TestProject } from 'vitest/node';
import { packageService } from '../../bundle/packaging.ts';

declare module 'vitest' {
  // biome-ignore lint/style/useConsistentTypeDefinitions: it is merged with vitest's own
  export interface ProvidedContext {
    /** The folder of the packaged service. */
    packagedIn: string;
  }
}

export const setup = async (project: TestProject): Promise<void> => {
  const { directory } = await packageService({ stage: 'local', directory: '.build/test' });
  project.provide('packagedIn', directory);
};
