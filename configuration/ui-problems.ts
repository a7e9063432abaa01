/** Reads the web user interfaces of a configuration, and validates them. */

import type { ClusterSelector, Emr } from '../shared/clusters/emr-settings.ts';
import { type Auth, type Balancer, knownUis, type LoadBalancer, type Ui, type Uis } from '../shared/clusters/uis.ts';
import { fitsPattern } from '../shared/name-pattern.ts';
import type { UserLoadBalancer, UserUi, UserUis } from './define-uis.ts';
import { hostNameOf, hostNameProblem } from './host-names.ts';
import { didYouMean } from './suggestion.ts';

const EIGHT_HOURS_SECONDS = 28_800;

/** The first release line of EMR: emr-4.0.0. */
const FIRST_LINE = 4;

const portsOf = (port: UserUi['port']): Ui['ports'] =>
  typeof port === 'number'
    ? [{ fromLine: FIRST_LINE, port }]
    : Object.entries(port)
        .map(([line, linePort]) => ({ fromLine: Number(line), port: linePort }))
        .toSorted((one, other) => one.fromLine - other.fromLine);

const readUi = (name: string, { application, port, protocol, primaries, healthCheck, sticky }: UserUi): Ui => ({
  name,
  ...(application === undefined ? {} : { application }),
  ports: portsOf(port),
  protocol: protocol ?? 'HTTP',
  primaries: primaries ?? 'all',
  healthCheck: { path: healthCheck.path, codes: healthCheck.codes ?? '200' },
  isSticky: sticky ?? false,
});

const readAuth = (auth: UserLoadBalancer['auth']): Auth => {
  if (auth === 'none') {
    return { kind: 'none' };
  }
  const given =
    'oidc' in auth ? { kind: 'oidc' as const, ...auth.oidc } : { kind: 'cognito' as const, ...auth.cognito };
  return {
    ...given,
    scope: given.scope ?? 'openid',
    sessionSeconds: given.sessionSeconds ?? EIGHT_HOURS_SECONDS,
  };
};

const readBalancer = ({ internal, existing }: UserLoadBalancer): Balancer | undefined => {
  if (internal !== undefined) {
    const { subnets, admit, certificates, accessLogs } = internal;
    return {
      kind: 'internal',
      subnets,
      admit,
      certificates,
      ...(accessLogs === undefined
        ? {}
        : { accessLogs: { bucket: accessLogs.bucket, prefix: accessLogs.prefix ?? 'emr-uis' } }),
    };
  }
  if (existing === undefined) {
    return undefined;
  }
  const { httpsListener, httpListener, securityGroup, priorities } = existing;
  return {
    kind: 'existing',
    httpsListener,
    ...(httpListener === undefined ? {} : { httpListener }),
    securityGroup,
    priorities,
  };
};

const readLoadBalancer = (user: UserLoadBalancer): LoadBalancer | undefined => {
  const balancer = readBalancer(user);
  return (
    balancer && {
      balancer,
      vpc: user.vpc,
      auth: readAuth(user.auth),
      hostName: user.hostName,
      targetType: user.targets ?? 'instance',
    }
  );
};

/** Fills in the defaults. */
export const readUis = ({ clusters, define, loadBalancer: user }: UserUis): Uis => {
  const loadBalancer = user && readLoadBalancer(user);
  return {
    defined: Object.entries(define ?? {}).map(([name, ui]) => readUi(name, ui)),
    clusterUis: Object.entries(clusters ?? {}).flatMap(([cluster, uis]) => uis.map((ui) => ({ cluster, ui }))),
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
  };
};

const MAX_CODE = 499;
const MIN_CODE = 200;

const codeProblems = (codes: string): string[] => {
  const numbers = codes.split(/[,-]/).map(Number);
  return /^\d{3}(?:-\d{3})?(?:,\d{3}(?:-\d{3})?)*$/.test(codes) &&
    numbers.every((code) => code >= MIN_CODE && code <= MAX_CODE)
    ? []
    : [`healthCheck, codes: "${codes}" is not like 200, 200,302 or 200-399, from ${MIN_CODE} to ${MAX_CODE}`];
};

const portProblems = (port: UserUi['port']): string[] =>
  (typeof port === 'number' ? [] : Object.keys(port)).flatMap((line) =>
    /^[1-9]\d?$/.test(line) ? [] : [`port: "${line}" is not a release line, such as 6 for emr-6.15.0`],
  );

const definedProblems = (name: string, ui: UserUi): string[] => [
  ...(/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)
    ? []
    : ['its name must have only a-z, 0-9 and "-", start with a letter or digit, and have at most 40 characters']),
  ...(ui.application?.trim() === '' ? ['application: is blank'] : []),
  ...portProblems(ui.port),
  ...(/^\/[\x21-\x7e]{0,1023}$/.test(ui.healthCheck.path)
    ? []
    : [
        `healthCheck, path: ${JSON.stringify(ui.healthCheck.path)} is not a path: it must start with "/" and have no blanks`,
      ]),
  ...codeProblems(ui.healthCheck.codes ?? '200'),
];

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Tag.html */
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u;

const clusterNameProblems = (cluster: string): string[] =>
  TAG_VALUE.test(cluster) && cluster.trim() !== ''
    ? []
    : [
        `${JSON.stringify(cluster)} cannot be a tag of a target group: letters, digits, blanks and _ . : / = + - @. Give the cluster another name in emr, clusters`,
      ];

const clusterUiProblems = (uis: readonly string[], known: ReadonlyMap<string, Ui>): string[] => [
  ...(uis.length === 0 ? ['the list has no interface'] : []),
  ...uis.flatMap((ui, index) => {
    if (!known.has(ui)) {
      return [`"${ui}" is not known${didYouMean(ui, [...known.keys()])}; define it in uis, define`];
    }
    return uis.indexOf(ui) === index ? [] : [`${ui} occurs twice`];
  }),
];

/** Checks an identifier that AWS made. */
const formatProblems = (place: string, text: string, shape: RegExp, like: string): string[] =>
  shape.test(text) ? [] : [`${place}: "${text}" is not like ${like}`];

const LISTENER = /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener\/app\/[^/]+\/[0-9a-f]+\/[0-9a-f]+$/;
const LISTENER_LIKE = 'arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/0123456789abcdef/0123456789abcdef';
const CERTIFICATE = /^arn:aws[a-z-]*:(?:acm|iam):[a-z0-9-]*:\d{12}:(?:certificate|server-certificate)\/[\w/+=,.@-]+$/;
const USER_POOL = /^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool\/[\w-]+$/;

const BYTE = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
const CIDR = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}/(?:3[0-2]|[12]?\\d)$`);

const cidrProblems = (cidr: string): string[] => {
  if (cidr.endsWith('/0')) {
    return [`internal, admit: "${cidr}" means everybody; name your networks`];
  }
  return formatProblems('internal, admit', cidr, CIDR, '10.0.0.0/8');
};

const MIN_SUBNETS = 2;

const internalProblems = ({ subnets, admit, certificates }: NonNullable<UserLoadBalancer['internal']>): string[] => [
  ...subnets.flatMap((subnet) =>
    formatProblems('internal, subnets', subnet, /^subnet-[0-9a-f]+$/, 'subnet-0123456789abcdef0'),
  ),
  ...(new Set(subnets).size < MIN_SUBNETS ? ['internal, subnets: a load balancer needs at least two'] : []),
  ...admit.flatMap(cidrProblems),
  ...(admit.length === 0 ? ['internal, admit: the list is empty, so no network could reach the load balancer'] : []),
  ...certificates.flatMap((arn) =>
    formatProblems('internal, certificates', arn, CERTIFICATE, 'arn:aws:acm:REGION:ACCOUNT:certificate/ID'),
  ),
  ...(certificates.length === 0 ? ['internal, certificates: HTTPS needs a certificate'] : []),
];

const MAX_PRIORITY = 50_000;

const existingProblems = (
  { httpsListener, httpListener, securityGroup, priorities }: NonNullable<UserLoadBalancer['existing']>,
  count: number,
): string[] => {
  const [from, to] = priorities;
  const isRange = from >= 1 && to <= MAX_PRIORITY && to - from + 1 >= count;
  return [
    ...formatProblems('existing, httpsListener', httpsListener, LISTENER, LISTENER_LIKE),
    ...(httpListener === undefined
      ? []
      : formatProblems('existing, httpListener', httpListener, LISTENER, LISTENER_LIKE)),
    ...formatProblems('existing, securityGroup', securityGroup, /^sg-[0-9a-f]+$/, 'sg-0123456789abcdef0'),
    ...(isRange
      ? []
      : [`existing, priorities: ${from} to ${to} must have room for ${count} rules between 1 and ${MAX_PRIORITY}`]),
  ];
};

const authProblems = (auth: UserLoadBalancer['auth']): string[] => {
  if (auth === 'none') {
    return [];
  }
  if ('cognito' in auth) {
    return formatProblems(
      'auth, cognito, userPoolArn',
      auth.cognito.userPoolArn,
      USER_POOL,
      'arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID',
    );
  }
  const { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, clientSecret } = auth.oidc;
  const urls = { issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint };
  return [
    ...Object.entries(urls).flatMap(([name, url]) =>
      formatProblems(`auth, oidc, ${name}`, url, /^https:\/\/[^\s"]+$/, 'https://id.example.com/path'),
    ),
    // Any other character could end CloudFormation's reference to the secret and start another one.
    ...formatProblems('auth, oidc, clientSecret, secret', clientSecret.secret, /^[\w/+=.@:-]{1,512}$/, 'emr-uis/oidc'),
    ...formatProblems('auth, oidc, clientSecret, key', clientSecret.key, /^[\w.-]{1,128}$/, 'clientSecret'),
  ];
};

/**
 * The target groups of one load balancer; AWS does not raise this limit.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
 */
const MAX_TARGET_GROUPS = 100;

const hostProblems = ({ hostName }: UserLoadBalancer, { clusterUis }: Uis): string[] => {
  const hosts = Map.groupBy(clusterUis, (clusterUi) => hostNameOf(hostName, clusterUi));
  return [...hosts].flatMap(([host, same]) => {
    const problem = hostNameProblem(host);
    if (problem !== undefined) {
      return [`hostName: ${problem}`];
    }
    return same.length === 1
      ? []
      : [`hostName: ${same.map(({ cluster, ui }) => `${ui} of ${cluster}`).join(' and ')} would both be ${host}`];
  });
};

const loadBalancerProblems = (user: UserLoadBalancer, uis: Uis): string[] => {
  const { internal, existing } = user;
  const count = uis.clusterUis.length;
  return [
    ...formatProblems('vpc', user.vpc, /^vpc-[0-9a-f]+$/, 'vpc-0123456789abcdef0'),
    ...((internal === undefined) === (existing === undefined) ? ['must have either internal or existing'] : []),
    ...(internal === undefined ? [] : internalProblems(internal)),
    ...(existing === undefined ? [] : existingProblems(existing, count)),
    ...authProblems(user.auth),
    ...hostProblems(user, uis),
    ...(count === 0 ? ['uis, clusters is empty, so the load balancer has no target'] : []),
    ...(count > MAX_TARGET_GROUPS
      ? [`${count} interfaces need more than the ${MAX_TARGET_GROUPS} target groups of one load balancer`]
      : []),
  ];
};

/** Lists the problems of the web user interfaces. */
export const uiProblems = (user: UserUis, uis: Uis): string[] => {
  const known = knownUis(uis);
  return [
    ...Object.entries(user.define ?? {}).flatMap(([name, ui]) =>
      definedProblems(name, ui).map((problem) => `uis, define ${name}, ${problem}`),
    ),
    ...Object.entries(user.clusters ?? {}).flatMap(([cluster, names]) =>
      [...clusterNameProblems(cluster), ...clusterUiProblems(names, known)].map(
        (problem) => `uis, cluster ${cluster}, ${problem}`,
      ),
    ),
    ...(user.loadBalancer === undefined
      ? []
      : loadBalancerProblems(user.loadBalancer, uis).map((problem) => `uis, loadBalancer, ${problem}`)),
  ];
};

const selects = (selector: ClusterSelector, cluster: string): boolean =>
  selector.kind === 'pattern' && selector.name === undefined
    ? fitsPattern(cluster, selector.pattern)
    : selector.name === cluster;

/** Lists probable mistakes. */
export const uiWarnings = ({ clusterUis }: Uis, emr: Emr | undefined): string[] => {
  const selectors = emr?.clusters ?? [];
  const clusters = [...new Set(clusterUis.map(({ cluster }) => cluster))];
  return selectors.length === 0
    ? []
    : clusters
        .filter((cluster) => !selectors.some((selector) => selects(selector, cluster)))
        .map(
          (cluster) =>
            `uis, cluster ${cluster}: emr, clusters does not name it, so it means only EMR clusters with exactly this name`,
        );
};
