/**
 * A world of target groups, EMR clusters and EC2 instances behind a server that speaks ELBv2, EMR, EC2, DynamoDB and CloudWatch.
 *
 * Targets are known by id and port, as in AWS: deregistered without a port, one on another port stays, and the answer is 200. Health, states and
 * faults are the test's to choose; nothing happens by itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Health } from '../../shared/clusters/targets.ts';
import { createStubServer } from './stub-server.ts';

export type StubPrimary = {
  readonly instanceId: string;
  readonly address: string;
  readonly state?: 'BOOTSTRAPPING' | 'RUNNING' | 'TERMINATED';
};

export type StubCluster = {
  readonly id: string;
  readonly name: string;
  state: 'STARTING' | 'RUNNING' | 'WAITING' | 'TERMINATING' | 'TERMINATED' | 'TERMINATED_WITH_ERRORS';
  readonly createdAt: Date;
  readonly release?: string;
  readonly applications?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  primaries: readonly StubPrimary[];
};

export type StubInstance = {
  state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopped';
  readonly vpcId: string;
  readonly address: string;
  /** EMR's tag. */
  readonly clusterId?: string;
};

type StubTarget = { readonly id: string; readonly port: number; readonly zone?: string; health: Health };

export type StubGroup = {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly targetType: 'instance' | 'ip';
  readonly vpcId: string;
  /** Which is used where a target names none. */
  readonly port: number;
  inUse: boolean;
  /** By id and port. */
  readonly targets: Map<string, StubTarget>;
};

/** What to do with a request instead of answering it: before it has its effect, or after. */
export type StubFault =
  | { readonly kind: 'error'; readonly code: string; readonly status?: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'cutAfter' }
  /** An answer without content. */
  | { readonly kind: 'empty' };

export type StubCall = { readonly operation: string; readonly input: Readonly<Record<string, unknown>> };

export const THROTTLE: StubFault = { kind: 'error', code: 'ThrottlingException' };

type Json = Record<string, unknown>;

class StubError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`${code} of the stub`);
    this.code = code;
  }
}

/** Reads `Targets.member.1.Id=a` into `{ Targets: [{ Id: 'a' }] }`. */
const fromForm = (form: URLSearchParams): Json => {
  const root: Json = {};
  for (const [path, value] of form) {
    const keys = path.split('.').filter((key) => key !== 'member');
    let at = root;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Json;
    }
    at[keys.at(-1)!] = value;
  }
  const listed = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, listed(inner)] as const);
    return entries.every(([key]) => /^\d+$/.test(key))
      ? entries.map(([, inner]) => inner)
      : Object.fromEntries(entries);
  };
  return listed(root) as Json;
};

const escaped = (value: unknown): string =>
  String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Writes a value as XML, its lists with an element for each item. */
const toXml = (value: unknown, item: string): string => {
  if (Array.isArray(value)) return value.map((inner) => `<${item}>${toXml(inner, item)}</${item}>`).join('');
  if (typeof value !== 'object' || value === null) return escaped(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `<${key}>${toXml(inner, item)}</${key}>`)
    .join('');
};

const GROUPS_A_PAGE = 3;

const PRIVATE = /^(10\.|100\.64\.|172\.16\.|192\.168\.)/;

export const createElbStub = () => {
  const groups = new Map<string, StubGroup>();
  const clusters = new Map<string, StubCluster>();
  const instances = new Map<string, StubInstance>();
  const items = new Map<string, Json>();
  const metrics: Json[] = [];
  const calls: StubCall[] = [];
  let fault: (call: StubCall) => StubFault | undefined = () => undefined;
  let healthOf: (id: string, port: number) => Health = () => 'healthy';
  let endedAt = new Date('2026-11-22T12:00:00Z');

  const groupOf = (arn: unknown): StubGroup => {
    const group = groups.get(String(arn));
    if (group === undefined) throw new StubError('TargetGroupNotFound');
    return group;
  };

  const targetKeys = (group: StubGroup, targets: unknown): { id: string; port: number; zone?: string; key: string }[] =>
    (targets as Json[]).map(({ Id, Port, AvailabilityZone }) => {
      const port = Number(Port ?? group.port);
      const zone = AvailabilityZone === undefined ? {} : { zone: String(AvailabilityZone) };
      return { id: String(Id), port, ...zone, key: `${Id}:${port}` };
    });

  const assertRegistrable = (group: StubGroup, id: string, zone: string | undefined): void => {
    if (group.targetType === 'instance') {
      const instance = instances.get(id);
      if (instance?.state !== 'running' || instance.vpcId !== group.vpcId) throw new StubError('InvalidTarget');
      return;
    }
    const holder = [...instances.values()].find(({ address, state }) => address === id && state === 'running');
    const isOutside = holder !== undefined && holder.vpcId !== group.vpcId;
    if (!PRIVATE.test(id) || isOutside !== (zone === 'all')) throw new StubError('InvalidTarget');
  };

  const health = (group: StubGroup, target: StubTarget): Health => {
    if (target.health === 'draining') return 'draining';
    return group.inUse ? target.health : 'unused';
  };

  const elb: Readonly<Record<string, (input: Json) => Json>> = {
    DescribeTargetGroups: ({ Marker }) => {
      const from = Number(Marker ?? 0);
      const page = [...groups.values()].slice(from, from + GROUPS_A_PAGE);
      return {
        TargetGroups: page.map(({ arn, targetType, vpcId, port, inUse }) => ({
          TargetGroupArn: arn,
          TargetType: targetType,
          VpcId: vpcId,
          Port: port,
          LoadBalancerArns: inUse
            ? ['arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/one/1']
            : [],
        })),
        NextMarker: from + GROUPS_A_PAGE < groups.size ? from + GROUPS_A_PAGE : undefined,
      };
    },
    DescribeTags: ({ ResourceArns }) => ({
      TagDescriptions: (ResourceArns as string[]).map((arn) => ({
        ResourceArn: arn,
        Tags: Object.entries(groupOf(arn).tags).map(([Key, Value]) => ({ Key, Value })),
      })),
    }),
    DescribeTargetHealth: ({ TargetGroupArn }) => {
      const group = groupOf(TargetGroupArn);
      return {
        TargetHealthDescriptions: [...group.targets.values()].map((target) => ({
          Target: { Id: target.id, Port: target.port, AvailabilityZone: target.zone },
          TargetHealth: { State: health(group, target) },
        })),
      };
    },
    RegisterTargets: ({ TargetGroupArn, Targets }) => {
      const group = groupOf(TargetGroupArn);
      const targets = targetKeys(group, Targets);
      for (const { id, zone } of targets) {
        assertRegistrable(group, id, zone);
      }
      for (const { key, ...target } of targets) {
        const known = group.targets.get(key);
        if (known === undefined || known.health === 'draining') {
          const zone = group.targetType === 'ip' ? { zone: target.zone ?? 'eu-central-1a' } : {};
          group.targets.set(key, { ...target, ...zone, health: 'initial' });
        }
      }
      return {};
    },
    DeregisterTargets: ({ TargetGroupArn, Targets }) => {
      const group = groupOf(TargetGroupArn);
      for (const { key } of targetKeys(group, Targets)) {
        const known = group.targets.get(key);
        if (known !== undefined) known.health = 'draining';
      }
      return {};
    },
  };

  const summaryOf = ({ id, name, state, createdAt }: StubCluster): Json => ({
    Id: id,
    Name: name,
    Status: {
      State: state,
      Timeline: {
        CreationDateTime: createdAt.getTime() / 1_000,
        ...(state.startsWith('TERMINATED') ? { EndDateTime: endedAt.getTime() / 1_000 } : {}),
      },
    },
  });

  const clusterOf = (id: unknown): StubCluster => {
    const cluster = clusters.get(String(id));
    if (cluster === undefined) throw new StubError('InvalidRequestException');
    return cluster;
  };

  const json: Readonly<Record<string, (input: Json) => Json>> = {
    ListClusters: ({ ClusterStates }) => ({
      Clusters: [...clusters.values()]
        .filter(({ state }) => (ClusterStates as string[]).includes(state))
        .map(summaryOf)
        .toReversed(),
    }),
    DescribeCluster: ({ ClusterId }) => {
      const cluster = clusterOf(ClusterId);
      return {
        Cluster: {
          ...summaryOf(cluster),
          ReleaseLabel: cluster.release ?? 'emr-7.5.0',
          Applications: (cluster.applications ?? ['Hadoop', 'Spark']).map((Name) => ({ Name, Version: '1' })),
          InstanceCollectionType: 'INSTANCE_GROUP',
          Tags: Object.entries(cluster.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
        },
      };
    },
    ListInstances: ({ ClusterId, InstanceGroupTypes }) => {
      if (JSON.stringify(InstanceGroupTypes) !== '["MASTER"]') throw new StubError('InvalidRequestException');
      return {
        Instances: clusterOf(ClusterId).primaries.map(({ instanceId, address, state = 'RUNNING' }) => ({
          Id: `ci-${instanceId}`,
          Ec2InstanceId: instanceId,
          PrivateIpAddress: address,
          PrivateDnsName: `ip-${address.replaceAll('.', '-')}.ec2.internal`,
          PublicDnsName: '',
          Status: { State: state },
        })),
      };
    },
    Query: () => ({ Items: [...items.values()], Count: items.size, ScannedCount: items.size }),
    PutItem: ({ Item }) => {
      const item = Item as Record<string, { S: string }>;
      items.set(`${item['pk']?.S} ${item['sk']?.S}`, item);
      return {};
    },
    PutMetricData: ({ MetricData }) => {
      metrics.push(...(MetricData as Json[]));
      return {};
    },
  };

  const describeInstances = ({ InstanceId, Filter }: Json): Json => {
    const [filter] = (Filter ?? []) as { Name: string; Value: string[] }[];
    const ids = InstanceId as string[] | undefined;
    if (ids?.some((id) => !instances.has(id))) throw new StubError('InvalidInstanceID.NotFound');
    const found = [...instances].filter(([id, { address, state }]) =>
      ids === undefined
        ? filter?.Name === 'private-ip-address' && filter.Value.includes(address) && state !== 'terminated'
        : ids.includes(id),
    );
    return {
      reservationSet: found.map(([instanceId, { state, vpcId, address, clusterId }]) => ({
        instancesSet: [
          {
            instanceId,
            instanceState: { name: state },
            // One that is terminated has neither.
            ...(state === 'terminated' ? {} : { vpcId, privateIpAddress: address }),
            tagSet: clusterId === undefined ? [] : [{ key: 'aws:elasticmapreduce:job-flow-id', value: clusterId }],
          },
        ],
      })),
    };
  };

  type Service = {
    readonly call: StubCall;
    readonly answer: () => string;
    readonly empty: string;
    readonly error: (code: string, message: string) => string;
  };

  const serviceOf = (request: IncomingMessage, body: string): Service => {
    const target = request.headers['x-amz-target'];
    if (target !== undefined) {
      const operation = String(target).split('.').at(-1) ?? '';
      const input = JSON.parse(body) as Json;
      return {
        call: { operation, input },
        answer: () => JSON.stringify(json[operation]!(input)),
        empty: '{}',
        error: (code, message) => JSON.stringify({ __type: code, message }),
      };
    }
    const form = new URLSearchParams(body);
    const operation = form.get('Action') ?? '';
    const input = fromForm(form);
    if (operation === 'DescribeInstances') {
      const wrap = (inner: string) =>
        `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</DescribeInstancesResponse>`;
      return {
        call: { operation, input },
        answer: () => wrap(toXml(describeInstances(input), 'item')),
        empty: wrap('<reservationSet/>'),
        error: (code, message) =>
          `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
      };
    }
    const wrap = (inner: string) =>
      `<${operation}Response xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><${operation}Result>${inner}</${operation}Result></${operation}Response>`;
    return {
      call: { operation, input },
      answer: () => wrap(toXml(elb[operation]!(input), 'member')),
      empty: wrap(''),
      error: (code, message) =>
        `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
    };
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { call, answer, empty, error } = serviceOf(request, await text(request));
    calls.push(call);
    const injected = fault(call);
    const send = (status: number, body: string): void => {
      const type = body.startsWith('<') ? 'text/xml' : 'application/x-amz-json-1.1';
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    if (injected?.kind === 'cut') {
      request.socket.destroy();
    } else if (injected?.kind === 'error') {
      send(injected.status ?? 400, error(injected.code, `${injected.code} of the test`));
    } else if (injected?.kind === 'empty') {
      send(200, empty);
    } else {
      try {
        const body = answer();
        if (injected?.kind === 'cutAfter') {
          request.socket.destroy();
        } else {
          send(200, body);
        }
      } catch (thrown) {
        if (!(thrown instanceof StubError)) throw thrown;
        send(400, error(thrown.code, thrown.message));
      }
    }
  };

  const server = createStubServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  return {
    ...server,
    groups,
    clusters,
    instances,
    items,
    metrics,
    calls,

    /** Begins a world in which nothing is and nothing has happened. */
    reset: (): void => {
      for (const part of [groups, clusters, instances, items]) {
        part.clear();
      }
      metrics.length = 0;
      calls.length = 0;
      fault = () => undefined;
      healthOf = () => 'healthy';
      endedAt = new Date('2026-11-22T12:00:00Z');
    },
    setFault: (to: typeof fault): void => {
      fault = to;
    },
    setHealth: (to: typeof healthOf): void => {
      healthOf = to;
    },
    /** Lets time pass between two ticks: health is checked, and what was draining is gone. */
    pass: (): void => {
      for (const { targets } of groups.values()) {
        for (const [key, target] of targets) {
          if (target.health === 'draining') {
            targets.delete(key);
          } else {
            target.health = healthOf(target.id, target.port);
          }
        }
      }
    },
    /** Starts a cluster with its instances. */
    startCluster: (cluster: StubCluster, vpcId = 'vpc-1'): StubCluster => {
      clusters.set(cluster.id, cluster);
      for (const { instanceId, address } of cluster.primaries) {
        instances.set(instanceId, { state: 'running', vpcId, address, clusterId: cluster.id });
      }
      return cluster;
    },
    /** Ends a cluster, and its instances with it. */
    endCluster: (id: string): void => {
      const cluster = clusterOf(id);
      cluster.state = 'TERMINATED';
      cluster.primaries = cluster.primaries.map((primary) => ({ ...primary, state: 'TERMINATED' }));
      for (const { instanceId } of cluster.primaries) {
        instances.get(instanceId)!.state = 'terminated';
      }
    },
    /** Lists what is registered in a group and not on its way out, `i-1:8088`. */
    targetsIn: (arn: string): string[] =>
      [...groupOf(arn).targets].flatMap(([key, { health: state }]) => (state === 'draining' ? [] : [key])).toSorted(),
    /** Lists the calls that change something. */
    writes: (): StubCall[] => calls.filter(({ operation }) => /^(?:De)?[Rr]egister/.test(operation)),
  };
};

export type ElbStub = ReturnType<typeof createElbStub>;

/** A group of ours that a rule leads to; what tests say of it goes before. */
export const aStubGroup = (group: Partial<Omit<StubGroup, 'targets'>> = {}): StubGroup => ({
  arn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/ours/1',
  tags: { 'breakaway:cluster': 'etl', 'breakaway:ui': 'yarn-resource-manager' },
  targetType: 'instance',
  vpcId: 'vpc-1',
  port: 80,
  inUse: true,
  targets: new Map(),
  ...group,
});

let started = 0;

/** A cluster that waits for work, newer than those before it. */
export const aStubCluster = (cluster: Partial<StubCluster> = {}): StubCluster => {
  started += 1;
  return {
    id: 'j-1',
    name: 'etl',
    state: 'WAITING',
    createdAt: new Date(Date.UTC(2026, 10, 22, 0, started)),
    primaries: [{ instanceId: 'i-1', address: '10.0.0.1' }],
    ...cluster,
  };
};
