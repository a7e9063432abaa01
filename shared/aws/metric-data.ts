/**
 * Puts gauges, in CloudWatch: values with the instant that they describe, which a line in the log cannot have.
 *
 * By signed requests: the SDK's client is a twentieth of what a bundle may hold.
 */

import { SECOND_MS } from '../durations.ts';
import { processItems } from '../process-items.ts';
import { EMR_AGGREGATES, type Gauge, METRICS, type Unit } from '../telemetry/catalogue.ts';
import { createJsonService } from './json-service.ts';

export type MetricData = {
  /**
   * Puts gauges. The same gauge of the same instant may be put again: a gauge is read with the statistic Average.
   *
   * @throws RangeError that names the gauge, when a value is not a finite number; nothing is put then
   * @throws Error that says how many calls of all failed; the others are put all the same
   */
  publish(gauges: readonly Gauge[], signal: AbortSignal): Promise<void>;
};

type MetricDatum = {
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
  /** Seconds since 1970. */
  readonly Timestamp: number;
  readonly Unit: Unit;
  readonly Value: number;
};

type Datum = { readonly namespace: string; readonly datum: MetricDatum };

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const MAX_DATA = 1000;

/** A megabyte in all, and the request has a frame. */
const MAX_BYTES = 900_000;

/** CloudWatch takes 1,024, and refuses the whole request for one that is longer. */
const MAX_DIMENSION_LENGTH = 250;

const CONCURRENCY = 4;

const OPERATION = 'PutMetricData';

/** The date by which CloudWatch names its API; errors by the names that they have always had. */
const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': `GraniteServiceVersion20100801.${OPERATION}`,
  'x-amzn-query-mode': 'true',
};

/** Makes a name from elsewhere (a cluster's, a queue's) a dimension value: ASCII that can be printed, not blank, not too long. */
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
      Timestamp: gauge.at.getTime() / SECOND_MS,
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

/** Makes what puts gauges. */
export const createMetricData = (): MetricData => {
  const call = createJsonService({ endpointName: 'CLOUDWATCH', signingName: 'monitoring' });

  return {
    publish: async (gauges, signal) => {
      const calls = callsOf(gauges.map(datumOf));
      const { failed } = await processItems(
        calls,
        ({ namespace, data }) =>
          call(
            { operation: OPERATION, path: '/', headers: HEADERS, input: { Namespace: namespace, MetricData: data } },
            signal,
          ),
        { concurrency: CONCURRENCY },
      );
      if (failed.length > 0) {
        throw new Error(`${failed.length} of ${calls.length} calls of ${OPERATION} failed`, {
          cause: failed[0]?.error,
        });
      }
    },
  };
};
