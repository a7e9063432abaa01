/** The client, the call rates and the clusters that all callers of EMR share. */
import {
  type ClusterStatus,
  type ClusterTimeline,
  DescribeClusterCommand,
  type Cluster as DescribedCluster,
  EMRClient,
  EMRServiceException,
  InvalidRequestException,
  ListClustersCommand,
} from '@aws-sdk/client-emr';
import { type CallBudget, CallsExhausted } from '../clusters/call-budget.ts';
import { type Cluster, type ClusterState, ENDED_STATES } from '../clusters/cluster.ts';
import type { EmrOperation } from '../clusters/directory.ts';
import { allPages, type Page } from './all-pages.ts';
import { clientSettings } from './client-settings.ts';

/** By these names EMR says that it is asked too much; the SDK's model has none of them. */
const THROTTLES = ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'];

const TOO_MANY_REQUESTS = 429;

const isThrottle = (error: unknown): boolean =>
  error instanceof EMRServiceException &&
  (THROTTLES.includes(error.name) || error.$metadata.httpStatusCode === TOO_MANY_REQUESTS);

/**
 * Takes a field that EMR always sends.
 *
 * @throws Error that names it
 */
export const required = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined) {
    throw new Error(`EMR answered without ${what}`);
  }
  return value;
};

/** Reads from when to when something lived. */
export const lifetimeOf = (timeline: ClusterTimeline | undefined, what: string, hasEnded: boolean) => {
  const createdAt = required(timeline?.CreationDateTime, `the creation time of ${what}`);
  // A cluster that failed before it began may have no end.
  const endedAt = timeline?.EndDateTime ?? (hasEnded ? createdAt : undefined);
  return endedAt === undefined ? { createdAt } : { createdAt, endedAt };
};

type Summary = {
  readonly Id?: string | undefined;
  readonly Name?: string | undefined;
  readonly Status?: ClusterStatus | undefined;
};

/** Reads one cluster. */
export const clusterOf = ({ Id, Name, Status }: Summary): Cluster => {
  const id = required(Id, 'the id of a cluster');
  const hasEnded = ENDED_STATES.some((state) => state === Status?.State);
  return { id, name: Name ?? '', ...lifetimeOf(Status?.Timeline, `cluster ${id}`, hasEnded) };
};

/** Tells whether EMR sent a text; it sends empty ones too. */
export const isText = (value: string | undefined): value is string => value !== undefined && value !== '';

type Tag = { readonly Key?: string | undefined; readonly Value?: string | undefined };

/** Reads tags, of which one may have no value. */
export const tagsOf = (tags: readonly Tag[]): Record<string, string> =>
  Object.fromEntries(tags.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])));

type ClusterQuery = { readonly states: readonly ClusterState[]; readonly createdAfter?: Date };

/**
 * Opens EMR.
 *
 * @param budget - is asked before every request, the further pages of a list included, and closed
 * when EMR throttles
 * @returns its client, and calls that reject with {@link CallsExhausted} when no more may be asked
 */
export const createEmrCalls = (budget: Pick<CallBudget, 'admit' | 'close'>) => {
  const client = new EMRClient(clientSettings());

  const ask = async <Answer>(
    operation: EmrOperation,
    signal: AbortSignal,
    send: () => Promise<Answer>,
  ): Promise<Answer> => {
    await budget.admit(operation, signal);
    try {
      return await send();
    } catch (error) {
      if (isThrottle(error)) {
        budget.close();
        throw new CallsExhausted(`EMR throttles ${operation}`, { cause: error });
      }
      throw error;
    }
  };

  const listAll = <Item>(
    operation: EmrOperation,
    signal: AbortSignal,
    page: (marker: { Marker?: string }) => Promise<Page<Item>>,
  ): Promise<Item[]> =>
    allPages((marker) => ask(operation, signal, () => page(marker === undefined ? {} : { Marker: marker })));

  return {
    client,
    listAll,

    /** Lists all clusters in these states, of any age where `createdAfter` is left out. */
    listClusters: ({ states, createdAfter }: ClusterQuery, signal: AbortSignal): Promise<Cluster[]> =>
      listAll('ListClusters', signal, async (marker) => {
        const { Clusters = [], Marker } = await client.send(
          new ListClustersCommand({
            ClusterStates: [...states],
            ...(createdAfter === undefined ? {} : { CreatedAfter: createdAfter }),
            ...marker,
          }),
          { abortSignal: signal },
        );
        return { items: Clusters.map(clusterOf), nextToken: Marker };
      }),

    /** Looks one cluster up; `undefined` when EMR knows it no more. */
    describeCluster: async (id: string, signal: AbortSignal): Promise<DescribedCluster | undefined> => {
      try {
        const { Cluster: found } = await ask('DescribeCluster', signal, () =>
          client.send(new DescribeClusterCommand({ ClusterId: id }), { abortSignal: signal }),
        );
        return required(found, `cluster ${id}`);
      } catch (error) {
        if (error instanceof InvalidRequestException) {
          return undefined;
        }
        throw error;
      }
    },
  };
};
