/** The shape of the web user interfaces, and of their load balancer. */
import * as z from 'zod';
import type { UserUis } from './define-uis.ts';
import { flag, strict, text, wholeNumber } from './schema-fields.ts';

const port = wholeNumber(1, 65_535);

const ui = strict({
  application: text.optional(),
  port: z.union(
    [port, z.record(z.string(), port).refine((ports) => Object.keys(ports).length > 0, 'must name a port')],
    'must be a port from 1 to 65,535, or ports by release line',
  ),
  protocol: z.enum(['HTTP', 'HTTPS'], 'must be HTTP or HTTPS').optional(),
  primaries: z.enum(['all', 'one'], 'must be all or one').optional(),
  healthCheck: strict({ path: text, codes: text.optional() }),
  sticky: flag.optional(),
});

const SESSION_SECONDS = [1, 604_800] as const;

const oidc = strict({
  issuer: text,
  authorizationEndpoint: text,
  tokenEndpoint: text,
  userInfoEndpoint: text,
  clientId: text,
  clientSecret: strict({ secret: text, key: text }),
  scope: text.optional(),
  sessionSeconds: wholeNumber(...SESSION_SECONDS).optional(),
});

const cognito = strict({
  userPoolArn: text,
  clientId: text,
  domain: text,
  scope: text.optional(),
  sessionSeconds: wholeNumber(...SESSION_SECONDS).optional(),
});

const AUTH = "must be set: { oidc: … }, { cognito: … }, or 'none'";

const loadBalancer = strict({
  vpc: text,
  auth: z.union([z.literal('none'), strict({ oidc }), strict({ cognito })], AUTH),
  hostName: text,
  targets: z.enum(['instance', 'ip'], 'must be instance or ip').optional(),
  internal: strict({
    subnets: z.array(text, 'must be a list of subnets'),
    admit: z.array(text, 'must be a list of networks'),
    certificates: z.array(text, 'must be a list of ARNs'),
    accessLogs: strict({ bucket: text, prefix: text.optional() }).optional(),
  }).optional(),
  existing: strict({
    httpsListener: text,
    httpListener: text.optional(),
    securityGroup: text,
    priorities: z.tuple([z.int(), z.int()], 'must be the first and the last priority'),
  }).optional(),
});

export const uis = strict({
  clusters: z
    .record(z.string(), z.array(text, 'must be a list of interfaces'), 'must be an object of lists of interfaces')
    .optional(),
  define: z.record(z.string(), ui, 'must be an object of interfaces').optional(),
  loadBalancer: loadBalancer.optional(),
}) satisfies z.ZodType<UserUis>;
