/** What a user writes of web user interfaces in `breakaway.config.ts`. */

/**
 * The web user interfaces of EMR clusters.
 *
 * Every target group with the tags `breakaway:cluster` and `breakaway:ui` follows the clusters of that name, whoever made it. What is written here adds
 * interfaces, watches those that people rely on, and, if asked to, makes the load balancer.
 */
export type UserUis = {
  /**
   * The interfaces that people rely on, by logical cluster. Each has an alarm, and behind a `loadBalancer` a target group and a host name.
   *
   * The five that are known by themselves: `yarn-resource-manager`, `tez-ui`, `spark-history-server`, `hdfs-namenode`, `hue`.
   *
   * @example `{ 'recommendation-etl': ['yarn-resource-manager', 'spark-history-server'] }`
   */
  readonly clusters?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Other interfaces, by a name of your choice: `a-z`, `0-9` and `-`. One that has the name of a known one takes its place. */
  readonly define?: Readonly<Record<string, UserUi>> | undefined;
  /** Target groups and rules that this stack makes. Without it, somebody else makes and tags the target groups. */
  readonly loadBalancer?: UserLoadBalancer | undefined;
};

/** A web user interface on the primary nodes of EMR clusters. */
export type UserUi = {
  /**
   * The application of EMR that has it: `Zeppelin`. Clusters that were started without it are left out.
   *
   * @defaultValue every cluster has it
   */
  readonly application?: string | undefined;
  /** The port, or the ports by the release line from which on they are right: `{ 5: 50070, 6: 9870 }`. */
  readonly port: number | Readonly<Record<string, number>>;
  /**
   * What it speaks. The load balancer takes any certificate of a target.
   *
   * @defaultValue `'HTTP'`
   */
  readonly protocol?: 'HTTP' | 'HTTPS' | undefined;
  /**
   * How many of three primary nodes show it: `'one'` where what a person does in one is not known to the others.
   *
   * @defaultValue `'all'`
   */
  readonly primaries?: 'all' | 'one' | undefined;
  /** What the load balancer asks to know whether it answers, and with which codes: `'200'`, `'200,302'`, `'200-399'`. */
  readonly healthCheck: { readonly path: string; readonly codes?: string | undefined };
  /**
   * Whether a browser stays with one of three primary nodes.
   *
   * @defaultValue `false`
   */
  readonly sticky?: boolean | undefined;
};

/** Where people reach the interfaces: `internal` or `existing`, one of them. */
export type UserLoadBalancer = {
  /** The network of the target groups: `vpc-...`. */
  readonly vpc: string;
  /**
   * Who may pass. None of these interfaces asks for a password by itself, and some run code: `'none'` lets everybody in whose network reaches the load
   * balancer.
   */
  readonly auth: 'none' | { readonly oidc: UserOidc } | { readonly cognito: UserCognito };
  /** The host name of each interface, under a domain that your certificate covers: `'{ui}-{cluster}.emr.example.com'`. */
  readonly hostName: string;
  /**
   * How primary nodes are registered. Addresses reach clusters in networks beside the load balancer's.
   *
   * @defaultValue `'instance'`
   */
  readonly targets?: 'instance' | 'ip' | undefined;
  /** A load balancer that this stack makes: HTTPS on 443, a redirect on 80, and nothing else. */
  readonly internal?:
    | {
        /** At least two, in different Availability Zones: `subnet-...`. */
        readonly subnets: readonly string[];
        /** The networks that reach it: `['10.0.0.0/8']`. */
        readonly admit: readonly string[];
        /** ARNs of certificates of ACM, the first for clients that name no host. */
        readonly certificates: readonly string[];
        /** Where its access logs go; the bucket's policy must let the load balancer write. */
        readonly accessLogs?: { readonly bucket: string; readonly prefix?: string | undefined } | undefined;
      }
    | undefined;
  /** A load balancer that is there: rules are added to its listeners. */
  readonly existing?:
    | {
        /** ARN of its listener for HTTPS on 443. */
        readonly httpsListener: string;
        /** ARN of its listener for HTTP on 80; left out where that one redirects everything already. */
        readonly httpListener?: string | undefined;
        /** Its security group, from which the primary nodes are reached: `sg-...`. */
        readonly securityGroup: string;
        /** The rule priorities that nobody else uses, first and last: `[20_000, 20_999]`. */
        readonly priorities: readonly [number, number];
      }
    | undefined;
};

/**
 * An identity provider that speaks OpenID Connect.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
 */
export type UserOidc = {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userInfoEndpoint: string;
  readonly clientId: string;
  /** Where the client secret is in Secrets Manager: name or ARN of a secret, and its JSON key. Never the secret itself. */
  readonly clientSecret: { readonly secret: string; readonly key: string };
  /** @defaultValue `'openid'` */
  readonly scope?: string | undefined;
  /** @defaultValue 28_800, eight hours */
  readonly sessionSeconds?: number | undefined;
};

/** A user pool of Amazon Cognito. */
export type UserCognito = {
  readonly userPoolArn: string;
  readonly clientId: string;
  /** Prefix or full name of the pool's domain. */
  readonly domain: string;
  /** @defaultValue `'openid'` */
  readonly scope?: string | undefined;
  /** @defaultValue 28_800, eight hours */
  readonly sessionSeconds?: number | undefined;
};
