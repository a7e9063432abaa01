/**
 * Requests to AWS without a client of the SDK: made of the parts that its clients are made of, which sign, send, end late answers and try again.
 *
 * A client alone would fill a tenth of what a bundle may hold, and more: nearly all of it describes operations and answers that are not used. Tests
 * compare the requests with those of the clients.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { partition } from '@aws-sdk/core/client';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import {
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS,
  NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS,
} from '@smithy/core/config';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Pace } from '../pace.ts';
import { type ClientOverrides, clientSettings } from './client-settings.ts';

/** Which service, and how its requests differ from those of others. */
export type Service = {
  /** As in `AWS_ENDPOINT_URL_<name>`: `BATCH`. */
  readonly endpointName: string;
  /** As in the signature: `batch`. */
  readonly signingName: string;
  /** S3 alone takes a path as it is: `a//b` and `a/../b` are keys of their own. */
  readonly uriEscapePath: boolean;
  /** Another region than that of the environment. */
  readonly region?: string;
  /** What every attempt waits for, where calls have a limit that others share. */
  readonly pace?: Pace;
};

/** What the environment says of where to send requests. */
export type Surroundings = {
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly fips: boolean;
  readonly dualstack: boolean;
};

export type Request = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly origin: URL;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type SignedRequests = {
  readonly surroundings: () => Promise<Surroundings>;
  /** Sends a request until there is an answer that another attempt would not better; rejects when none came. */
  readonly send: (request: Request, signal: AbortSignal | undefined) => Promise<Answer>;
};

const FIRST_BACKOFF_MS = 50;
const FIRST_THROTTLED_BACKOFF_MS = 1_000;

/** How some services say it with another status than 429. */
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|TransactionInProgress/;

/** Names the error of an answer, in whatever way the service tells it: `ResourceNotFoundException`. */
export const errorTypeOf = ({ headers, body }: Answer): string => {
  const inBody = /"(?:__type|code)"\s*:\s*"([^"]+)"/.exec(body) ?? /<Code>([^<]+)<\/Code>/.exec(body);
  const type = headers['x-amzn-errortype'] ?? inBody?.[1] ?? '';
  return type.replace(/^.*#/, '').replace(/:.*$/, '');
};

/** Undoes what JSON does to a text; of what is not JSON, the text is better than nothing. */
const unescaped = (text: string): string => {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
};

/** Takes the service's own words out of an answer, in whatever way it has them. */
export const messageOf = ({ body }: Answer): string | undefined => {
  const inJson = /"[Mm]essage"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return inJson === undefined ? /<Message>([^<]+)<\/Message>/.exec(body)?.[1] : unescaped(inJson);
};

/** Says what went wrong, from what the service answered, as far as it told. */
export const reasonOf = (service: string, answer: Answer): string =>
  [`${service} answered`, answer.status, errorTypeOf(answer), messageOf(answer)].filter((part) => part).join(' ');

const isThrottled = (answer: Answer): boolean =>
  answer.status === 429 || answer.status === 503 || (answer.status === 400 && THROTTLED.test(errorTypeOf(answer)));

/** How long to wait before another attempt, or `undefined` when it would end as this one did. Without an answer, it may not. */
const backoffMs = (answer: Answer | undefined, attempt: number): number | undefined => {
  const factor = Math.random() * 2 ** (attempt - 1);
  if (answer !== undefined && isThrottled(answer)) return factor * FIRST_THROTTLED_BACKOFF_MS;
  return answer === undefined || answer.status >= 500 ? factor * FIRST_BACKOFF_MS : undefined;
};

const endpointUrl = (name: string) => ({
  environmentVariableSelector: (env: Record<string, string | undefined>) =>
    env[`AWS_ENDPOINT_URL_${name}`] || env['AWS_ENDPOINT_URL'] || undefined,
  configFileSelector: (profile: Record<string, string | undefined>) => profile['endpoint_url'],
  default: async () => undefined,
});

/**
 * Names the host of a service of one region.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/rande.html
 */
export const hostOf = (service: string, { region, fips, dualstack }: Omit<Surroundings, 'endpoint'>): string => {
  const { name, dnsSuffix, dualStackDnsSuffix } = partition(region);
  if (dualstack) {
    return `${service}${fips ? '-fips' : ''}.${region}.${dualStackDnsSuffix}`;
  }
  // Of the government's regions, every endpoint is one.
  const isOwn = fips && name !== 'aws-us-gov';
  const isNamedFirst = isOwn && service === 'batch' && name === 'aws';
  return `${isNamedFirst ? 'fips.' : ''}${service}${isOwn && !isNamedFirst ? '-fips' : ''}.${region}.${dnsSuffix}`;
};

/** Makes the sender of requests to one service. Region, endpoint and credentials come from the environment, as for every client of the SDK. */
export const createSignedRequests = (service: Service, overrides: ClientOverrides = {}): SignedRequests => {
  const { maxAttempts, requestHandler } = clientSettings(overrides);
  const pace: Pace = service.pace ?? (() => Promise.resolve());
  const environmentRegion = loadConfig(NODE_REGION_CONFIG_OPTIONS, NODE_REGION_CONFIG_FILE_OPTIONS);
  const region = async (): Promise<string> => service.region ?? environmentRegion();
  const endpoint = loadConfig<string | undefined>(endpointUrl(service.endpointName));
  const fips = loadConfig(NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS);
  const dualstack = loadConfig(NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS);
  const signer = new SignatureV4({
    credentials: defaultProvider(),
    region,
    service: service.signingName,
    sha256: Sha256,
    uriEscapePath: service.uriEscapePath,
  });

  const signed = async ({ method, origin, path, query, headers, body }: Request): Promise<HttpRequest> => {
    const request = new HttpRequest({
      method,
      protocol: origin.protocol,
      hostname: origin.hostname,
      ...(origin.port !== '' && { port: Number(origin.port) }),
      path,
      ...(query !== undefined && { query }),
      headers: { host: origin.host, ...headers },
      ...(body !== undefined && { body }),
    });
    return new HttpRequest(await signer.sign(request));
  };

  const ask = async (request: HttpRequest, signal: AbortSignal | undefined): Promise<Answer> => {
    const { response } = await requestHandler.handle(request, signal === undefined ? {} : { abortSignal: signal });
    return { status: response.statusCode, headers: response.headers, body: await text(response.body) };
  };

  return {
    surroundings: async () => ({
      region: await region(),
      endpoint: await endpoint(),
      fips: (await fips()) === true,
      dualstack: (await dualstack()) === true,
    }),

    send: async (unsigned, signal) => {
      for (let attempt = 1; ; attempt += 1) {
        await pace();
        // After the wait and for each attempt, since a signature carries the time.
        const request = await signed(unsigned);
        const result = await ask(request, signal).then(
          (answer) => ({ answer }),
          (error: unknown) => ({ answer: undefined, error }),
        );
        const waitMs = attempt < maxAttempts ? backoffMs(result.answer, attempt) : undefined;
        if (waitMs !== undefined) {
          await sleep(waitMs, undefined, { ...(signal && { signal }) });
        } else if (result.answer === undefined) {
          throw result.error;
        } else {
          return result.answer;
        }
      }
    },
  };
};
