/** Gives the bundles their own client of DynamoDB in the place of the SDK's. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const OWN = fileURLToPath(new URL('../shared/aws/dynamodb-requests.ts', import.meta.url));

/** Answers imports of the SDK's client of DynamoDB, for esbuild. What the own client does not have fails the build. */
export const ownDynamodb = (): Plugin => ({
  name: 'own-dynamodb',
  setup: (build) => {
    build.onResolve({ filter: /^@aws-sdk\/client-dynamodb$/ }, () => ({ path: OWN }));
  },
});
