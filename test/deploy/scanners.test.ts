/** What cfn-lint and Checkov say about the packaged templates. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageService } from '../../bundle/packaging.ts';
import { ROOT } from '../../local/local-aws.ts';
import { preparePython } from '../../local/process/python-environment.ts';
import { packagedService } from './packaged.ts';

const run = promisify(execFile);

const INSTALL_MS = 10 * 60_000;
const SCAN_MS = 5 * 60_000;

/** Findings that are left as they are, by rule: where, and why. */
const SUPPRESSED: Readonly<Record<string, { readonly on: RegExp; readonly because: string }>> = {
  W3005: {
    on: /^\w+LambdaFunction$/,
    because: 'the CLI writes DependsOn beside the reference to the role; it says the same twice',
  },
  CKV_AWS_115: {
    on: /^\w+LambdaFunction$/,
    because:
      'what is reserved is taken from the account: correctness depends on no limit, and accounts with ten can deploy',
  },
  CKV_AWS_116: {
    on: /^\w+LambdaFunction$/,
    because:
      'the queues have failure queues, and a scheduled tick that failed is worthless: the next one does its work',
  },
  CKV_AWS_117: {
    on: /^\w+LambdaFunction$/,
    because: 'only AWS is called, with TLS and IAM; a VPC would need an endpoint or a NAT for each service',
  },
  CKV_AWS_173: {
    on: /^\w+LambdaFunction$/,
    because: 'the environment holds names, no secrets; a key of our own would be asked at every cold start',
  },
  CKV_AWS_158: {
    on: /^\w+LogGroup$/,
    because: 'CloudWatch encrypts logs anyway; they hold names of files and jobs, no contents and no secrets',
  },
  CKV_AWS_119: {
    on: /^LedgerTable$/,
    because: 'it is encrypted with the key that AWS keeps for DynamoDB; nothing but our roles reads it',
  },
  CKV_AWS_18: {
    on: /^(Suite|ServerlessDeployment)Bucket$/,
    because:
      'a log of accesses would need a bucket of its own, for lists of file names that end by themselves and for packages',
  },
  CKV_AWS_21: {
    on: /^(Suite|ServerlessDeployment)Bucket$/,
    because: 'an object is written once under a name of its own, or again with the same content',
  },
  CKV_AWS_91: {
    on: /^EmrUiLoadBalancer$/,
    because: 'accesses are logged where the configuration names a bucket for it (uis.loadBalancer.internal.accessLogs)',
  },
};

type Finding = {
  readonly template: string;
  readonly rule: string;
  readonly resource: string;
  readonly message: string;
};

/** A template in which each scanner finds something. */
const WRONG = {
  AWSTemplateFormatVersion: '2010-09-09',
  Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicNme: 'alerts' } } },
};

const PACKAGED = ['shipped', 'with-a-load-balancer'];
const TEMPLATES = [...PACKAGED, 'wrong'].map((name) => `${name}.json`);

let folder: string;
let scanners: string;
let linted: readonly Finding[];
let checked: Awaited<ReturnType<typeof check>>;

/** Reads what a scanner printed, which ends with an error when it has found something. */
const outputOf = async (program: string, args: readonly string[]): Promise<string> => {
  try {
    return (await run(join(scanners, program), args, { cwd: folder, maxBuffer: 1e8, timeout: SCAN_MS })).stdout;
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '') {
      return error.stdout;
    }
    throw error;
  }
};

const lint = async (): Promise<Finding[]> => {
  const found: {
    Filename: string;
    Rule: { Id: string };
    Location: { Path: readonly unknown[] };
    Message: string;
  }[] = JSON.parse(
    await outputOf('cfn-lint', ['--format', 'json', '--regions', 'ap-northeast-1', '--template', ...TEMPLATES]),
  );
  return found.map(({ Filename, Rule, Location, Message }) => ({
    template: basename(Filename, '.json'),
    rule: Rule.Id,
    resource: String(Location.Path[1]),
    message: Message,
  }));
};

type Check = {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
  readonly file_path: string;
};

type Checked = {
  readonly summary: { readonly parsing_errors: number };
  readonly results: { readonly passed_checks: readonly Check[]; readonly failed_checks: readonly Check[] };
};

const check = async () => {
  const { summary, results }: Checked = JSON.parse(
    await outputOf('checkov', [
      ...['--framework', 'cloudformation', '--skip-download', '-o', 'json'],
      ...TEMPLATES.flatMap((file) => ['-f', file]),
    ]),
  );
  const found = (checks: readonly Check[]): Finding[] =>
    checks.map(({ check_id, check_name, resource, file_path }) => ({
      template: basename(file_path, '.json'),
      rule: check_id,
      resource: resource.split('.').at(-1) ?? '',
      message: check_name,
    }));
  return {
    parsingErrors: summary.parsing_errors,
    passed: found(results.passed_checks),
    failed: found(results.failed_checks),
  };
};

const isSuppressed = ({ rule, resource }: Finding): boolean => SUPPRESSED[rule]?.on.test(resource) === true;

const isPackaged = ({ template }: Finding): boolean => PACKAGED.includes(template);

beforeAll(async () => {
  scanners = dirname(
    await preparePython({
      folder: join(ROOT, '.local/scanners'),
      requirements: join(import.meta.dirname, 'scanners.lock'),
      contents: { name: 'the scanners', megabytes: 100 },
      environment: process.env,
      say: (line) => process.stdout.write(`${line}\n`),
    }),
  );
  folder = await mkdtemp(join(tmpdir(), 'breakaway-scanners-'));
  const withUis = await packageService({
    stage: 'prod',
    directory: join(folder, 'packaged'),
    configurationFile: 'docs/examples/emr-uis.config.ts',
    params: { account: '210987654321' },
  });
  const texts = [
    await readFile((await packagedService()).template, 'utf8'),
    await readFile(withUis.template, 'utf8'),
    JSON.stringify(WRONG),
  ];
  await Promise.all(TEMPLATES.map((file, index) => writeFile(join(folder, file), texts[index] ?? '')));
  // Each takes seconds to start, so one call scans all templates.
  [linted, checked] = await Promise.all([lint(), check()]);
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('scanners', () => {
  it('find nothing in the packaged templates but what is left for a reason, and every reason is still needed', () => {
    const findings = [...linted, ...checked.failed].filter(isPackaged);

    expect(checked.parsingErrors).toBe(0);
    for (const name of PACKAGED) {
      expect(checked.passed.filter(({ template }) => template === name).length).toBeGreaterThan(50);
    }
    expect(findings.filter((finding) => !isSuppressed(finding))).toEqual([]);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(Object.keys(SUPPRESSED)));
  });

  it('find what is wrong', () => {
    const isWrong = (finding: Finding): boolean => !isPackaged(finding);
    const rulesOf = (findings: readonly Finding[]): string[] =>
      findings.filter(isWrong).map(({ rule, resource }) => `${rule} ${resource}`);

    expect(rulesOf(linted)).toContain('E3002 Topic');
    expect(rulesOf(checked.failed)).toEqual(['CKV_AWS_26 Topic']);
  });
});
