/**
 * Leaves out of the bundles what the AWS SDK holds and a function never runs: half of what it would load at each cold start.
 *
 * Nothing here changes a request, or what is read of an answer. What is left out either throws when it is reached, or is what the SDK itself
 * does where the feature is not used. A rule whose file has gone, or no longer looks as expected, fails the build: look at what the
 * SDK has made of it, and change the rule or drop it.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Loader, PartialMessage, Plugin } from 'esbuild';

type Rule = {
  /** Where the file is inside `node_modules`; a pattern where every client has one. */
  readonly file: string | RegExp;
  readonly write: (original: string) => string;
  readonly loader?: Loader;
};

/** A module of one class that must never be made. */
const unreachable = (name: string, why: string): string =>
  `export class ${name} { constructor() { throw new Error(${JSON.stringify(`${name} is not in the bundle: ${why}`)}); } }\n`;

/** Replaces every match, of which there must be some. */
const replaceEach = (
  text: string,
  pattern: RegExp,
  replacement: (match: string, ...groups: (string | undefined)[]) => string,
): string => {
  if (text.search(pattern) === -1) throw new Error(`Nothing matches ${pattern}`);
  return text.replaceAll(pattern, replacement);
};

/**
 * Spells `[_name]: value` as `"name": value`, where `const _name = "name"`. A computed key may have effects, for all that esbuild
 * knows, so it keeps the shapes of every operation; a literal key has none.
 */
const literalKeys = (text: string): string => {
  const strings = new Map(
    [...text.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, name, value]) => [name, value]),
  );
  return replaceEach(text, /\[(_\w+)\]: /g, (_, name) => {
    const value = name === undefined ? undefined : strings.get(name);
    if (value === undefined || value === '"__proto__"') throw new Error(`${name} is not the name of a property`);
    return `${value}: `;
  });
};

/** An exception class as the SDK's generator writes it: names, fault, fields, and a constructor that fills them. */
const EXCEPTION =
  /^export class (\w+) extends __BaseException \{\n(?: {4}static shapeId = "([\w.]+#\1)";\n)? {4}name = "\1";\n {4}\$fault = "(client|server)";\n((?: {4}\w+;\n)*) {4}constructor\(opts\) \{\n {8}super\(\{\n {12}name: "\1",\n {12}\$fault: "\3",\n {12}\.\.\.opts,\n {8}\}\);\n {8}Object\.setPrototypeOf\(this, \1\.prototype\);\n((?: {8}this\.\w+ = opts\.\w+;\n)*) {4}\}\n\}$/gm;

const EXCEPTION_FACTORY = `
const exceptionOf = (name, fault, shapeId, fields) => {
  const Exception = class extends __BaseException {
    name = name;
    $fault = fault;
    constructor(opts) {
      super({ name, $fault: fault, ...opts });
      Object.setPrototypeOf(this, Exception.prototype);
      for (const field of fields) this[field] = opts[field];
    }
  };
  if (shapeId) Exception.shapeId = shapeId;
  return Exception;
};
`;

/** Makes the exception classes, which differ in names and fields, by one function instead of spelling out each. */
const exceptionsByName = (text: string): string => {
  const classes = replaceEach(text, EXCEPTION, (spelled, name, shapeId = '', fault, declared = '', assigned = '') => {
    const fields = declared.match(/\w+/g) ?? [];
    const expected = fields.map((field) => `        this.${field} = opts.${field};\n`).join('');
    return expected === assigned
      ? `export const ${name} = /* @__PURE__ */ exceptionOf("${name}", "${fault}", "${shapeId}", ${JSON.stringify(fields)});`
      : spelled;
  });
  // After the imports, before the first class.
  return replaceEach(classes, /^((?:import .*\n)+)/g, (imports) => `${imports}${EXCEPTION_FACTORY}`);
};

/** What an EC2 instance type has besides its name, vCPUs, memory and hypervisor; no function reads it. */
const PARTS_OF_INSTANCE_TYPES = [
  'EbsInfo',
  'FpgaInfo',
  'GpuInfo',
  'InferenceAcceleratorInfo',
  'InstanceStorageInfo',
  'MediaAcceleratorInfo',
  'NetworkInfo',
  'NeuronInfo',
  'NitroTpmInfo',
  'PlacementGroupInfo',
  'ProcessorInfo',
];

/** Takes away what shapes have in them, and so the shapes that are used nowhere else. The SDK leaves out of an answer what is in no shape. */
const withoutMembers = (text: string, shapes: readonly string[]): string =>
  shapes.reduce(
    (shorter, shape) =>
      replaceEach(
        shorter,
        new RegExp(`^(export var ${shape}\\$ = \\[3, n0, _\\w+),[^;]*\\];$`, 'gm'),
        (_, head) => `${head}, 0, [], []];`,
      ),
    text,
  );

/** The clients in the bundles, and what the host of each is called. */
const HOSTS: Readonly<Record<string, string>> = {
  cloudwatch: 'monitoring',
  ec2: 'ec2',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  emr: 'elasticmapreduce',
};

/**
 * Names the host of a service of one region, without the tables and the engine by which the SDK does: those also know the hosts of single accounts
 * and tables.
 *
 * @param isOneInGovCloud - whether the dual-stack endpoint of the government's regions is that of FIPS, as the other one is everywhere
 */
const endpointResolver = (host: string, isOneInGovCloud: boolean): string => `
import { partition } from "@aws-sdk/core/client";
const hostIn = ({ Region, UseFIPS, UseDualStack }) => {
  const { name, dnsSuffix, dualStackDnsSuffix } = partition(Region);
  const isOne = name === "aws-us-gov";
  if (UseDualStack) return \`${host}\${UseFIPS && !(${isOneInGovCloud} && isOne) ? "-fips" : ""}.\${Region}.\${dualStackDnsSuffix}\`;
  return \`${host}\${UseFIPS && !isOne ? "-fips" : ""}.\${Region}.\${dnsSuffix}\`;
};
export const defaultEndpointResolver = (parameters) => ({
  url: new URL(parameters.Endpoint ?? \`https://\${hostIn(parameters)}\`),
  properties: {},
  headers: {},
});
`;

const RULES: readonly Rule[] = [
  {
    // On Lambda, and under `serverless invoke local`, credentials are in the environment.
    file: '@aws-sdk/credential-provider-node/dist-es/index.js',
    write: () => 'export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";\n',
  },
  {
    // Loaded by a dynamic import, which also keeps esbuild from dropping most of what it reaches.
    file: '@smithy/core/dist-es/submodules/event-streams/index.js',
    write: () =>
      unreachable('EventStreamSerde', 'no operation in use has an event stream') +
      'export const eventStreamSerdeProvider = () => undefined;\n' +
      'export { resolveEventStreamSerdeConfig } from "./eventstream-serde-config-resolver/EventStreamSerdeConfig";\n',
  },
  {
    file: '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js',
    write: () => unreachable('Sha256Js', "Node's own SHA-256 is used"),
  },
  {
    file: '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js',
    write: () => unreachable('AdaptiveRetryStrategy', 'clientSettings asks for the standard mode'),
  },
  {
    // For the answers of a browser.
    file: '@smithy/core/dist-es/submodules/serde/util-stream/sdk-stream-mixin.browser.js',
    write: () => 'export const sdkStreamMixin = () => { throw new Error("Not a Node.js stream"); };\n',
  },
  {
    // Signs events of event streams.
    file: '@smithy/signature-v4/dist-es/HeaderFormatter.js',
    write: () =>
      'export class HeaderFormatter { format() { throw new Error("HeaderFormatter is not in the bundle"); } }\n',
  },
  {
    // Asked only outside Lambda, and only in the defaults mode `auto`; undefined is its answer where there is no EC2 instance.
    file: '@smithy/core/dist-es/submodules/config/config-resolver/regionConfig/getInstanceMetadataRegion.js',
    write: () => 'export const getInstanceMetadataRegion = async () => undefined;\n',
  },
  {
    // No endpoint rule reads how a region is called.
    file: '@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js',
    write: (original) => replaceEach(original, /"description": "[^"]*"/g, () => ''),
  },
  {
    file: '@aws-sdk/client-ec2/dist-es/schemas/schemas_0.js',
    write: (original) => literalKeys(withoutMembers(original, PARTS_OF_INSTANCE_TYPES)),
  },
  { file: /^@aws-sdk\/client-[^/]+\/dist-es\/schemas\/schemas_0\.js$/, write: literalKeys },
  { file: /^@aws-sdk\/client-[^/]+\/dist-es\/models\/errors\.js$/, write: exceptionsByName },
  {
    // Read for its version only.
    file: /^@aws-sdk\/client-[^/]+\/package\.json$/,
    write: (original) => JSON.stringify({ version: versionOf(original) }),
    loader: 'json',
  },
  ...Object.entries(HOSTS).map(([client, host]) => ({
    file: `@aws-sdk/client-${client}/dist-es/endpoint/endpointResolver.js`,
    write: () => endpointResolver(host, client === 'cloudwatch'),
  })),
];

const versionOf = (packageJson: string): string => {
  const parsed: unknown = JSON.parse(packageJson);
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed.version;
  }
  throw new Error('It has no version');
};

const NODE_MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** `@scope/name/path` of a file, whichever `node_modules` it is in. */
const insideNodeModules = (path: string): string => path.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf('/'));

const matches = (rule: Rule, file: string): boolean =>
  typeof rule.file === 'string' ? rule.file === file : rule.file.test(file);

const failure = (rule: Rule, problem: string): PartialMessage => ({
  text: `The AWS SDK is not what bundle/slim-sdk.ts knows: ${rule.file} ${problem}`,
});

/** Slims the AWS SDK: an esbuild plugin that fails the build when the SDK is not the one it knows. */
export const slimSdk = (nodeModules: string = NODE_MODULES): Plugin => ({
  name: 'slim-sdk',
  setup(build) {
    const loadedFolders = new Set<string>();
    const applied = new Set<Rule>();

    build.onStart(() => {
      loadedFolders.clear();
      applied.clear();
      const gone = RULES.filter(({ file }) => typeof file === 'string' && !existsSync(`${nodeModules}${file}`));
      return { errors: gone.map((rule) => failure(rule, 'is gone')) };
    });

    build.onLoad({ filter: /[\\/]node_modules[\\/](@aws-sdk|@smithy)[\\/]/ }, async ({ path }) => {
      const file = insideNodeModules(path);
      loadedFolders.add(folderOf(file));
      const rule = RULES.find((candidate) => matches(candidate, file));
      if (rule === undefined) return undefined;
      applied.add(rule);
      try {
        return { contents: rule.write(await readFile(path, 'utf8')), loader: rule.loader ?? 'js' };
      } catch (error) {
        return { errors: [failure(rule, `as ${file}: ${String(error)}`)] };
      }
    });

    build.onEnd(() => {
      // A file that is there, but is not read where its neighbours are, has given its work to another, which is in the bundle as it is.
      const idle = RULES.filter(
        (rule) => typeof rule.file === 'string' && loadedFolders.has(folderOf(rule.file)) && !applied.has(rule),
      );
      return { errors: idle.map((rule) => failure(rule, 'is not read any more')) };
    });
  },
});
