/** The types of web user interfaces in `breakaway.config.ts`. */

/**
 * The web user interfaces of EMR clusters.
 *
 * Every target group with the tags `breakaway:cluster` and `breakaway:ui` follows the clusters with
 * that name; it does not matter who made the group. This part of the configuration adds interfaces,
 * adds alarms for important ones, and can make the load balancer.
 */
export type UserUis = {
  /**
   * The important interfaces, by logical cluster. Each gets an alarm and, with a `loadBalancer`, a
   * target group and a host name.
   *
   * The built-in ones: `yarn-resource-manager`, `tez-ui`, `spark-history-server`, `hdfs-namenode`,
   * `hue`.
   *
   * @example `{ 'recommendation-etl': ['yarn-resource-manager', 'spark-history-server'] }`
   */
  readonly clusters?: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * More interfaces, by a name of your choice: `a-z`, `0-9` and `-`. An interface with the name of
   * a built-in one replaces it.
   */
  readonly define?: Readonly<Record<string, UserUi>> | undefined;
  /**
   * The target groups and rules of this stack. Without it, make and tag the target groups
   * elsewhere.
   */
  readonly loadBalancer?: UserLoadBalancer | undefined;
};

/** A web user interface on the primary nodes of EMR clusters. */
export type UserUi = {
  /**
   * The EMR application with this interface: `Zeppelin`. Clusters without the application have no
   * target.
   *
   * @defaultValue every cluster has the interface
   */
  readonly application?: string | undefined;
  /** The port, or ports by the first release line that uses them: `{ 5: 50070, 6: 9870 }`. */
  readonly port: number | Readonly<Record<string, number>>;
  /**
   * The protocol. The load balancer accepts any certificate of a target.
   *
   * @defaultValue `'HTTP'`
   */
  readonly protocol?: 'HTTP' | 'HTTPS' | undefined;
  /**
   * How many of three primary nodes are targets. Choose `'one'` for an interface whose nodes do not
   * share the state of a user.
   *
   * @defaultValue `'all'`
   */
  readonly primaries?: 'all' | 'one' | undefined;
  /**
   * The path of the load balancer's health check, and the good codes: `'200'`, `'200,302'`,
   * `'200-399'`.
   */
  readonly healthCheck: { readonly path: string; readonly codes?: string | undefined };
  /**
   * Whether a browser always reaches the same one of three primary nodes.
   *
   * @defaultValue `false`
   */
  readonly sticky?: boolean | undefined;
};

/** The load balancer before the interfaces: either `internal` or `existing`. */
export type UserLoadBalancer = {
  /** The network of the target groups: `vpc-...`. */
  readonly vpc: string;
  /**
   * The login. None of these interfaces asks for a password, and some run code: with `'none'`,
   * everybody whose network reaches the load balancer can use them.
   */
  readonly auth: 'none' | { readonly oidc: UserOidc } | { readonly cognito: UserCognito };
  /**
   * The host name of each interface, in a domain of your certificate:
   * `'{ui}-{cluster}.emr.example.com'`.
   */
  readonly hostName: string;
  /**
   * The type of targets. Addresses (`'ip'`) reach clusters outside the network of the load
   * balancer, too.
   *
   * @defaultValue `'instance'`
   */
  readonly targets?: 'instance' | 'ip' | undefined;
  /** A load balancer that this stack makes: HTTPS on 443, and a redirect on 80. */
  readonly internal?:
    | {
        /** At least two, in different Availability Zones: `subnet-...`. */
        readonly subnets: readonly string[];
        /** The networks that may reach the load balancer: `['10.0.0.0/8']`. */
        readonly admit: readonly string[];
        /** ARNs of ACM certificates. Clients that name no host get the first one. */
        readonly certificates: readonly string[];
        /** The bucket of the access logs. Its policy must allow the load balancer to write. */
        readonly accessLogs?: { readonly bucket: string; readonly prefix?: string | undefined } | undefined;
      }
    | undefined;
  /** A load balancer that exists: this stack adds rules to its listeners. */
  readonly existing?:
    | {
        /** ARN of its listener for HTTPS on 443. */
        readonly httpsListener: string;
        /**
         * ARN of its listener for HTTP on 80; leave it out if this listener redirects everything
         * already.
         */
        readonly httpListener?: string | undefined;
        /** Its security group, which may reach the primary nodes: `sg-...`. */
        readonly securityGroup: string;
        /**
         * The first and last rule priority for this stack; no other rule has one of them: `[20_000,
         * 20_999]`.
         */
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
  /**
   * The client secret in Secrets Manager: name or ARN of a secret, and its JSON key. Never the
   * secret itself.
   */
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
