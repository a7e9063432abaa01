/** Calls to services that speak JSON, by signed requests. */
import type { ClientOverrides } from './client-settings.ts';
import {
  type Answer,
  createSignedRequests,
  errorTypeOf,
  hostOf,
  messageOf,
  reasonOf,
  type Service,
} from './signed-requests.ts';

/** Thrown when a service answers with an error; look at the type. */
export class ServiceError extends Error {
  override name = 'ServiceError' as const;
  /** As the service calls it: `ResourceNotFoundException`. */
  readonly type: string;
  readonly status: number;
  /** The service's own words, if there are any. */
  readonly said: string | undefined;

  constructor(operation: string, answer: Answer) {
    super(reasonOf(operation, answer));
    this.type = errorTypeOf(answer);
    this.status = answer.status;
    this.said = messageOf(answer);
  }
}

/** What one call needs. */
export type Call = {
  /** For errors. */
  readonly operation: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly input: unknown;
};

/**
 * Makes the function that calls one service.
 *
 * @returns a function that resolves to the answer's JSON
 * @throws ServiceError when the service answers with an error, after the attempts that make sense
 */
export const createJsonService = (service: Omit<Service, 'uriEscapePath'>, overrides: ClientOverrides = {}) => {
  const { surroundings, send } = createSignedRequests({ ...service, uriEscapePath: true }, overrides);

  return async ({ operation, path, headers, input }: Call, signal: AbortSignal): Promise<unknown> => {
    const { endpoint, ...where } = await surroundings();
    const origin = new URL(endpoint ?? `https://${hostOf(service.signingName, where)}`);
    const body = JSON.stringify(input);
    const answer = await send(
      {
        method: 'POST',
        origin,
        path: `${origin.pathname.replace(/\/$/, '')}${path}`,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        body,
      },
      signal,
    );
    if (answer.status !== 200) {
      throw new ServiceError(operation, answer);
    }
    // What an operation has no answer for may come as nothing at all.
    return answer.body === '' ? {} : JSON.parse(answer.body);
  };
};
