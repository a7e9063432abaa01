import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type BuildResult, build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { slimSdk } from '../../bundle/slim-sdk.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A function that asks a service of each protocol of the SDK for something. */
const CALLS = `
  import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
  import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
  import { DescribeClusterCommand, EMRClient } from '@aws-sdk/client-emr';
  import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
  import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
  export const ask = (settings) => [
    new BatchClient(settings).send(new DescribeJobsCommand({ jobs: ['a'] })),
    new EC2Client(settings).send(new DescribeInstancesCommand({ InstanceIds: ['i-1'] })),
    new EMRClient(settings).send(new DescribeClusterCommand({ ClusterId: 'j-1' })),
    new S3Client(settings).send(new ListObjectsV2Command({ Bucket: 'landing', Prefix: 'ä b' })),
    new SNSClient(settings).send(new PublishCommand({ TopicArn: 'arn', Message: 'text' })),
  ];
`;

/** Operations that the function does not call, and that esbuild keeps by itself. */
const UNUSED = ['CreateJobQueue', 'TerminateJob', 'PutBucketPolicy'];

const bundled = (outfile: string, plugins: Plugin[]): Promise<BuildResult<{ metafile: true }>> =>
  build({
    stdin: { contents: CALLS, resolveDir: ROOT },
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    plugins,
  });

type Sent = {
  readonly method: string;
  readonly path: string;
  readonly query: object;
  readonly body?: string | Uint8Array;
};

/** Runs the calls of a bundle, and returns what each would send, without a connection. */
const requestsOf = async (file: string): Promise<Sent[]> => {
  const sent: Sent[] = [];
  const requestHandler = {
    handle: async ({ method, path, query, body }: Sent) => {
      sent.push({
        method,
        path,
        query,
        body: typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? ''),
      });
      throw new Error('There is no connection');
    },
  };
  const { ask } = createRequire(import.meta.url)(file);
  await Promise.allSettled(ask({ region: 'eu-central-1', maxAttempts: 1, requestHandler }));
  return sent.sort((one, other) => `${one.path} ${one.body}`.localeCompare(`${other.path} ${other.body}`));
};

describe('slimSdk', () => {
  let folder = '';
  let inputs: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'breakaway-slim-'));
    await bundled(join(folder, 'whole.cjs'), []);
    const { metafile } = await bundled(join(folder, 'slim.cjs'), [slimSdk()]);
    const [output] = Object.values(metafile.outputs);
    inputs = Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [file] : [],
    );
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('changes no request', async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'AKID';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
    const whole = await requestsOf(join(folder, 'whole.cjs'));

    const slim = await requestsOf(join(folder, 'slim.cjs'));

    expect(whole).toHaveLength(5);
    expect(slim).toEqual(whole);
  });

  it('leaves out the operations that a function does not call', async () => {
    const [whole, slim] = await Promise.all(
      ['whole.cjs', 'slim.cjs'].map((file) => readFile(join(folder, file), 'utf8')),
    );

    expect(UNUSED.filter((operation) => whole?.includes(operation))).toEqual(UNUSED);
    expect(UNUSED.filter((operation) => slim?.includes(operation))).toEqual([]);
  });

  it('leaves out event streams', () => {
    expect(inputs.filter((file) => file.includes('/event-streams/'))).toEqual([
      'node_modules/@smithy/core/dist-es/submodules/event-streams/index.js',
    ]);
  });

  it('leaves out every provider of credentials but that of the environment', () => {
    const providers = inputs.flatMap(
      (file) => /credential-provider-[\w-]+|token-providers|nested-clients/.exec(file) ?? [],
    );

    expect(new Set(providers)).toEqual(new Set(['credential-provider-env']));
  });

  describe('fails the build', () => {
    /** Bundles one import, from a folder with packages of its own. */
    const bundling = async (files: Readonly<Record<string, string>>): Promise<unknown> => {
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
        plugins: [slimSdk()],
      });
    };

    it.each(['@aws-sdk/client-new', '@aws-sdk/credential-provider-node', '@smithy/core'])(
      'when nothing of %s is rewritten',
      async (name) => {
        const building = bundling({
          'entry.js': `import '${name}/dist-es/elsewhere.js';`,
          [`node_modules/${name}/dist-es/elsewhere.js`]: 'globalThis.a = 1;',
        });

        await expect(building).rejects.toThrow(`${name}: the file that a rule rewrites is not loaded`);
      },
    );

    it.each([
      ['an unknown key', 'export const a = { [_b]: 1 };', '_b does not name a property'],
      [
        'a key that would be the prototype',
        'const _b = "__proto__";\nexport const a = { [_b]: 1 };',
        '_b does not name',
      ],
      ['no computed keys', 'export const a = { b: 1 };', 'it has no computed keys'],
    ])('when the schemas have %s', async (_, text, problem) => {
      const file = '@aws-sdk/client-new/dist-es/schemas/schemas_0.js';

      const building = bundling({
        'entry.js': `import { a } from '${file}'; console.log(a);`,
        [`node_modules/${file}`]: text,
      });

      await expect(building).rejects.toThrow(`${file}: Error: ${problem}`);
    });

    it.each([
      ['the provider of credentials has another name', 'newProvider', 'it does not export defaultProvider'],
      ['the SDK asks for more of it', 'fromNew, defaultProvider', 'No matching export'],
    ])('when %s', async (_, names, problem) => {
      const provider = '@aws-sdk/credential-provider-node/dist-es/index.js';

      const building = bundling({
        'entry.js': `import { ${names} } from '${provider}'; console.log(${names});`,
        [`node_modules/${provider}`]: `export { ${names} } from './provider.js';`,
        [`node_modules/${dirname(provider)}/provider.js`]: names
          .split(', ')
          .map((name) => `export const ${name} = 1;`)
          .join('\n'),
        'node_modules/@aws-sdk/credential-provider-env/index.js': 'export const fromEnv = 1;',
      });

      await expect(building).rejects.toThrow(problem);
    });
  });
});
