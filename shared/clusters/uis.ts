/** The validated configuration of web user interfaces as data, and those that every EMR cluster may have. */

/** A web user interface of EMR's primary nodes. */
export type Ui = {
  /** As in the tag `breakaway:ui`. */
  readonly name: string;
  /** The application of EMR that has it; absent where every cluster does. */
  readonly application?: string;
  /** The port by release line: the first is `emr-<line>` and all later lines up to the next entry. Ascending. */
  readonly ports: readonly { readonly fromLine: number; readonly port: number }[];
  readonly protocol: 'HTTP' | 'HTTPS';
  /** How many of three primary nodes may show it. */
  readonly primaries: 'all' | 'one';
  /** What the load balancer asks to know whether it answers. */
  readonly healthCheck: { readonly path: string; readonly codes: string };
  /** Whether a browser stays with one primary node. */
  readonly isSticky: boolean;
};

/**
 * The five that are known.
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
    // A standby sends browsers to the active one by its internal name, with 307: it must not count as healthy.
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
    // Each reads the event logs in its own time.
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
    // 405 of a standby. Hadoop 2 does not have the page: 404.
    healthCheck: { path: '/isActive', codes: '200,404' },
    isSticky: false,
  },
  {
    name: 'hue',
    application: 'Hue',
    ports: [{ fromLine: 4, port: 8888 }],
    protocol: 'HTTP',
    // What a person does in one is not known to the others, unless all three were given the same database.
    primaries: 'one',
    healthCheck: { path: '/desktop/debug/is_alive', codes: '200' },
    isSticky: false,
  },
];

/** A user interface of a logical cluster that people rely on. */
export type ClusterUi = { readonly cluster: string; readonly ui: string };

/** Who may pass the load balancer: whom an identity provider knows, or, by express wish, everybody whose network reaches it. */
export type Auth =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'oidc';
      readonly issuer: string;
      readonly authorizationEndpoint: string;
      readonly tokenEndpoint: string;
      readonly userInfoEndpoint: string;
      readonly clientId: string;
      /** Where in Secrets Manager the client secret is, never the secret itself. */
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

/** A load balancer that the stack makes, or rules that it adds to one that is there. */
export type Balancer =
  | {
      readonly kind: 'internal';
      readonly subnets: readonly string[];
      /** CIDR blocks that reach it. */
      readonly admit: readonly string[];
      readonly certificates: readonly string[];
      readonly accessLogs?: { readonly bucket: string; readonly prefix: string };
    }
  | {
      readonly kind: 'existing';
      readonly httpsListener: string;
      /** Absent where the load balancer redirects all of port 80 itself. */
      readonly httpListener?: string;
      readonly securityGroup: string;
      /** The rule priorities that are free for us, both included. */
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
  /** Those of the user; one of the name of a built-in UI takes its place. */
  readonly defined: readonly Ui[];
  readonly clusterUis: readonly ClusterUi[];
  /** Absent where somebody else makes the target groups. */
  readonly loadBalancer?: LoadBalancer;
};

/** Lists all UIs by name. */
export const knownUis = (uis: Uis | undefined): ReadonlyMap<string, Ui> =>
  new Map([...BUILT_IN_UIS, ...(uis?.defined ?? [])].map((ui) => [ui.name, ui]));

const RELEASE = /^emr-(\d+)\./;

/**
 * Tells the port of a UI on a cluster.
 *
 * @param release - `emr-6.15.0`
 * @returns `undefined` for a release before the UI, or one that is not understood
 */
export const portOn = ({ ports }: Ui, release: string | undefined): number | undefined => {
  const line = Number(RELEASE.exec(release ?? '')?.[1]);
  return ports.findLast(({ fromLine }) => line >= fromLine)?.port;
};
