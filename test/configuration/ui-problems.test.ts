import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { UserLoadBalancer, UserUi, UserUis } from '../../configuration/define-uis.ts';
import { ConfigurationError, loadConfiguration, parseConfiguration } from '../../configuration/load.ts';

const read = (uis: UserUis, emr?: object) =>
  parseConfiguration({ timeZone: 'UTC', feeds: [], uis, ...(emr === undefined ? {} : { emr }) });

const uisOf = (uis: UserUis) => read(uis).configuration.uis;

const problemsOf = (uis: unknown): string[] => {
  try {
    read(uis as UserUis);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems;
  }
};

const aUi = (ui: Partial<UserUi> = {}): UserUi => ({ port: 8890, healthCheck: { path: '/' }, ...ui });

const INTERNAL: NonNullable<UserLoadBalancer['internal']> = {
  subnets: ['subnet-1', 'subnet-2'],
  admit: ['10.0.0.0/8'],
  certificates: ['arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef'],
};

const LISTENER =
  'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shared/0123456789abcdef/0123456789abcdef';

const EXISTING: NonNullable<UserLoadBalancer['existing']> = {
  httpsListener: LISTENER,
  securityGroup: 'sg-1',
  priorities: [100, 199],
};

const aLoadBalancer = (loadBalancer: Partial<UserLoadBalancer> = {}): UserLoadBalancer => ({
  vpc: 'vpc-1',
  auth: 'none',
  hostName: '{ui}-{cluster}.emr.example.com',
  ...(loadBalancer.existing === undefined ? { internal: INTERNAL } : {}),
  ...loadBalancer,
});

const behind = (loadBalancer: Partial<UserLoadBalancer>, clusters: UserUis['clusters'] = { etl: ['hue'] }) =>
  problemsOf({ clusters, loadBalancer: aLoadBalancer(loadBalancer) });

const OIDC = {
  issuer: 'https://id.example.com',
  authorizationEndpoint: 'https://id.example.com/authorize',
  tokenEndpoint: 'https://id.example.com/token',
  userInfoEndpoint: 'https://id.example.com/userinfo',
  clientId: 'emr-uis',
  clientSecret: { secret: 'emr-uis/oidc', key: 'clientSecret' },
};

const COGNITO = {
  userPoolArn: 'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_a1b2',
  clientId: 'emr-uis',
  domain: 'emr-uis',
};

describe('uis in a configuration', () => {
  it('are absent by default', () => {
    expect(parseConfiguration({ timeZone: 'UTC', feeds: [] }).configuration).not.toHaveProperty('uis');
  });

  it('are read with their defaults', () => {
    expect(uisOf({ clusters: { etl: ['hue', 'zeppelin'] }, define: { zeppelin: aUi() } })).toEqual({
      defined: [
        {
          name: 'zeppelin',
          ports: [{ fromLine: 4, port: 8890 }],
          protocol: 'HTTP',
          primaries: 'all',
          healthCheck: { path: '/', codes: '200' },
          isSticky: false,
        },
      ],
      clusterUis: [
        { cluster: 'etl', ui: 'hue' },
        { cluster: 'etl', ui: 'zeppelin' },
      ],
    });
    expect(uisOf({})).toEqual({ defined: [], clusterUis: [] });
  });

  it('keep all settings of an interface', () => {
    const jupyter = aUi({
      application: 'JupyterHub',
      port: { 7: 9444, 5: 9443 },
      protocol: 'HTTPS',
      primaries: 'one',
      healthCheck: { path: '/hub/health', codes: '200,302-399' },
      sticky: true,
    });

    expect(uisOf({ define: { jupyterhub: jupyter } })?.defined).toEqual([
      {
        name: 'jupyterhub',
        application: 'JupyterHub',
        ports: [
          { fromLine: 5, port: 9443 },
          { fromLine: 7, port: 9444 },
        ],
        protocol: 'HTTPS',
        primaries: 'one',
        healthCheck: { path: '/hub/health', codes: '200,302-399' },
        isSticky: true,
      },
    ]);
  });

  it.each([
    [{ Zeppelin: aUi() }, 'define Zeppelin, its name must have only a-z, 0-9 and "-"'],
    [{ zeppelin: aUi({ application: ' ' }) }, 'define zeppelin, application: is blank'],
    [{ zeppelin: aUi({ port: {} }) }, 'define zeppelin, port: must name a port'],
    [{ zeppelin: aUi({ port: { 'emr-6': 1 } }) }, 'define zeppelin, port: "emr-6" is not a release line'],
    [{ zeppelin: aUi({ port: 0 }) }, 'define zeppelin, port: must be a whole number from 1 to 65,535, not 0'],
    [
      { zeppelin: aUi({ port: { 6: 65_536 } }) },
      'define zeppelin, port, 6: must be a whole number from 1 to 65,535, not 65536',
    ],
    [
      { zeppelin: aUi({ port: 'http' as never }) },
      'define zeppelin, port: must be a port from 1 to 65,535, or ports by release line',
    ],
    [{ zeppelin: aUi({ healthCheck: { path: 'hub' } }) }, 'healthCheck, path: "hub" is not a path'],
    [{ zeppelin: aUi({ healthCheck: { path: '/a b' } }) }, 'healthCheck, path: "/a b" is not a path'],
    [{ zeppelin: aUi({ healthCheck: { path: '/', codes: '2xx' } }) }, 'healthCheck, codes: "2xx" is not like 200'],
    [{ zeppelin: aUi({ healthCheck: { path: '/', codes: '200-500' } }) }, 'from 200 to 499'],
    [{ zeppelin: aUi({ healthCheck: { path: '/', codes: '199' } }) }, 'from 200 to 499'],
    [{ zeppelin: { port: 1 } }, 'define zeppelin, healthCheck: is missing'],
  ])('are refused with the definition %j', (define, problem) => {
    expect(problemsOf({ define }).join('\n')).toContain(problem);
  });

  it.each([
    [{ etl: ['zepelin'] }, 'cluster etl, "zepelin" is not known (did you mean zeppelin?); define it in uis, define'],
    [{ etl: ['hue', 'hue'] }, 'cluster etl, hue occurs twice'],
    [{ etl: [] }, 'cluster etl, the list has no interface'],
    [{ 'etl*': ['hue'] }, 'cluster etl*, "etl*" cannot be a tag of a target group'],
    [{ ' ': ['hue'] }, '" " cannot be a tag of a target group'],
  ])('are refused with the names %j', (clusters, problem) => {
    expect(problemsOf({ clusters, define: { zeppelin: aUi() } }).join('\n')).toContain(
      `uis, ${problem.replace(/^" "/, 'cluster  , " "')}`,
    );
  });

  it('accept names of clusters in any script', () => {
    expect(problemsOf({ clusters: { '日次 ETL': ['hue'] } })).toEqual([]);
  });

  it('warn of a cluster that emr, clusters does not name', () => {
    const uis = { clusters: { etl: ['hue'], 'adhoc-1': ['hue'], trainig: ['hue'] } };
    const emr = {
      clusters: [
        { name: 'etl', pattern: 'etl-*' },
        { pattern: 'adhoc-*' },
        { name: 'training', tag: { key: 'a', value: 'b' } },
      ],
    };

    expect(read(uis, { ...emr, metrics: { maxMonthlyUsd: 1_000 } }).warnings).toEqual([
      'uis, cluster trainig: emr, clusters does not name it, so it means only EMR clusters with exactly this name',
    ]);
    expect(read(uis).warnings).toEqual([]);
  });
});

describe('a load balancer in a configuration', () => {
  it('is read with its defaults', () => {
    expect(uisOf({ clusters: { etl: ['hue'] }, loadBalancer: aLoadBalancer() })?.loadBalancer).toEqual({
      balancer: { kind: 'internal', ...INTERNAL },
      vpc: 'vpc-1',
      auth: { kind: 'none' },
      hostName: '{ui}-{cluster}.emr.example.com',
      targetType: 'instance',
    });
  });

  it('can write access logs, and have addresses as targets', () => {
    const accessLogs = { bucket: 'logs' };
    const loadBalancer = aLoadBalancer({ targets: 'ip', internal: { ...INTERNAL, accessLogs } });

    expect(uisOf({ clusters: { etl: ['hue'] }, loadBalancer })?.loadBalancer).toMatchObject({
      balancer: { accessLogs: { bucket: 'logs', prefix: 'emr-uis' } },
      targetType: 'ip',
    });
  });

  it('can be an existing one', () => {
    const clusters = { etl: ['hue'] };

    expect(uisOf({ clusters, loadBalancer: aLoadBalancer({ existing: EXISTING }) })?.loadBalancer?.balancer).toEqual({
      kind: 'existing',
      ...EXISTING,
    });
    expect(
      uisOf({ clusters, loadBalancer: aLoadBalancer({ existing: { ...EXISTING, httpListener: LISTENER } }) })
        ?.loadBalancer?.balancer,
    ).toMatchObject({ httpListener: LISTENER });
  });

  it('can use an identity provider for the login', () => {
    const authOf = (auth: UserLoadBalancer['auth']) =>
      uisOf({ clusters: { etl: ['hue'] }, loadBalancer: aLoadBalancer({ auth }) })?.loadBalancer?.auth;

    expect(authOf({ oidc: OIDC })).toEqual({ kind: 'oidc', ...OIDC, scope: 'openid', sessionSeconds: 28_800 });
    expect(authOf({ cognito: { ...COGNITO, scope: 'openid email', sessionSeconds: 3_600 } })).toEqual({
      kind: 'cognito',
      ...COGNITO,
      scope: 'openid email',
      sessionSeconds: 3_600,
    });
  });

  it('must have auth', () => {
    const { auth: _, ...unstated } = aLoadBalancer();

    expect(problemsOf({ clusters: { etl: ['hue'] }, loadBalancer: unstated })).toEqual([
      "uis, loadBalancer, auth: is missing, must be set: { oidc: … }, { cognito: … }, or 'none'",
    ]);
    expect(behind({ auth: {} as never })[0]).toContain('auth: must be set');
  });

  it.each<[Partial<UserLoadBalancer>, string]>([
    [{ vpc: 'default' }, 'vpc: "default" is not like vpc-0123456789abcdef0'],
    [{ existing: EXISTING, internal: INTERNAL }, 'must have either internal or existing'],
    [{ internal: undefined }, 'must have either internal or existing'],
    [{ internal: { ...INTERNAL, subnets: ['subnet-1', 'subnet-1'] } }, 'a load balancer needs at least two'],
    [{ internal: { ...INTERNAL, subnets: ['subnet-1', 'vpc-2'] } }, '"vpc-2" is not like subnet-'],
    [{ internal: { ...INTERNAL, admit: [] } }, 'internal, admit: the list is empty'],
    [{ internal: { ...INTERNAL, admit: ['0.0.0.0/0'] } }, '"0.0.0.0/0" means everybody; name your networks'],
    [{ internal: { ...INTERNAL, admit: ['10.0.0.0'] } }, '"10.0.0.0" is not like 10.0.0.0/8'],
    [{ internal: { ...INTERNAL, admit: ['10.0.0.256/8'] } }, '"10.0.0.256/8" is not like'],
    [{ internal: { ...INTERNAL, admit: ['10.0.0.0/33'] } }, '"10.0.0.0/33" is not like'],
    [{ internal: { ...INTERNAL, certificates: [] } }, 'internal, certificates: HTTPS needs a certificate'],
    [{ internal: { ...INTERNAL, certificates: ['my-cert'] } }, '"my-cert" is not like arn:aws:acm'],
    [{ existing: { ...EXISTING, httpsListener: 'arn' } }, 'existing, httpsListener: "arn" is not like'],
    [{ existing: { ...EXISTING, httpListener: 'arn' } }, 'existing, httpListener: "arn" is not like'],
    [{ existing: { ...EXISTING, securityGroup: 'web' } }, 'existing, securityGroup: "web" is not like'],
    [{ existing: { ...EXISTING, priorities: [0, 10] } }, 'priorities: 0 to 10 must have room for 1 rules'],
    [{ existing: { ...EXISTING, priorities: [10, 9] } }, 'priorities: 10 to 9 must have room for 1 rules'],
    [{ existing: { ...EXISTING, priorities: [50_000, 50_001] } }, 'between 1 and 50000'],
    [
      { auth: { oidc: { ...OIDC, issuer: 'http://id.example.com' } } },
      'auth, oidc, issuer: "http://id.example.com" is not like https://',
    ],
    [
      { auth: { oidc: { ...OIDC, clientSecret: { secret: 'a}}', key: 'b' } } } },
      'auth, oidc, clientSecret, secret: "a}}"',
    ],
    [
      { auth: { oidc: { ...OIDC, clientSecret: { secret: 'a', key: 'b:c' } } } },
      'auth, oidc, clientSecret, key: "b:c"',
    ],
    [{ auth: { cognito: { ...COGNITO, userPoolArn: 'pool' } } }, 'auth, cognito, userPoolArn: "pool" is not like'],
    [{ hostName: 'emr' }, 'hostName: emr has no domain'],
    [{ hostName: '{ui}_{cluster}.example.com' }, 'hostName: "hue_etl" in hue_etl.example.com'],
  ])('is refused with %j', (loadBalancer, problem) => {
    expect(behind(loadBalancer).join('\n')).toContain(`uis, loadBalancer, `);
    expect(behind(loadBalancer).join('\n')).toContain(problem);
  });

  it('must have targets, not too many of them, and a host name for each', () => {
    expect(behind({}, {})).toEqual(['uis, loadBalancer, uis, clusters is empty, so the load balancer has no target']);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`c${index}`, ['hue', 'tez-ui']]));
    expect(behind({}, many)).toEqual([
      'uis, loadBalancer, 102 interfaces need more than the 100 target groups of one load balancer',
    ]);
    expect(behind({ hostName: '{ui}.example.com' }, { etl: ['hue'], adhoc: ['hue'] })).toEqual([
      'uis, loadBalancer, hostName: hue of etl and hue of adhoc would both be hue.example.com',
    ]);
  });
});

describe('the example of docs/emr-uis.md', () => {
  it('is valid, without a warning', async () => {
    const { configuration, warnings } = await loadConfiguration(
      resolve(import.meta.dirname, '../../docs/examples/emr-uis.config.ts'),
    );

    expect(warnings).toEqual([]);
    expect(configuration.uis?.clusterUis).toHaveLength(7);
    expect(configuration.uis?.loadBalancer?.balancer.kind).toBe('internal');
  });
});

describe('the shipped configuration', () => {
  it('makes no load balancer', async () => {
    const { configuration } = await loadConfiguration();

    expect(configuration.uis?.loadBalancer).toBeUndefined();
  });
});
