/**
 * Puts gauges into CloudWatch: values with the instant that they describe, which a line of the log
 * cannot have.
 */
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { processItems } from '../process-items.ts';
import { EMR_AGGREGATES, type Gauge, METRICS, type Unit } from '../telemetry/catalogue.ts';
import { clientSettings } from './client-settings.ts';

export type MetricData = {
  /**
   * Puts gauges. To put the same gauge of the same instant again is harmless: a gauge is read with
   * the statistic Average.
   *
   * @throws RangeError that names the gauge, when a value is not a finite number; nothing is put
   * then
   * @throws Error that says how many calls of all failed; the other calls are made
   */
  publish(gauges: readonly Gauge[], signal: AbortSignal): Promise<void>;
};

type Datum = { readonly namespace: string; readonly datum: MetricDatum };

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_DATA = 1000;

/** CloudWatch takes a megabyte in all; the rest is for what surrounds the data. */
const MAX_BYTES = 900_000;

/** CloudWatch takes 1,024 characters, and refuses the whole request because of one longer value. */
const MAX_DIMENSION_LENGTH = 250;

const CONCURRENCY = 4;

/**
 * Makes a dimension value of a name (of a cluster, a queue): printable ASCII, not blank, not too
 * long.
 */
const dimensionValue = (name: string): string => {
  const printable = [...name]
    .map((char) => (/^[\x20-\x7e]$/.test(char) ? char : `\\u{${char.codePointAt(0)?.toString(16)}}`))
    .join('')
    .trim();
  return printable === '' ? '-' : printable.slice(0, MAX_DIMENSION_LENGTH);
};

const definitionOf = (gauge: Gauge): { readonly namespace: string; readonly unit: Unit } =>
  'unit' in gauge ? { namespace: EMR_AGGREGATES.namespace, unit: gauge.unit } : METRICS[gauge.metric];

const datumOf = (gauge: Gauge): Datum => {
  const { namespace, unit } = definitionOf(gauge);
  if (!Number.isFinite(gauge.value)) {
    throw new RangeError(`Gauge ${gauge.metric} ${JSON.stringify(gauge.dimensions)} has the value ${gauge.value}`);
  }
  return {
    namespace,
    datum: {
      MetricName: gauge.metric,
      Dimensions: Object.entries(gauge.dimensions).map(([Name, value]) => ({ Name, Value: dimensionValue(value) })),
      Timestamp: gauge.at,
      Unit: unit,
      Value: gauge.value,
    },
  };
};

/** Divides data into as few calls as one may make, in their order. */
const callsOf = (data: readonly Datum[]): { readonly namespace: string; readonly data: MetricDatum[] }[] =>
  [...Map.groupBy(data, ({ namespace }) => namespace)].flatMap(([namespace, ofOne]) => {
    const calls: { readonly namespace: string; readonly data: MetricDatum[] }[] = [];
    let [room, bytesLeft] = [0, 0];
    for (const { datum } of ofOne) {
      const bytes = JSON.stringify(datum).length;
      if (room === 0 || bytes > bytesLeft) {
        calls.push({ namespace, data: [] });
        [room, bytesLeft] = [MAX_DATA, MAX_BYTES];
      }
      calls.at(-1)?.data.push(datum);
      [room, bytesLeft] = [room - 1, bytesLeft - bytes];
    }
    return calls;
  });

/** Opens CloudWatch for gauges. */
export const createMetricData = (): MetricData => {
  const client = new CloudWatchClient(clientSettings());

  return {
    publish: async (gauges, abortSignal) => {
      const calls = callsOf(gauges.map(datumOf));
      const { failed } = await processItems(
        calls,
        ({ namespace, data }) =>
          client.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: data }), { abortSignal }),
        { concurrency: CONCURRENCY },
      );
      if (failed.length > 0) {
        throw new Error(`${failed.length} of ${calls.length} calls of PutMetricData failed`, {
          cause: failed[0]?.error,
        });
      }
    },
  };
};
