/**
 * The progress of publishing the metrics of EMR clusters, in the ledger table.
 *
 * | item | pk | sk |
 * | --- | --- | --- |
 * | watermark of a logical cluster | `WATERMARK#aggregate-emr-metrics#<name>` | `WATERMARK` |
 * | roster of the clusters | `WATERMARK#aggregate-emr-metrics` | `ROSTER` |
 */
import type { Cluster } from '../clusters/cluster.ts';
import type { ClusterProgress } from '../clusters/progress.ts';
import { optionalFields } from '../fields.ts';
import { attributeNotExists, isLess, or } from './expressions.ts';
import { optionalTextIn } from './item-attributes.ts';
import { createTable } from './table.ts';

const ROSTER_PARTITION = 'WATERMARK#aggregate-emr-metrics';
const PREFIX = `${ROSTER_PARTITION}#`;

const ROSTER_KEY = { pk: ROSTER_PARTITION, sk: 'ROSTER' };

const watermarkKey = (name: string) => ({ pk: `${PREFIX}${name}`, sk: 'WATERMARK' });

const dateOf = (text: unknown, what: string): Date => {
  const date = new Date(typeof text === 'string' ? text : Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new Error(`The ledger has no usable ${what}: ${JSON.stringify(text)}`);
  }
  return date;
};

const clusterOf = (value: unknown): Cluster => {
  const { id, name, createdAt, endedAt } = optionalFields(value);
  if (typeof id !== 'string' || typeof name !== 'string') {
    throw new Error(`The ledger has no usable cluster in its roster: ${JSON.stringify(value)}`);
  }
  return {
    id,
    name,
    createdAt: dateOf(createdAt, `creation time of cluster ${id}`),
    ...(endedAt === undefined ? {} : { endedAt: dateOf(endedAt, `end of cluster ${id}`) }),
  };
};

/** Opens the part of the ledger that the metrics of EMR clusters need. */
export const createClusterProgress = ({ tableName }: { readonly tableName: string }): ClusterProgress => {
  const table = createTable({ tableName });

  return {
    readWatermarks: async (names, signal) => {
      const items = await table.getAll(names.map(watermarkKey), signal);
      return new Map(
        items.map((item) => {
          const name = optionalTextIn(item, 'pk')?.slice(PREFIX.length) ?? '';
          return [name, dateOf(item['until'], `watermark of ${name}`)];
        }),
      );
    },

    advance: async (name, to, signal) => {
      const until = to.toISOString();
      // If the condition does not hold, the watermark has this value already, or a later one.
      const condition = or(attributeNotExists('pk'), isLess('until', until));
      await table.update({ key: watermarkKey(name), change: { set: { until } }, condition }, signal);
    },

    readRoster: async (signal) => {
      const item = await table.get(ROSTER_KEY, signal);
      if (item === undefined) {
        return undefined;
      }
      const clusters: unknown = JSON.parse(optionalTextIn(item, 'clusters') ?? 'null');
      if (!Array.isArray(clusters)) {
        throw new Error('The ledger has no usable clusters in its roster');
      }
      return { listedAt: dateOf(item['listedAt'], 'listing time in its roster'), clusters: clusters.map(clusterOf) };
    },

    saveRoster: async ({ listedAt, clusters }, signal) => {
      const item = { ...ROSTER_KEY, listedAt: listedAt.toISOString(), clusters: JSON.stringify(clusters) };
      await table.put({ item }, signal);
    },
  };
};
