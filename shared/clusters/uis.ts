/** The validated configuration of web UIs as data, and the built-in UIs of EMR. */

/** A web UI of EMR's primary nodes. */
export type Ui = {
  /** The value of the tag `breakaway:ui`. */
  readonly name: string;
  /** The application of EMR that has the UI; left out if every cluster has it. */
  readonly application?: string;
  /**
   * The ports by release line, ascending. An entry holds from `emr-<line>` up to the next entry.
   */
  readonly ports: readonly { readonly fromLine: number; readonly port: number }[];
  readonly protocol: 'HTTP' | 'HTTPS';
  /** How many of three primary nodes can show it. */
  readonly primaries: 'all' | 'one';
  /** The health check of the load balancer. */
  readonly healthCheck: { readonly path: string; readonly codes: string };
  /** Whether a browser stays with one primary node. */
  readonly isSticky: boolean;
};

/**
 * The five built-in UIs.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-web-interfaces.html
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-ha-applications.html
 */
export const BUILT_IN_UIS: readonly Ui[] = [
  {
    name: 'yarn-resource-manager',
    ports: [{ fromLine: 4, port: 8088 }],
    protocol: 'HTTP',
    primaries: 'all',
    // A standby redirects to the internal name of the active node (307), so it must not be healthy.
    healthCheck: { path: '/cluster', codes: '200' },
    isSticky: false,
  },
  {
    name: 'tez-ui',
    application: 'Tez',
    ports: [{ fromLine: 4, port: 8080 }],
    protocol: 'HTTP',
    primaries: 'all',
    healthCheck: { path: '/tez-ui/', codes: '200-399' },
    isSticky: false,
  },
  {
    name: 'spark-history-server',
    application: 'Spark',
    ports: [{ fromLine: 4, port: 18080 }],
    protocol: 'HTTP',
    primaries: 'all',
    healthCheck: { path: '/', codes: '200' },
    // Each node reads the event logs at its own time.
    isSticky: true,
  },
  {
    name: 'hdfs-namenode',
    ports: [
      { fromLine: 4, port: 50_070 },
      { fromLine: 6, port: 9870 },
    ],
    protocol: 'HTTP',
    primaries: 'all',
    // A standby answers 405. Hadoop 2 does not have the page: 404.
    healthCheck: { path: '/isActive', codes: '200,404' },
    isSticky: false,
  },
  {
    name: 'hue',
    application: 'Hue',
    ports: [{ fromLine: 4, port: 8888 }],
    protocol: 'HTTP',
    // The nodes do not share the work of a person, unless all three have the same database.
    primaries: 'one',
    healthCheck: { path: '/desktop/debug/is_alive', codes: '200' },
    isSticky: false,
  },
];

/** A UI of a logical cluster that people rely on. */
export type ClusterUi = { readonly cluster: string; readonly ui: string };

/**
 * How the load balancer authenticates people; `none` lets everybody in whose network reaches it.
 */
export type Auth =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'oidc';
      readonly issuer: string;
      readonly authorizationEndpoint: string;
      readonly tokenEndpoint: string;
      readonly userInfoEndpoint: string;
      readonly clientId: string;
      /** The location of the client secret in Secrets Manager, never the secret itself. */
      readonly clientSecret: { readonly secret: string; readonly key: string };
      readonly scope: string;
      readonly sessionSeconds: number;
    }
  | {
      readonly kind: 'cognito';
      readonly userPoolArn: string;
      readonly clientId: string;
      readonly domain: string;
      readonly scope: string;
      readonly sessionSeconds: number;
    };

/** A load balancer that the stack creates, or an existing one that it adds rules to. */
export type Balancer =
  | {
      readonly kind: 'internal';
      readonly subnets: readonly string[];
      /** CIDR blocks that can reach it. */
      readonly admit: readonly string[];
      readonly certificates: readonly string[];
      readonly accessLogs?: { readonly bucket: string; readonly prefix: string };
    }
  | {
      readonly kind: 'existing';
      readonly httpsListener: string;
      /** Left out if the load balancer redirects port 80 itself. */
      readonly httpListener?: string;
      readonly securityGroup: string;
      /** The first and the last rule priority that the stack may use. */
      readonly priorities: readonly [from: number, to: number];
    };

export type LoadBalancer = {
  readonly balancer: Balancer;
  readonly vpc: string;
  readonly auth: Auth;
  /** `{ui}-{cluster}.emr.example.com` */
  readonly hostName: string;
  readonly targetType: 'instance' | 'ip';
};

export type Uis = {
  /** The UIs of the user. A UI with the name of a built-in UI replaces it. */
  readonly defined: readonly Ui[];
  readonly clusterUis: readonly ClusterUi[];
  /** Left out if the target groups exist already. */
  readonly loadBalancer?: LoadBalancer;
};

/** Returns all UIs by name. */
export const knownUis = (uis: Uis | undefined): ReadonlyMap<string, Ui> =>
  new Map([...BUILT_IN_UIS, ...(uis?.defined ?? [])].map((ui) => [ui.name, ui]));

const RELEASE = /^emr-(\d+)\./;

/**
 * Returns the port of a UI on a cluster.
 *
 * @param release - `emr-6.15.0`
 * @returns `undefined` for a release without the UI, or an unknown release
 */
export const portOn = ({ ports }: Ui, release: string | undefined): number | undefined => {
  const line = Number(RELEASE.exec(release ?? '')?.[1]);
  return ports.findLast(({ fromLine }) => line >= fromLine)?.port;
};
