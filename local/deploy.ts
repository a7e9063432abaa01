/** Packages the service and deploys it to the local AWS with `serverless deploy`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { CloudFormationClient, DescribeStackEventsCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { FOLDER_VARIABLE } from '../bundle/process-identity.ts';
import { isFields } from '../shared/fields.ts';
import { clientSettings, type LocalAws, REGION, ROOT } from './local-aws.ts';
import { LocalAwsError } from './local-aws-error.ts';
import { tailOf } from './process/log-tail.ts';
import { runToEnd } from './process/process-group.ts';
import { STACK, STAGE } from './stack-names.ts';
import type { Say } from './terminal.ts';

// The CLI does not always end: not after a failed build, and not when it misses the end of a
// deployment.
const PACKAGE_TIMEOUT_MS = 180_000;
const DEPLOY_TIMEOUT_MS = 180_000;
const TAIL_LINES = 30;

/** Reads the deployment bucket from the package. */
const deploymentBucketOf = (packageFolder: string): string => {
  const state: unknown = JSON.parse(readFileSync(join(packageFolder, 'serverless-state.json'), 'utf8'));
  const service = isFields(state) && isFields(state['service']) ? state['service'] : {};
  const provider = isFields(service['provider']) ? service['provider'] : {};
  const bucket = provider['deploymentBucket'];
  if (typeof bucket !== 'string') {
    throw new Error(`provider.deploymentBucket.name of serverless.yml is not a name in stage ${STAGE}`);
  }
  return bucket;
};

/** Lists the resources that failed in a deployment, which the CLI does not report. */
const failedResources = async (endpoint: string): Promise<string> => {
  const cloudFormation = new CloudFormationClient(clientSettings(endpoint));
  try {
    const { StackEvents: events = [] } = await cloudFormation.send(
      new DescribeStackEventsCommand({ StackName: STACK }),
    );
    return events
      .filter(({ ResourceStatus: status }) => status?.endsWith('_FAILED'))
      .map(({ LogicalResourceId: id, ResourceStatusReason: reason }) => `  ${id}: ${reason}\n`)
      .join('');
  } catch {
    // The stack does not exist, so only the output of the CLI says why.
    return '';
  } finally {
    cloudFormation.destroy();
  }
};

/**
 * Packages the service for stage `local` and deploys it.
 *
 * @throws LocalAwsError with the last output of the CLI, when the CLI fails or does not end.
 */
export const deploy = async (aws: LocalAws, say: Say): Promise<void> => {
  const { folder, endpoint } = aws;
  const chosen = process.env['BREAKAWAY_CONFIG'];
  const environment = {
    ...aws.environment,
    [FOLDER_VARIABLE]: folder.path,
    HOME: folder.home,
    LANG: 'C.UTF-8',
    NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON --disable-warning=ExperimentalWarning',
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    TMPDIR: folder.temporary,
    ...(chosen === undefined ? {} : { BREAKAWAY_CONFIG: chosen }),
  };
  const run = async (step: string, args: readonly string[], timeoutMs: number): Promise<void> => {
    const log = folder.log(step);
    const { succeeded, reason, timedOut } = await runToEnd(
      { program: process.execPath, args, environment, folder: ROOT, logFile: log },
      timeoutMs,
    );
    if (!succeeded) {
      const how = timedOut ? `did not end within ${timeoutMs / 1_000} s` : `failed (${reason})`;
      throw new LocalAwsError(
        `serverless ${step} ${how}:\n${await failedResources(endpoint)}${tailOf(log, { lines: TAIL_LINES })}\n` +
          `Logs: ${log}\n      ${folder.log('ministack')}`,
      );
    }
  };

  say('Packaging the service ...');
  await run('package', ['bundle/package.ts', '--stage', STAGE, '--out', folder.package], PACKAGE_TIMEOUT_MS);

  const s3 = new S3Client(clientSettings(endpoint));
  await s3.send(
    new CreateBucketCommand({
      Bucket: deploymentBucketOf(folder.package),
      CreateBucketConfiguration: { LocationConstraint: REGION },
    }),
  );
  s3.destroy();

  say(`Deploying stack ${STACK} with serverless deploy ...`);
  const cli = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
  await run('deploy', [cli, 'deploy', '--stage', STAGE, '--package', folder.package], DEPLOY_TIMEOUT_MS);
};
