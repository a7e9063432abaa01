/**
 * The load balancer before EMR's user interfaces, or target groups and rules for an existing one.
 */

import { hostNameOf } from '../configuration/host-names.ts';
import { CLUSTER_TAG, STAGE_TAG, UI_TAG } from '../shared/clusters/targets.ts';
import {
  type Auth,
  type Balancer,
  type ClusterUi,
  knownUis,
  type LoadBalancer,
  type Ui,
  type Uis,
} from '../shared/clusters/uis.ts';
import { logicalName, type Resources } from './cloudformation.ts';
import { hashOf } from './cluster-names.ts';
import { rulePriorities } from './rule-priorities.ts';

type Outputs = Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>;

const HTTP = 80;
const HTTPS = 443;

/**
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
const TLS_POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';

/** Requests to these interfaces are short. A request that takes longer is lost. */
const DEREGISTRATION_DELAY_SECONDS = 10;

const STICKY_SECONDS = 28_800;

const ALL_PRIORITIES = [1, 50_000] as const;

/** The networks of targets that are addresses. */
const PRIVATE_NETWORKS = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16'];

/** A rule that matches nothing: without rules, CloudFormation allows all outgoing traffic. */
const NOTHING = {
  Description: 'Nothing',
  IpProtocol: 'icmp',
  FromPort: 252,
  ToPort: 86,
  CidrIp: '255.255.255.255/32',
};

const tcp = (port: number, description: string) => ({
  Description: description,
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
});

const groupIdOf = (securityGroup: string) => ({ 'Fn::GetAtt': [securityGroup, 'GroupId'] });

const idOf = ({ cluster, ui }: ClusterUi): string => `EmrUi${logicalName(ui)}${hashOf(cluster)}`;

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));

const targetGroup = (stage: string, { cluster, ui: name }: ClusterUi, ui: Ui, { vpc, targetType }: LoadBalancer) => ({
  Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  Properties: {
    TargetType: targetType,
    VpcId: vpc,
    Protocol: ui.protocol,
    // Each target is registered with the port of its release. This is the default.
    Port: ui.ports.at(-1)?.port,
    HealthCheckProtocol: ui.protocol,
    HealthCheckPath: ui.healthCheck.path,
    HealthCheckIntervalSeconds: 10,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 2,
    UnhealthyThresholdCount: 3,
    Matcher: { HttpCode: ui.healthCheck.codes },
    TargetGroupAttributes: attributes({
      'deregistration_delay.timeout_seconds': String(DEREGISTRATION_DELAY_SECONDS),
      'stickiness.enabled': String(ui.isSticky),
      ...(ui.isSticky
        ? { 'stickiness.type': 'lb_cookie', 'stickiness.lb_cookie.duration_seconds': String(STICKY_SECONDS) }
        : {}),
    }),
    Tags: attributes({ [CLUSTER_TAG]: cluster, [UI_TAG]: name, [STAGE_TAG]: stage }),
  },
});

/** The login before a request; none if the configuration says `none`. */
const authActions = (auth: Auth): object[] => {
  switch (auth.kind) {
    case 'none':
      return [];
    case 'oidc':
      return [
        {
          Order: 1,
          Type: 'authenticate-oidc',
          AuthenticateOidcConfig: {
            Issuer: auth.issuer,
            AuthorizationEndpoint: auth.authorizationEndpoint,
            TokenEndpoint: auth.tokenEndpoint,
            UserInfoEndpoint: auth.userInfoEndpoint,
            ClientId: auth.clientId,
            // CloudFormation reads the secret when it makes the rule. No template and no log
            // contains it.
            ClientSecret: `{{resolve:secretsmanager:${auth.clientSecret.secret}:SecretString:${auth.clientSecret.key}}}`,
            Scope: auth.scope,
            SessionTimeout: String(auth.sessionSeconds),
            OnUnauthenticatedRequest: 'authenticate',
          },
        },
      ];
    case 'cognito':
      return [
        {
          Order: 1,
          Type: 'authenticate-cognito',
          AuthenticateCognitoConfig: {
            UserPoolArn: auth.userPoolArn,
            UserPoolClientId: auth.clientId,
            UserPoolDomain: auth.domain,
            Scope: auth.scope,
            SessionTimeout: String(auth.sessionSeconds),
            OnUnauthenticatedRequest: 'authenticate',
          },
        },
      ];
  }
};

const forHost = (host: string) => [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }];

const TO_HTTPS = {
  Type: 'redirect',
  RedirectConfig: { Protocol: 'HTTPS', Port: String(HTTPS), StatusCode: 'HTTP_301' },
};

type Made = { readonly Resources: Resources; readonly Outputs: Outputs };

/** The listeners for rules, and the security group that reaches the targets. */
type Front = Made & {
  readonly httpsListener: unknown;
  /** Absent when the listener for HTTP redirects everything. */
  readonly httpListener?: unknown;
  readonly securityGroup: unknown;
  readonly priorities: readonly [number, number];
};

const listener = (port: number, protocol: 'HTTP' | 'HTTPS', properties: Readonly<Record<string, unknown>>) => ({
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: { LoadBalancerArn: { Ref: 'EmrUiLoadBalancer' }, Port: port, Protocol: protocol, ...properties },
});

/** The login sends requests to the identity provider. */
const egressFor = (auth: Auth) =>
  auth.kind === 'none' ? [NOTHING] : [{ ...tcp(HTTPS, 'Identity provider'), CidrIp: '0.0.0.0/0' }];

const internalFront = (
  { subnets, admit, certificates, accessLogs }: Extract<Balancer, { kind: 'internal' }>,
  { vpc, auth }: LoadBalancer,
): Front => ({
  httpsListener: { Ref: 'EmrUiHttpsListener' },
  securityGroup: groupIdOf('EmrUiLoadBalancerSecurityGroup'),
  priorities: ALL_PRIORITIES,
  Resources: {
    EmrUiLoadBalancerSecurityGroup: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'Load balancer of EMR web user interfaces',
        VpcId: vpc,
        SecurityGroupIngress: admit.flatMap((CidrIp) => [
          { ...tcp(HTTPS, 'Browsers'), CidrIp },
          { ...tcp(HTTP, 'Browsers that are redirected to HTTPS'), CidrIp },
        ]),
        SecurityGroupEgress: egressFor(auth),
      },
    },
    EmrUiLoadBalancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: {
        Type: 'application',
        Scheme: 'internal',
        IpAddressType: 'ipv4',
        Subnets: subnets,
        SecurityGroups: [groupIdOf('EmrUiLoadBalancerSecurityGroup')],
        LoadBalancerAttributes: attributes({
          'routing.http.drop_invalid_header_fields.enabled': 'true',
          'access_logs.s3.enabled': String(accessLogs !== undefined),
          ...(accessLogs === undefined
            ? {}
            : { 'access_logs.s3.bucket': accessLogs.bucket, 'access_logs.s3.prefix': accessLogs.prefix }),
        }),
      },
    },
    EmrUiHttpsListener: listener(HTTPS, 'HTTPS', {
      SslPolicy: TLS_POLICY,
      Certificates: certificates.slice(0, 1).map((CertificateArn) => ({ CertificateArn })),
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'No such interface' },
        },
      ],
    }),
    // A listener has one certificate of its own. The others are attached to it.
    ...(certificates.length > 1
      ? {
          EmrUiCertificates: {
            Type: 'AWS::ElasticLoadBalancingV2::ListenerCertificate',
            Properties: {
              ListenerArn: { Ref: 'EmrUiHttpsListener' },
              Certificates: certificates.slice(1).map((CertificateArn) => ({ CertificateArn })),
            },
          },
        }
      : {}),
    // Hadoop does not know that the load balancer ends TLS, and redirects to http.
    EmrUiHttpListener: listener(HTTP, 'HTTP', { DefaultActions: [TO_HTTPS] }),
  },
  Outputs: {
    EmrUiLoadBalancerDnsName: {
      Description: 'The target of the DNS aliases for the host names of the EMR user interfaces',
      Value: { 'Fn::GetAtt': ['EmrUiLoadBalancer', 'DNSName'] },
    },
    EmrUiLoadBalancerSecurityGroup: {
      Description: 'The security group that primary nodes of EMR clusters in other networks have to admit',
      Value: groupIdOf('EmrUiLoadBalancerSecurityGroup'),
    },
  },
});

const frontOf = (loadBalancer: LoadBalancer): Front => {
  const { balancer } = loadBalancer;
  if (balancer.kind === 'internal') {
    return internalFront(balancer, loadBalancer);
  }
  const { httpsListener, httpListener, securityGroup, priorities } = balancer;
  return {
    httpsListener,
    ...(httpListener && { httpListener }),
    securityGroup,
    priorities,
    Resources: {},
    Outputs: {},
  };
};

/**
 * Lets the load balancer reach the primary nodes, on the ports of the interfaces and on no other.
 */
const wayToNodes = (front: Front, { balancer, vpc, targetType }: LoadBalancer, ports: readonly number[]): Resources => {
  const way = (type: string, port: number, properties: Readonly<Record<string, unknown>>) => ({
    Type: `AWS::EC2::SecurityGroup${type}`,
    Properties: { ...tcp(port, 'EMR user interface'), ...properties },
  });
  const nodes = groupIdOf('EmrUiNodesSecurityGroup');
  const out = (port: number): Resources =>
    targetType === 'instance'
      ? {
          [`EmrUiEgress${port}`]: way('Egress', port, {
            GroupId: front.securityGroup,
            DestinationSecurityGroupId: nodes,
          }),
        }
      : Object.fromEntries(
          PRIVATE_NETWORKS.map((CidrIp, index) => [
            `EmrUiEgress${port}To${index + 1}`,
            way('Egress', port, { GroupId: front.securityGroup, CidrIp }),
          ]),
        );
  return {
    EmrUiNodesSecurityGroup: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: {
        GroupDescription: 'Additional security group for primary nodes of EMR clusters: admits the load balancer',
        VpcId: vpc,
        SecurityGroupEgress: [NOTHING],
      },
    },
    ...Object.assign(
      {},
      ...ports.map((port) => ({
        [`EmrUiIngress${port}`]: way('Ingress', port, { GroupId: nodes, SourceSecurityGroupId: front.securityGroup }),
        // The owner of an existing load balancer decides what it may reach.
        ...(balancer.kind === 'internal' ? out(port) : {}),
      })),
    ),
  };
};

/**
 * Derives the load balancer of the configuration: for each interface a target group with our tags,
 * and a rule that forwards its host name to the group.
 *
 * Targets are not part of the template, since they change with the clusters.
 */
export const loadBalancer = (stage: string, uis: Uis): Made => {
  const { loadBalancer: wanted, clusterUis } = uis;
  if (wanted === undefined) {
    return { Resources: {}, Outputs: {} };
  }
  const known = knownUis(uis);
  const shown = clusterUis.flatMap((clusterUi) => {
    const ui = known.get(clusterUi.ui);
    return ui === undefined
      ? []
      : [{ clusterUi, ui, id: idOf(clusterUi), host: hostNameOf(wanted.hostName, clusterUi) }];
  });
  const front = frontOf(wanted);
  const priorities = rulePriorities(
    shown.map(({ host }) => host),
    front.priorities,
  );
  const auth = authActions(wanted.auth);
  const rule = (ListenerArn: unknown, host: string, Actions: readonly object[]) => ({
    Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
    Properties: { ListenerArn, Priority: priorities.get(host), Conditions: forHost(host), Actions },
  });
  const perUi = shown.map(
    ({ clusterUi, ui, id, host }): Resources => ({
      [`${id}TargetGroup`]: targetGroup(stage, clusterUi, ui, wanted),
      [`${id}Rule`]: rule(front.httpsListener, host, [
        ...auth,
        { Order: auth.length + 1, Type: 'forward', TargetGroupArn: { Ref: `${id}TargetGroup` } },
      ]),
      ...(front.httpListener === undefined ? {} : { [`${id}Redirect`]: rule(front.httpListener, host, [TO_HTTPS]) }),
    }),
  );
  const ports = new Set(shown.flatMap(({ ui }) => ui.ports.map(({ port }) => port)));
  return {
    Resources: {
      ...front.Resources,
      ...wayToNodes(
        front,
        wanted,
        [...ports].toSorted((one, other) => one - other),
      ),
      ...Object.assign({}, ...perUi),
    },
    Outputs: {
      ...front.Outputs,
      EmrUiNodesSecurityGroup: {
        Description: 'The value of AdditionalMasterSecurityGroups of EMR clusters',
        Value: groupIdOf('EmrUiNodesSecurityGroup'),
      },
    },
  };
};
