/** Calls to Moto's own API, and the resources that a compute environment needs. */
import { LocalAwsError } from './local-aws-error.ts';

const TIMEOUT_MS = 10_000;

/** A number of transitions that is never reached. */
const FOREVER = 1_000_000_000;

const post = async (url: string, headers: Record<string, string>, body: string): Promise<string> => {
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await answer.text();
  if (!answer.ok) {
    throw new LocalAwsError(`Moto answered ${answer.status} to ${body}: ${text}`);
  }
  return text;
};

/**
 * Keeps jobs in their first status. Otherwise Moto runs them in Docker.
 *
 * @see https://docs.getmoto.org/en/latest/docs/configuration/state_transition/index.html
 */
export const holdJobs = async (endpoint: string): Promise<void> => {
  const held = { model_name: 'batch::job', transition: { progression: 'manual', times: FOREVER } };
  await post(
    `${endpoint}/moto-api/state-manager/set-transition`,
    { 'content-type': 'application/json' },
    JSON.stringify(held),
  );
};

/**
 * Calls a service with the Query protocol, for which the project has no client. Moto reads the
 * service from the signature.
 */
const query = (
  endpoint: string,
  region: string,
  service: 'iam' | 'ec2',
  version: string,
  parameters: Readonly<Record<string, string>>,
): Promise<string> =>
  post(
    endpoint,
    {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
    },
    new URLSearchParams({ Version: version, ...parameters }).toString(),
  );

const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);

const IAM_VERSION = '2010-05-08';
const EC2_VERSION = '2016-11-15';

/** The resources that a managed compute environment refers to. */
export type ComputeSurroundings = {
  readonly serviceRole: string;
  readonly instanceRole: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
};

/**
 * Makes the roles of a compute environment, and finds the subnets and security groups of the
 * default network.
 */
export const makeComputeSurroundings = async (endpoint: string, region: string): Promise<ComputeSurroundings> => {
  const iam = (parameters: Record<string, string>) => query(endpoint, region, 'iam', IAM_VERSION, parameters);
  const ec2 = (action: string) => query(endpoint, region, 'ec2', EC2_VERSION, { Action: action });
  const role = await iam({ Action: 'CreateRole', RoleName: 'batch-service', AssumeRolePolicyDocument: '{}' });
  const profile = await iam({ Action: 'CreateInstanceProfile', InstanceProfileName: 'batch-instance' });
  const [serviceRole] = elements(role, 'Arn');
  const [instanceRole] = elements(profile, 'Arn');
  const subnets = elements(await ec2('DescribeSubnets'), 'subnetId');
  const securityGroups = elements(await ec2('DescribeSecurityGroups'), 'groupId');
  if (serviceRole === undefined || instanceRole === undefined || subnets.length === 0 || securityGroups.length === 0) {
    throw new LocalAwsError('Moto did not make the roles and the network of a compute environment');
  }
  return { serviceRole, instanceRole, subnets, securityGroups: securityGroups.slice(0, 1) };
};
