import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Auth, Balancer, ClusterUi, LoadBalancer, Ui, Uis } from '../../shared/clusters/uis.ts';
import { loadBalancer } from '../../template/load-balancer.ts';

const INTERNAL: Extract<Balancer, { kind: 'internal' }> = {
  kind: 'internal',
  subnets: ['subnet-1', 'subnet-2'],
  admit: ['10.0.0.0/8', '192.168.0.0/24'],
  certificates: ['arn:certificate-1'],
};

const EXISTING: Extract<Balancer, { kind: 'existing' }> = {
  kind: 'existing',
  httpsListener: 'arn:https',
  securityGroup: 'sg-theirs',
  priorities: [20_000, 20_099],
};

const someUis = (
  wanted: Partial<LoadBalancer> = {},
  clusterUis: readonly ClusterUi[] = [{ cluster: 'etl', ui: 'hue' }],
  defined: readonly Ui[] = [],
): Uis => ({
  defined,
  clusterUis,
  loadBalancer: {
    balancer: INTERNAL,
    vpc: 'vpc-1',
    auth: { kind: 'none' },
    hostName: '{ui}-{cluster}.emr.example.com',
    targetType: 'instance',
    ...wanted,
  },
});

const made = (...uis: Parameters<typeof someUis>) => loadBalancer('dev', someUis(...uis));

// biome-ignore lint/suspicious/noExplicitAny: the tests look into it as far as they say
const ofType = ({ Resources }: ReturnType<typeof made>, type: string): any[] =>
  Object.values(Resources)
    .filter(({ Type }) => Type === `AWS::${type}`)
    .map(({ Properties }) => Properties);

const attributesOf = (list: readonly { Key: string; Value: string }[]) =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));

const TO_HTTPS = {
  Type: 'redirect',
  RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' },
};

const LOAD_BALANCER_GROUP = { 'Fn::GetAtt': ['EmrUiLoadBalancerSecurityGroup', 'GroupId'] };
const NODES_GROUP = { 'Fn::GetAtt': ['EmrUiNodesSecurityGroup', 'GroupId'] };

describe('loadBalancer', () => {
  it('makes nothing without a load balancer in the configuration', () => {
    const { loadBalancer: _, ...without } = someUis();

    expect(loadBalancer('dev', without)).toEqual({ Resources: {}, Outputs: {} });
  });

  it('has no rule for an undefined interface', () => {
    const all = made({}, [
      { cluster: 'etl', ui: 'hue' },
      { cluster: 'etl', ui: 'huee' },
    ]);

    expect(ofType(all, 'ElasticLoadBalancingV2::TargetGroup')).toHaveLength(1);
    expect(ofType(all, 'ElasticLoadBalancingV2::ListenerRule')).toHaveLength(1);
  });
});

describe('target groups', () => {
  it('have our tags, and the settings of the interface', () => {
    const [group] = ofType(made(), 'ElasticLoadBalancingV2::TargetGroup');

    expect(group).toMatchObject({
      TargetType: 'instance',
      VpcId: 'vpc-1',
      Protocol: 'HTTP',
      Port: 8888,
      HealthCheckPath: '/desktop/debug/is_alive',
      Matcher: { HttpCode: '200' },
    });
    expect(attributesOf(group.Tags)).toEqual({
      'breakaway:cluster': 'etl',
      'breakaway:ui': 'hue',
      'breakaway:stage': 'dev',
    });
    expect(attributesOf(group.TargetGroupAttributes)).toEqual({
      'deregistration_delay.timeout_seconds': '10',
      'stickiness.enabled': 'false',
    });
  });

  it('have no targets, which change with the clusters, and no names, which would prevent a replacement', () => {
    for (const group of ofType(made(), 'ElasticLoadBalancingV2::TargetGroup')) {
      expect(group).not.toHaveProperty('Targets');
      expect(group).not.toHaveProperty('Name');
    }
  });

  it.each([
    ['yarn-resource-manager', 8088, '/cluster', '200'],
    ['tez-ui', 8080, '/tez-ui/', '200-399'],
    ['spark-history-server', 18_080, '/', '200'],
    ['hdfs-namenode', 9870, '/isActive', '200,404'],
  ])('of %s', (ui, Port, HealthCheckPath, HttpCode) => {
    expect(ofType(made({}, [{ cluster: 'etl', ui }]), 'ElasticLoadBalancingV2::TargetGroup')).toMatchObject([
      { Port, HealthCheckPath, Matcher: { HttpCode } },
    ]);
  });

  it('use TLS and sticky sessions where the interface needs them', () => {
    const jupyter: Ui = {
      name: 'jupyterhub',
      ports: [{ fromLine: 5, port: 9443 }],
      protocol: 'HTTPS',
      primaries: 'all',
      healthCheck: { path: '/hub/health', codes: '200' },
      isSticky: true,
    };

    const [group] = ofType(
      made({ targetType: 'ip' }, [{ cluster: 'etl', ui: 'jupyterhub' }], [jupyter]),
      'ElasticLoadBalancingV2::TargetGroup',
    );

    expect(group).toMatchObject({ TargetType: 'ip', Protocol: 'HTTPS', HealthCheckProtocol: 'HTTPS', Port: 9443 });
    expect(attributesOf(group.TargetGroupAttributes)).toMatchObject({
      'stickiness.enabled': 'true',
      'stickiness.type': 'lb_cookie',
      'stickiness.lb_cookie.duration_seconds': '28800',
    });
  });

  it('have different logical ids for clusters whose names differ only in special characters', () => {
    const clusters = ['etl', 'ETL', 'e-t-l', '日次', '週次'];

    const { Resources } = made(
      {},
      clusters.map((cluster) => ({ cluster, ui: 'hue' })),
    );

    const ids = Object.keys(Resources);
    expect(ids.filter((id) => id.endsWith('TargetGroup'))).toHaveLength(clusters.length);
    expect(ids.filter((id) => !/^[A-Za-z0-9]{1,255}$/.test(id))).toEqual([]);
  });
});

describe('rules', () => {
  it('forward a host name to a target group', () => {
    const { Resources } = made();
    const [[id] = ['']] = Object.entries(Resources).filter(([, { Type }]) => Type.endsWith('::TargetGroup'));

    expect(ofType(made(), 'ElasticLoadBalancingV2::ListenerRule')).toEqual([
      {
        ListenerArn: { Ref: 'EmrUiHttpsListener' },
        Priority: expect.any(Number),
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['hue-etl.emr.example.com'] } }],
        Actions: [{ Order: 1, Type: 'forward', TargetGroupArn: { Ref: id } }],
      },
    ]);
  });

  it('keep their priorities when others come or go, since no two rules may have the same at any time', () => {
    const uis = ['hue', 'tez-ui', 'hdfs-namenode', 'yarn-resource-manager', 'spark-history-server'];
    const prioritiesOf = (names: readonly string[]) =>
      new Map(
        ofType(
          made(
            {},
            names.map((ui) => ({ cluster: 'etl', ui })),
          ),
          'ElasticLoadBalancingV2::ListenerRule',
        ).map(({ Priority, Conditions }) => [Conditions[0].HostHeaderConfig.Values[0], Priority]),
      );

    const all = prioritiesOf(uis);

    expect(new Set(all.values()).size).toBe(uis.length);
    for (const [host, priority] of prioritiesOf(uis.slice(2))) {
      expect(all.get(host)).toBe(priority);
    }
  });

  const OIDC: Auth = {
    kind: 'oidc',
    issuer: 'https://id.example.com',
    authorizationEndpoint: 'https://id.example.com/authorize',
    tokenEndpoint: 'https://id.example.com/token',
    userInfoEndpoint: 'https://id.example.com/userinfo',
    clientId: 'emr-uis',
    clientSecret: { secret: 'emr-uis/oidc', key: 'clientSecret' },
    scope: 'openid',
    sessionSeconds: 3_600,
  };
  const COGNITO: Auth = {
    kind: 'cognito',
    userPoolArn: 'arn:pool',
    clientId: 'emr-uis',
    domain: 'emr-uis',
    scope: 'openid',
    sessionSeconds: 3_600,
  };

  it.each([
    [
      OIDC,
      {
        Order: 1,
        Type: 'authenticate-oidc',
        AuthenticateOidcConfig: {
          Issuer: 'https://id.example.com',
          AuthorizationEndpoint: 'https://id.example.com/authorize',
          TokenEndpoint: 'https://id.example.com/token',
          UserInfoEndpoint: 'https://id.example.com/userinfo',
          ClientId: 'emr-uis',
          ClientSecret: '{{resolve:secretsmanager:emr-uis/oidc:SecretString:clientSecret}}',
          Scope: 'openid',
          SessionTimeout: '3600',
          OnUnauthenticatedRequest: 'authenticate',
        },
      },
    ],
    [
      COGNITO,
      {
        Order: 1,
        Type: 'authenticate-cognito',
        AuthenticateCognitoConfig: {
          UserPoolArn: 'arn:pool',
          UserPoolClientId: 'emr-uis',
          UserPoolDomain: 'emr-uis',
          Scope: 'openid',
          SessionTimeout: '3600',
          OnUnauthenticatedRequest: 'authenticate',
        },
      },
    ],
  ])('require a login before a request: $kind', (auth, action) => {
    for (const { Actions } of ofType(made({ auth }), 'ElasticLoadBalancingV2::ListenerRule')) {
      expect(Actions).toEqual([action, { Order: 2, Type: 'forward', TargetGroupArn: expect.anything() }]);
    }
  });

  it('allow traffic to an identity provider only where there is one', () => {
    const egressOf = (auth: Auth) =>
      made({ auth }).Resources['EmrUiLoadBalancerSecurityGroup']?.Properties['SecurityGroupEgress'];

    expect(egressOf({ kind: 'none' })).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })]);
    expect(egressOf(OIDC)).toEqual([
      { Description: 'Identity provider', IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' },
    ]);
  });
});

describe('a load balancer of the stack', () => {
  it('is internal, and listens on 443 with TLS and on 80 for a redirect, on nothing else', () => {
    const all = made();

    expect(ofType(all, 'ElasticLoadBalancingV2::LoadBalancer')).toMatchObject([
      {
        Scheme: 'internal',
        Type: 'application',
        Subnets: ['subnet-1', 'subnet-2'],
        SecurityGroups: [LOAD_BALANCER_GROUP],
      },
    ]);
    expect(ofType(all, 'ElasticLoadBalancingV2::Listener')).toMatchObject([
      {
        Port: 443,
        Protocol: 'HTTPS',
        SslPolicy: expect.stringMatching(/TLS13/),
        Certificates: [{ CertificateArn: 'arn:certificate-1' }],
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
      },
      { Port: 80, Protocol: 'HTTP', DefaultActions: [TO_HTTPS] },
    ]);
  });

  it('admits only the stated networks, on these two ports', () => {
    const [group] = ofType(made(), 'EC2::SecurityGroup');

    expect(
      group.SecurityGroupIngress.map(({ CidrIp, FromPort, ToPort, IpProtocol }: Record<string, unknown>) => [
        CidrIp,
        IpProtocol,
        FromPort,
        ToPort,
      ]),
    ).toEqual([
      ['10.0.0.0/8', 'tcp', 443, 443],
      ['10.0.0.0/8', 'tcp', 80, 80],
      ['192.168.0.0/24', 'tcp', 443, 443],
      ['192.168.0.0/24', 'tcp', 80, 80],
    ]);
  });

  it('adds the certificates after the first', () => {
    const certificates = ['arn:certificate-1', 'arn:certificate-2', 'arn:certificate-3'];

    const all = made({ balancer: { ...INTERNAL, certificates } });

    expect(ofType(all, 'ElasticLoadBalancingV2::Listener')[0].Certificates).toHaveLength(1);
    expect(ofType(all, 'ElasticLoadBalancingV2::ListenerCertificate')).toEqual([
      {
        ListenerArn: { Ref: 'EmrUiHttpsListener' },
        Certificates: [{ CertificateArn: 'arn:certificate-2' }, { CertificateArn: 'arn:certificate-3' }],
      },
    ]);
  });

  it('writes access logs to the bucket of the configuration', () => {
    const attributesWith = (balancer: Balancer) =>
      attributesOf(ofType(made({ balancer }), 'ElasticLoadBalancingV2::LoadBalancer')[0].LoadBalancerAttributes);

    expect(attributesWith(INTERNAL)).toEqual({
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'access_logs.s3.enabled': 'false',
    });
    expect(attributesWith({ ...INTERNAL, accessLogs: { bucket: 'logs', prefix: 'emr-uis' } })).toMatchObject({
      'access_logs.s3.enabled': 'true',
      'access_logs.s3.bucket': 'logs',
      'access_logs.s3.prefix': 'emr-uis',
    });
  });

  it('outputs the target of its host names, and the security group for clusters', () => {
    expect(Object.keys(made().Outputs)).toEqual([
      'EmrUiLoadBalancerDnsName',
      'EmrUiLoadBalancerSecurityGroup',
      'EmrUiNodesSecurityGroup',
    ]);
  });
});

describe('the way to primary nodes', () => {
  const portsOf = (all: ReturnType<typeof made>, type: string): [port: number, group: unknown, other: unknown][] =>
    ofType(all, type).map(
      ({ FromPort, ToPort, GroupId, SourceSecurityGroupId, DestinationSecurityGroupId, CidrIp }) => {
        expect(ToPort).toBe(FromPort);
        return [FromPort, GroupId, SourceSecurityGroupId ?? DestinationSecurityGroupId ?? CidrIp];
      },
    );

  it('is open on the ports of the interfaces in all releases, each once, and on no other', () => {
    const all = made({}, [
      { cluster: 'etl', ui: 'hdfs-namenode' },
      { cluster: 'adhoc', ui: 'hdfs-namenode' },
      { cluster: 'etl', ui: 'hue' },
    ]);

    expect(portsOf(all, 'EC2::SecurityGroupIngress')).toEqual(
      [8888, 9870, 50_070].map((port) => [port, NODES_GROUP, LOAD_BALANCER_GROUP]),
    );
    expect(portsOf(all, 'EC2::SecurityGroupEgress')).toEqual(
      [8888, 9870, 50_070].map((port) => [port, LOAD_BALANCER_GROUP, NODES_GROUP]),
    );
    expect(ofType(all, 'EC2::SecurityGroup')[1].SecurityGroupIngress).toBeUndefined();
  });

  it('leads to private addresses where addresses are registered', () => {
    expect(portsOf(made({ targetType: 'ip' }), 'EC2::SecurityGroupEgress')).toEqual(
      ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'].map((network) => [
        8888,
        LOAD_BALANCER_GROUP,
        network,
      ]),
    );
  });
});

describe('a load balancer that is there', () => {
  it('gets target groups and rules, with the given priorities', () => {
    const all = made({ balancer: EXISTING }, [
      { cluster: 'etl', ui: 'hue' },
      { cluster: 'etl', ui: 'tez-ui' },
    ]);

    expect(new Set(Object.values(all.Resources).map(({ Type }) => Type))).toEqual(
      new Set([
        'AWS::EC2::SecurityGroup',
        'AWS::EC2::SecurityGroupIngress',
        'AWS::ElasticLoadBalancingV2::TargetGroup',
        'AWS::ElasticLoadBalancingV2::ListenerRule',
      ]),
    );
    const rules = ofType(all, 'ElasticLoadBalancingV2::ListenerRule');
    expect(rules).toHaveLength(2);
    for (const { ListenerArn, Priority } of rules) {
      expect(ListenerArn).toBe('arn:https');
      expect(Priority).toBeGreaterThanOrEqual(20_000);
      expect(Priority).toBeLessThanOrEqual(20_099);
    }
    expect(ofType(all, 'EC2::SecurityGroupIngress')[0]).toMatchObject({ SourceSecurityGroupId: 'sg-theirs' });
    expect(Object.keys(all.Outputs)).toEqual(['EmrUiNodesSecurityGroup']);
  });

  it('redirects our host names on port 80, and no others', () => {
    const all = made({ balancer: { ...EXISTING, httpListener: 'arn:http' } });

    const redirects = ofType(all, 'ElasticLoadBalancingV2::ListenerRule').filter(
      ({ ListenerArn }) => ListenerArn === 'arn:http',
    );
    expect(redirects).toEqual([
      {
        ListenerArn: 'arn:http',
        Priority: expect.any(Number),
        Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['hue-etl.emr.example.com'] } }],
        Actions: [TO_HTTPS],
      },
    ]);
  });
});

describe('the example of docs/emr-uis.md', () => {
  it('gives a load balancer with a rule for each interface', async () => {
    const { configuration } = await loadConfiguration(
      resolve(import.meta.dirname, '../../docs/examples/emr-uis.config.ts'),
    );

    const { Resources } = loadBalancer('dev', configuration.uis ?? { defined: [], clusterUis: [] });

    expect(Object.values(Resources).filter(({ Type }) => Type.endsWith('::ListenerRule'))).toHaveLength(7);
  });
});
