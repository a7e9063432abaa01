/**
 * A configuration that makes a load balancer for the web user interfaces of EMR clusters. Every id, ARN and URL in it is made up.
 *
 * Packaged with `BREAKAWAY_CONFIG=docs/examples/emr-uis.config.ts npm run package`; what each field means is in `docs/emr-uis.md`.
 */
import { defineConfig } from '../../configuration/define.ts';

export default defineConfig({
  timeZone: 'Asia/Tokyo',
  feeds: [],

  emr: {
    clusters: [
      // Replaced every night: `recommendation-20261122`.
      { name: 'recommendation', pattern: 'recommendation-*' },
      { name: 'adhoc' },
    ],
    metrics: { maxNodes: 40 },
  },

  uis: {
    // What people rely on: each has an alarm, a target group and a host name.
    clusters: {
      recommendation: ['yarn-resource-manager', 'spark-history-server', 'hdfs-namenode'],
      adhoc: ['yarn-resource-manager', 'tez-ui', 'hue', 'zeppelin'],
    },
    define: {
      zeppelin: {
        application: 'Zeppelin',
        port: 8890,
        // A note that runs in one of three primary nodes is not known to the others.
        primaries: 'one',
        healthCheck: { path: '/' },
      },
    },
    loadBalancer: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      hostName: '{ui}-{cluster}.emr.example.com',
      // Or `{ cognito: … }`, or 'none', which lets everybody in whose network reaches it.
      auth: {
        oidc: {
          issuer: 'https://id.example.com',
          authorizationEndpoint: 'https://id.example.com/authorize',
          tokenEndpoint: 'https://id.example.com/token',
          userInfoEndpoint: 'https://id.example.com/userinfo',
          clientId: 'emr-uis',
          clientSecret: { secret: 'emr-uis/oidc', key: 'clientSecret' },
        },
      },
      internal: {
        subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0718a1b2c3d4e5f60'],
        admit: ['10.20.0.0/16', '192.168.40.0/22'],
        certificates: ['arn:aws:acm:ap-northeast-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef'],
      },
      // For a load balancer that is there, in place of `internal`:
      // existing: {
      //   httpsListener: 'arn:aws:elasticloadbalancing:…:listener/app/shared/0123456789abcdef/0123456789abcdef',
      //   httpListener: 'arn:aws:elasticloadbalancing:…:listener/app/shared/0123456789abcdef/fedcba9876543210',
      //   securityGroup: 'sg-0a1b2c3d4e5f60718',
      //   priorities: [20_000, 20_999],
      // },
    },
  },
});
