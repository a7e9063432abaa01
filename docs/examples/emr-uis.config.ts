/**
 * A configuration with a load balancer for the web user interfaces of EMR clusters. Every id, ARN
 * and URL is an example.
 *
 * `BREAKAWAY_CONFIG=docs/examples/emr-uis.config.ts npm run package` packages it. `docs/emr-uis.md`
 * explains each field.
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
    // The important interfaces: each has an alarm, a target group and a host name.
    clusters: {
      recommendation: ['yarn-resource-manager', 'spark-history-server', 'hdfs-namenode'],
      adhoc: ['yarn-resource-manager', 'tez-ui', 'hue', 'zeppelin'],
    },
    define: {
      zeppelin: {
        application: 'Zeppelin',
        port: 8890,
        // A note that runs on one of three primary nodes is not known to the others.
        primaries: 'one',
        healthCheck: { path: '/' },
      },
    },
    loadBalancer: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      hostName: '{ui}-{cluster}.emr.example.com',
      // Or `{ cognito: … }`, or 'none', which needs no login.
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
      // For an existing load balancer, in place of `internal`: existing: {   httpsListener:
      // 'arn:aws:elasticloadbalancing:…:listener/app/shared/0123456789abcdef/0123456789abcdef',
      // httpListener:
      // 'arn:aws:elasticloadbalancing:…:listener/app/shared/0123456789abcdef/fedcba9876543210',
      // securityGroup: 'sg-0a1b2c3d4e5f60718',   priorities: [20_000, 20_999], },
    },
  },
});
