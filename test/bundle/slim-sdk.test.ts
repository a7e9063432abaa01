import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ownDynamodb } from '../../bundle/own-dynamodb.ts';
import { slimSdk } from '../../bundle/slim-sdk.ts';

const ROOT = resolve(import.meta.dirname, '../..');

type Asked = {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, unknown>;
  readonly body: string;
};

type ErrorClass = { readonly shapeId?: string; new (options: object): Error };

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** Different in each request, or the clock's. */
const VOLATILE = ['amz-sdk-invocation-id', 'x-amz-date', 'host', 'date'];

const operationOf = (path: string, headers: IncomingHttpHeaders, body: string): string =>
  String(headers['x-amz-target'] ?? (/^Action=(\w+)/.exec(body)?.[1] || path)).replace(/^.*[./]/, '');

const without = (headers: IncomingHttpHeaders): Record<string, unknown> => {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE.includes(name));
  const { authorization, ...others } = Object.fromEntries(kept);
  return {
    ...others,
    authorization: String(authorization)
      .replace(/Signature=.*/, '')
      .replace(/\/\d{8}\//, '/'),
  };
};

/** A server in the place of all of AWS, which answers by the operation. */
class Stub {
  asked: Asked[] = [];
  answer: (operation: string, attempt: number) => Answer = () => ({ status: 200 });
  #server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const path = request.url ?? '';
      const operation = request.headers.authorization?.includes('/s3/')
        ? (request.method ?? '')
        : operationOf(path, request.headers, body);
      this.asked.push({ operation, method: request.method ?? '', path, headers: without(request.headers), body });
      const attempt = this.asked.filter((one) => one.operation === operation).length;
      const { status, headers, body: answer } = this.answer(operation, attempt);
      response.writeHead(status, { 'x-amzn-requestid': 'id', ...headers }).end(answer);
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The stub has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' };
const XML_TYPE = { 'content-type': 'text/xml' };

const elbAnswer = (operation: string, result: string): Answer => ({
  status: 200,
  headers: XML_TYPE,
  body: `<${operation}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${operation}Result>${result}</${operation}Result></${operation}Response>`,
});

const SUCCESSES: Readonly<Record<string, Answer>> = {
  submitjob: { status: 200, body: '{"jobArn":"arn:aws:batch:x","jobId":"id","jobName":"name"}' },
  listjobs: {
    status: 200,
    body: '{"jobSummaryList":[{"jobId":"id","jobName":"n","createdAt":1700000000123,"status":"RUNNING","container":{"exitCode":0}}],"nextToken":"t"}',
  },
  describejobs: {
    status: 200,
    body: JSON.stringify({
      jobs: [
        {
          jobId: 'id',
          jobName: 'n',
          jobQueue: 'q',
          status: 'FAILED',
          startedAt: 1_700_000_000_123,
          arrayProperties: { size: 3, statusSummary: { FAILED: 3 } },
          attempts: [
            { container: { exitCode: 137, reason: 'OutOfMemoryError: killed', logStreamName: 'l' }, startedAt: 1 },
          ],
          container: { resourceRequirements: [{ type: 'VCPU', value: '1' }], environment: [{ name: 'a', value: 'b' }] },
          eksProperties: { podProperties: { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] } },
          tags: { a: 'b' },
        },
      ],
    }),
  },
  DescribeInstanceTypes: {
    status: 200,
    headers: XML_TYPE,
    body: '<DescribeInstanceTypesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instanceTypeSet><item><instanceType>c5.large</instanceType><hypervisor>nitro</hypervisor><bareMetal>false</bareMetal><vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>4096</sizeInMiB></memoryInfo></item></instanceTypeSet><nextToken>t</nextToken></DescribeInstanceTypesResponse>',
  },
  DescribeInstances: {
    status: 200,
    headers: XML_TYPE,
    body: '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState><vpcId>vpc-1</vpcId><privateIpAddress>10.0.0.1</privateIpAddress><tagSet><item><key>a</key><value>b</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
  },
  DescribeTargetGroups: elbAnswer(
    'DescribeTargetGroups',
    '<TargetGroups><member><TargetGroupArn>arn:1</TargetGroupArn><TargetType>ip</TargetType><VpcId>vpc-1</VpcId><LoadBalancerArns><member>arn:b</member></LoadBalancerArns></member></TargetGroups><NextMarker>m</NextMarker>',
  ),
  DescribeTags: elbAnswer(
    'DescribeTags',
    '<TagDescriptions><member><ResourceArn>arn:1</ResourceArn><Tags><member><Key>breakaway:ui</Key><Value>hue</Value></member></Tags></member></TagDescriptions>',
  ),
  DescribeTargetHealth: elbAnswer(
    'DescribeTargetHealth',
    '<TargetHealthDescriptions><member><Target><Id>i-1</Id><Port>8088</Port></Target><TargetHealth><State>unused</State><Reason>Target.NotInUse</Reason></TargetHealth></member></TargetHealthDescriptions>',
  ),
  RegisterTargets: elbAnswer('RegisterTargets', ''),
  DeregisterTargets: elbAnswer('DeregisterTargets', ''),
  GetItem: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Item":{"pk":{"S":"ü"},"n":{"N":"12.5"},"l":{"L":[{"BOOL":true},{"NULL":true}]},"s":{"SS":["a"]},"b":{"B":"AQI="}}}',
  },
  PutItem: { status: 200, headers: JSON_TYPE, body: '{}' },
  Query: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Items":[{"pk":{"S":"a"}}],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"pk":{"S":"a"}}}',
  },
  UpdateItem: { status: 200, headers: JSON_TYPE, body: '{"Attributes":{"a":{"N":"1"}}}' },
  TransactWriteItems: { status: 200, headers: JSON_TYPE, body: '{}' },
  BatchGetItem: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Responses":{"ledger":[{"pk":{"S":"a"}}]},"UnprocessedKeys":{"ledger":{"Keys":[{"pk":{"S":"b"}}]}}}',
  },
  ListClusters: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Clusters":[{"Id":"j-1","Name":"ü","Status":{"State":"RUNNING","Timeline":{"CreationDateTime":1700000000.123}}}],"Marker":"m"}',
  },
  DescribeCluster: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Cluster":{"Id":"j-1","Name":"n","Status":{"Timeline":{"EndDateTime":1.7E9}},"Tags":[{"Key":"a","Value":"b"}]}}',
  },
  ListInstances: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Instances":[{"Ec2InstanceId":"i-1","InstanceGroupId":"ig-1","Status":{"Timeline":{"CreationDateTime":1}}}]}',
  },
  ListInstanceGroups: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"InstanceGroups":[{"Id":"ig-1","InstanceGroupType":"MASTER"}]}',
  },
  ListInstanceFleets: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"InstanceFleets":[{"Id":"if-1","InstanceFleetType":"CORE"}]}',
  },
  GetMetricData: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"MetricDataResults":[{"Id":"q0","StatusCode":"Complete","Timestamps":[1700000000],"Values":[1.5]}],"Messages":[]}',
  },
  ListMetrics: {
    status: 200,
    headers: JSON_TYPE,
    body: '{"Metrics":[{"MetricName":"mem_used","Dimensions":[{"Name":"a","Value":"b"}]}],"NextToken":"t"}',
  },
  PutMetricData: { status: 200, headers: JSON_TYPE, body: '{}' },
  Publish: {
    status: 200,
    headers: XML_TYPE,
    body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>',
  },
  HEAD: { status: 200, headers: { etag: '"e"', 'content-length': '3' } },
  PUT: { status: 200 },
};

const success = (operation: string): Answer => SUCCESSES[operation] ?? { status: 404, body: `No ${operation}` };

const batchError = (status: number, code: string): Answer => ({
  status,
  headers: { 'x-amzn-errortype': code },
  body: '{"message":"No."}',
});
const dynamodbError = (code: string, fields: object = {}, status = 400): Answer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'No.', ...fields }),
});
const snsError = (status: number, code: string): Answer => ({
  status,
  headers: XML_TYPE,
  body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>No.</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
});
const s3Error = (status: number, code: string): Answer => ({
  status,
  body: `<Error><Code>${code}</Code><Message>No.</Message></Error>`,
});

const emrError = (status: number, code: string): Answer => ({
  status,
  headers: JSON_TYPE,
  body: `{"__type":"${code}","Message":"No.","ErrorCode":"E"}`,
});

const isEmr = (operation: string): boolean => /Cluster|^ListInstance/.test(operation);

const isElb = (operation: string): boolean => /Target|^DescribeTags/.test(operation);

const isBatch = (operation: string): boolean => operation.endsWith('jobs') || operation.endsWith('job');

/** What EMR calls an error of a status. */
const EMR_CODES: Readonly<Record<number, string>> = { 400: 'InvalidRequestException', 429: 'ThrottlingException' };

/** Answers by the service; what is `undefined` succeeds. */
const failing =
  (errors: { batch: Answer; dynamodb: Answer; sns: Answer; s3: Answer }, attempts = Number.POSITIVE_INFINITY) =>
  (operation: string, attempt: number): Answer => {
    if (attempt > attempts) return success(operation);
    if (isBatch(operation)) return errors.batch;
    if (isEmr(operation)) return emrError(errors.batch.status, EMR_CODES[errors.batch.status] ?? 'InternalServerError');
    if (isElb(operation) && errors.sns.status === 400) return snsError(400, 'TargetGroupNotFound');
    if (isElb(operation) || operation === 'Publish' || operation.startsWith('DescribeInstance')) return errors.sns;
    return operation === 'HEAD' || operation === 'PUT' ? errors.s3 : errors.dynamodb;
  };

const SCENARIOS: readonly (readonly [string, (operation: string, attempt: number) => Answer])[] = [
  ['all calls succeed', success],
  [
    'calls are refused',
    failing({
      batch: batchError(400, 'ClientException'),
      dynamodb: dynamodbError('ConditionalCheckFailedException', { Item: { pk: { S: 'a' }, n: { N: '1' } } }),
      sns: snsError(404, 'NotFound'),
      s3: s3Error(403, 'AccessDenied'),
    }),
  ],
  [
    'transactions are cancelled',
    failing({
      batch: batchError(403, 'AccessDeniedException'),
      dynamodb: dynamodbError('TransactionCanceledException', {
        CancellationReasons: [
          { Code: 'None' },
          { Code: 'ConditionalCheckFailed', Message: 'No.', Item: { pk: { S: 'a' } } },
        ],
      }),
      sns: snsError(403, 'AuthorizationError'),
      s3: s3Error(404, 'NoSuchKey'),
    }),
  ],
  [
    'things are missing',
    failing({
      batch: batchError(404, 'NotHeardOfException'),
      dynamodb: dynamodbError('ResourceNotFoundException'),
      sns: snsError(400, 'KMSNotFound'),
      s3: s3Error(301, 'PermanentRedirect'),
    }),
  ],
  [
    'calls are throttled once',
    failing(
      {
        batch: batchError(429, 'TooManyRequestsException'),
        dynamodb: dynamodbError('ProvisionedThroughputExceededException'),
        sns: snsError(429, 'Throttled'),
        s3: s3Error(503, 'SlowDown'),
      },
      1,
    ),
  ],
  [
    'the services fail',
    failing({
      batch: batchError(500, 'ServerException'),
      dynamodb: dynamodbError('InternalServerError', {}, 500),
      sns: snsError(500, 'InternalError'),
      s3: s3Error(500, 'InternalError'),
    }),
  ],
  [
    'codes are new',
    failing({
      batch: batchError(400, 'SomethingNewException'),
      dynamodb: dynamodbError('SomethingNewException'),
      sns: snsError(400, 'SomethingNew'),
      s3: s3Error(400, 'SomethingNew'),
    }),
  ],
  [
    'answers are no JSON and no XML',
    failing({
      batch: { status: 200, body: '{"jobId":' },
      dynamodb: { status: 500, body: '<html>Bad gateway</html>' },
      sns: { status: 503, body: 'Service unavailable' },
      s3: { status: 502, body: '' },
    }),
  ],
];

const bundle = (outfile: string, plugins: Plugin[]) =>
  build({
    entryPoints: [join(import.meta.dirname, 'sdk-calls.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    plugins,
    // Waiting before the next attempt is the same in both.
    banner: { js: 'Math.random = () => 0.01;' },
  });

describe('slimSdk', () => {
  const stub = new Stub();
  let endpoint = '';
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakaway-slim-'));
    await bundle(join(folder, 'whole.js'), []);
    await bundle(join(folder, 'slim.js'), [slimSdk()]);
    endpoint = await stub.listen();
  }, 60_000);

  afterAll(async () => {
    stub.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (file: string, answer: Stub['answer']): Promise<{ asked: Asked[]; outcomes: unknown }> => {
    stub.asked = [];
    stub.answer = answer;
    const env = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      _X_AMZN_TRACE_ID: 'Root=1-2-3',
      AWS_LAMBDA_FUNCTION_NAME: 'a',
    };
    const stdout = await new Promise<string>((done, fail) => {
      execFile(process.execPath, [join(folder, file)], { env }, (error, out, stderr) => {
        if (error === null && stderr === '') done(out);
        else fail(error ?? new Error(stderr));
      });
    });
    return { asked: stub.asked, outcomes: JSON.parse(stdout) };
  };

  it.each(SCENARIOS)('changes neither requests nor outcomes when %s', async (_, answer) => {
    const whole = await run('whole.js', answer);

    const slim = await run('slim.js', answer);

    expect(new Set(whole.asked.map(({ operation }) => operation))).toEqual(new Set(Object.keys(SUCCESSES)));
    expect(slim.asked).toEqual(whole.asked);
    expect(slim.outcomes).toEqual(whole.outcomes);
  });

  describe('fails the build', () => {
    /** Bundles one import, from a folder of its own with its own packages. */
    const bundling = async (plugin: Plugin, files: Readonly<Record<string, string>>): Promise<unknown> => {
      const root = await mkdtemp(join(tmpdir(), 'breakaway-sdk-'));
      onTestFinished(() => rm(root, { recursive: true, force: true }));
      for (const [file, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, file)), { recursive: true });
        await writeFile(join(root, file), text);
      }
      return build({
        entryPoints: [join(root, 'entry.js')],
        bundle: true,
        write: false,
        platform: 'node',
        logLevel: 'silent',
        plugins: [plugin],
      });
    };

    it('when a file that it knows has gone', async () => {
      const building = bundling(slimSdk('/nowhere/'), { 'entry.js': '' });

      await expect(building).rejects.toThrow('@smithy/core/dist-es/submodules/event-streams/index.js is gone');
    });

    it('when a package no longer reads a file that it knows', async () => {
      const building = bundling(slimSdk(), {
        'entry.js': "import '@smithy/signature-v4/dist-es/new.js';",
        'node_modules/@smithy/signature-v4/dist-es/new.js': 'globalThis.a = 1;',
      });

      await expect(building).rejects.toThrow('@smithy/signature-v4/dist-es/HeaderFormatter.js is not read any more');
    });

    it.each([
      ['schemas', 'dist-es/schemas/schemas_0.js', 'export const a = { [_b]: 1 };'],
      ['exceptions', 'dist-es/models/errors.js', 'export class A extends Error {}'],
      ['the version', 'package.json', '{ "name": "@aws-sdk/client-new" }'],
    ])('when %s look different', async (_, file, text) => {
      const building = bundling(slimSdk(), {
        'entry.js': `import * as a from '@aws-sdk/client-new/${file}'; console.log(a);`,
        [`node_modules/@aws-sdk/client-new/${file}`]: text,
      });

      await expect(building).rejects.toThrow(`as @aws-sdk/client-new/${file}`);
    });

    it('when the SDK asks a replaced file for more than it has', async () => {
      const building = bundling(slimSdk(), {
        'entry.js':
          "import { fromNew } from '@aws-sdk/credential-provider-node/dist-es/index.js'; console.log(fromNew);",
        'node_modules/@aws-sdk/credential-provider-node/dist-es/index.js': 'export const fromNew = 1;',
        'node_modules/@aws-sdk/credential-provider-env/index.js': 'export const fromEnv = 1;',
      });

      await expect(building).rejects.toThrow('No matching export');
    });
  });

  it.each(['cloudwatch', 'ec2', 'elastic-load-balancing-v2', 'emr'])(
    'finds the endpoint of %s that the SDK finds, in every region and of every sort',
    async (service) => {
      const resolver = async (plugins: Plugin[]): Promise<(parameters: object) => { url: URL }> => {
        const outfile = join(folder, `endpoint-${service}-${plugins.length}.cjs`);
        const client = `@aws-sdk/client-${service}/dist-es/endpoint`;
        // Beside what the client itself reads there, so that the plugin finds its neighbours used.
        const contents = `import { defaultEndpointResolver } from '${client}/endpointResolver.js'; import * as parameters from '${client}/EndpointParameters.js'; module.exports = { defaultEndpointResolver, parameters };`;
        await build({
          stdin: { contents, resolveDir: ROOT },
          bundle: true,
          platform: 'node',
          outfile,
          plugins,
          logLevel: 'error',
        });
        return createRequire(import.meta.url)(outfile).defaultEndpointResolver;
      };
      const [theirs, ours] = await Promise.all([resolver([]), resolver([slimSdk()])]);
      const regions = [
        'us-east-1',
        'us-west-2',
        'ca-central-1',
        'eu-central-1',
        'ap-northeast-1',
        'us-gov-west-1',
        'cn-north-1',
        'eu-new-9',
      ];
      const flags = [false, true];
      const found = (resolve: typeof theirs, parameters: object): string | undefined => {
        try {
          return resolve(parameters).url.href;
        } catch {
          // Not every partition has every sort.
          return undefined;
        }
      };
      const cases = regions.flatMap((Region) =>
        flags.flatMap((UseFIPS) => flags.map((UseDualStack) => ({ Region, UseFIPS, UseDualStack }))),
      );

      const known = cases.map((one) => [one, found(theirs, one)]).filter(([, href]) => href !== undefined);
      expect(known.length).toBeGreaterThan(regions.length);
      expect(known.map(([one]) => [one, found(ours, one as object)])).toEqual(known);
      const Endpoint = 'http://127.0.0.1:4566/';
      const local = { Region: 'us-east-1', UseFIPS: false, UseDualStack: false, Endpoint };
      expect([found(theirs, local), found(ours, local)]).toEqual([Endpoint, Endpoint]);
    },
  );

  it.each(['batch', 'dynamodb', 's3', 'sns'])('makes the exceptions of %s as they were', async (service) => {
    const described = async (plugins: Plugin[]): Promise<unknown> => {
      const outfile = join(folder, `${service}-${plugins.length}.cjs`);
      const contents = `import * as errors from '@aws-sdk/client-${service}/dist-es/models/errors.js'; module.exports = errors;`;
      await build({
        stdin: { contents, resolveDir: ROOT },
        bundle: true,
        platform: 'node',
        outfile,
        plugins,
        logLevel: 'error',
      });
      const classes = createRequire(import.meta.url)(outfile) as Record<string, ErrorClass>;
      return Object.entries(classes).map(([name, Class]) => {
        const error = new Class({
          message: 'No.',
          $metadata: { requestId: 'r' },
          Item: 1,
          reason: 2,
          CancellationReasons: [3],
        });
        return [name, Class.shapeId, error instanceof Error, Object.entries({ ...error, stack: '' })];
      });
    };

    const slim = await described([slimSdk()]);

    expect(slim).toEqual(await described([]));
  });

  it('leaves nothing of what it drops in a bundle', async () => {
    const { metafile } = await build({
      entryPoints: [join(import.meta.dirname, 'sdk-calls.ts')],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      mainFields: ['module', 'main'],
      // As the functions are bundled: what an own client stands for is in none of them.
      plugins: [ownDynamodb(), slimSdk()],
      absWorkingDir: ROOT,
    });

    const [output] = Object.values(metafile.outputs);
    const inside = Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    );

    expect(
      inside.filter((file) =>
        /mnemonist|obliterator|credential-provider-(?!env|node)|imds|http2|eventstream-(codec|serde-universal)/.test(
          file,
        ),
      ),
    ).toEqual([]);
  });
});
