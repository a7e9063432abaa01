/** The load balancer of `docs/examples/emr-uis.config.ts`, as CloudFormation gets it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageService } from '../../bundle/packaging.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { type ClusterUi, knownUis, type LoadBalancer, type Uis } from '../../shared/clusters/uis.ts';
import { type PackagedTemplate, readTemplate } from './packaged.ts';

const EXAMPLE = 'docs/examples/emr-uis.config.ts';

let folder: string;
let template: PackagedTemplate;
let uis: Uis;
let wanted: LoadBalancer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-emr-uis-'));
  const { configuration } = await loadConfiguration(EXAMPLE);
  ({ uis = { defined: [], clusterUis: [] } } = configuration);
  if (uis.loadBalancer === undefined) throw new Error(`${EXAMPLE} has no load balancer`);
  wanted = uis.loadBalancer;
  template = await readTemplate(
    await packageService({
      stage: 'prod',
      directory: join(folder, 'packaged'),
      configurationFile: EXAMPLE,
      params: { account: '210987654321' },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

const entriesOf = (type: string) =>
  Object.entries(template.Resources).filter(([, { Type }]) => Type === `AWS::ElasticLoadBalancingV2::${type}`);

const propertiesOf = (type: string) => entriesOf(type).map(([, { Properties }]) => Properties);

/** Lists every rule of a security group, wherever it stands in the template. */
const rulesOf = (securityGroup: string, direction: 'Egress' | 'Ingress') => [
  ...(template.Resources[securityGroup]?.Properties[`SecurityGroup${direction}`] ?? []),
  ...Object.values(template.Resources)
    .filter(({ Type }) => Type === `AWS::EC2::SecurityGroup${direction}`)
    .map(({ Properties }) => Properties)
    .filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === securityGroup),
];

const valuesOf = (list: readonly { readonly Key: string; readonly Value: string }[]) =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));

const hostOf = ({ cluster, ui }: ClusterUi): string => `${ui}-${cluster}.emr.example.com`;

/** Finds all names that a value refers to. */
const referencesIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  return [
    ...(Ref === undefined ? [] : [Ref]),
    ...(attribute === undefined ? [] : [attribute[0]]),
    ...Object.values(value).flatMap(referencesIn),
  ];
};

describe('the load balancer of the example', () => {
  it('is internal, in the stated subnets, and the only one', () => {
    expect(propertiesOf('LoadBalancer')).toMatchObject([
      {
        Type: 'application',
        Scheme: 'internal',
        Subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0718a1b2c3d4e5f60'],
        SecurityGroups: [{ 'Fn::GetAtt': ['EmrUiLoadBalancerSecurityGroup', 'GroupId'] }],
      },
    ]);
  });

  it('listens on 443 with TLS, redirects from 80, and has no page for an unknown host', () => {
    expect(propertiesOf('Listener')).toMatchObject([
      {
        Port: 443,
        Protocol: 'HTTPS',
        SslPolicy: expect.stringMatching(/^ELBSecurityPolicy-TLS13-1-2/),
        Certificates: [{ CertificateArn: expect.stringContaining(':certificate/') }],
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
      },
      {
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [
          { Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } },
        ],
      },
    ]);
  });

  it('has a host name for each interface, with a login and a rule to its target group', () => {
    const rules = propertiesOf('ListenerRule');

    expect(rules.map(({ Conditions }) => Conditions[0].HostHeaderConfig.Values)).toEqual(
      uis.clusterUis.map((clusterUi) => [hostOf(clusterUi)]),
    );
    expect(new Set(rules.map(({ Priority }) => Priority)).size).toBe(uis.clusterUis.length);
    for (const [index, { ListenerArn, Conditions, Actions }] of rules.entries()) {
      expect(ListenerArn).toEqual({ Ref: 'EmrUiHttpsListener' });
      expect(Conditions).toHaveLength(1);
      expect(Actions.map(({ Type }: { Type: string }) => Type)).toEqual(['authenticate-oidc', 'forward']);
      expect(Actions[0].AuthenticateOidcConfig).toMatchObject({
        ClientSecret: '{{resolve:secretsmanager:emr-uis/oidc:SecretString:clientSecret}}',
        OnUnauthenticatedRequest: 'authenticate',
      });
      expect(Actions[1].TargetGroupArn).toEqual({ Ref: entriesOf('TargetGroup')[index]?.[0] });
    }
  });

  it('has target groups with the settings of each interface, with our tags and without targets', () => {
    const known = knownUis(uis);

    const groups = propertiesOf('TargetGroup');

    expect(groups).toHaveLength(uis.clusterUis.length);
    for (const [index, { cluster, ui }] of uis.clusterUis.entries()) {
      const { healthCheck, protocol, ports } = known.get(ui)!;
      expect(groups[index]).toMatchObject({
        TargetType: 'instance',
        VpcId: wanted.vpc,
        Protocol: protocol,
        Port: ports.at(-1)?.port,
        HealthCheckPath: healthCheck.path,
        Matcher: { HttpCode: healthCheck.codes },
      });
      expect(groups[index]).not.toHaveProperty('Targets');
      expect(valuesOf(groups[index].Tags)).toMatchObject({
        'breakaway:cluster': cluster,
        'breakaway:ui': ui,
        'breakaway:stage': 'prod',
      });
      expect(
        Number(valuesOf(groups[index].TargetGroupAttributes)['deregistration_delay.timeout_seconds']),
      ).toBeLessThan(60);
    }
  });

  it('admits only the stated networks, on 443 and 80', () => {
    const open = rulesOf('EmrUiLoadBalancerSecurityGroup', 'Ingress').map(({ CidrIp, FromPort, ToPort }) => [
      CidrIp,
      FromPort,
      ToPort,
    ]);

    expect(open.toSorted()).toEqual(
      ['10.20.0.0/16', '192.168.40.0/22'].flatMap((network) => [443, 80].map((port) => [network, port, port])),
    );
  });

  it('reaches the primary nodes on the ports of the interfaces, and they admit only the load balancer', () => {
    const ports = [50_070, 8080, 8088, 8888, 8890, 9870, 18_080].toSorted((one, other) => one - other);
    const portsOf = (rules: readonly { readonly FromPort: number; readonly ToPort: number }[]) =>
      rules
        .filter(({ FromPort, ToPort }) => FromPort === ToPort)
        .map(({ FromPort }) => FromPort)
        .toSorted((one, other) => one - other);

    const ingress = rulesOf('EmrUiNodesSecurityGroup', 'Ingress');

    expect(portsOf(ingress)).toEqual(ports);
    for (const rule of ingress) {
      expect(rule).toMatchObject({
        GroupId: { 'Fn::GetAtt': ['EmrUiNodesSecurityGroup', 'GroupId'] },
        SourceSecurityGroupId: { 'Fn::GetAtt': ['EmrUiLoadBalancerSecurityGroup', 'GroupId'] },
      });
    }
    // 443 is the way to the identity provider.
    expect(portsOf(rulesOf('EmrUiLoadBalancerSecurityGroup', 'Egress'))).toEqual([443, ...ports]);
  });

  it('has an alarm for each interface on the metric that the function publishes', () => {
    const alarms = Object.values(template.Resources)
      .filter(({ Type, Properties }) => Type === 'AWS::CloudWatch::Alarm' && Properties.MetricName === 'HealthyTargets')
      .map(({ Properties }) => Properties);

    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      uis.clusterUis.map(({ cluster, ui }) => `breakaway-prod-${cluster}-${ui}-unreachable`),
    );
  });

  it('refers only to existing resources', () => {
    const known = new Set(Object.keys(template.Resources));

    const missing = referencesIn([template.Resources, template.Outputs]).filter(
      (name) => !known.has(name) && !name.startsWith('AWS::'),
    );

    expect(missing).toEqual([]);
  });
});
