/** What a test saw of metrics, and whether the catalogue has them. */
import { gunzipSync } from 'node:zlib';
import type { PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { type Definition, EMR_AGGREGATES, METRICS } from '../../shared/telemetry/catalogue.ts';

export type EmittedMetric = {
  readonly namespace: string;
  readonly name: string;
  readonly putAs: 'gauge' | 'counter';
  readonly unit: string | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: unknown;
};

type EmbeddedMetrics = {
  readonly _aws: {
    readonly CloudWatchMetrics: {
      readonly Namespace: string;
      readonly Dimensions: string[][];
      readonly Metrics: { readonly Name: string; readonly Unit?: string }[];
    }[];
  };
} & Readonly<Record<string, unknown>>;

const parse = (line: string): Partial<EmbeddedMetrics> => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/**
 * Reads the metrics from what a function wrote: one for each metric and dimension set of each line in the embedded metric format.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const emittedMetrics = (stdoutLines: readonly string[]): EmittedMetric[] =>
  stdoutLines.map(parse).flatMap((line) =>
    (line._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name, Unit }) =>
        Dimensions.map((names) => ({
          namespace: Namespace,
          name: Name,
          putAs: 'counter' as const,
          unit: Unit,
          dimensions: Object.fromEntries(names.map((name) => [name, String(line[name])])),
          value: line[Name],
        })),
      ),
    ),
  );

/** What a request says that puts metrics into CloudWatch, in `x-amz-target`. */
export const PUT_METRIC_DATA = 'GraniteServiceVersion20100801.PutMetricData';

/** Reads the body of such a request, as it is sent: times are seconds since 1970. */
export const readPut = (body: unknown, encoding: unknown): PutMetricDataCommandInput => {
  const bytes = Buffer.from(body as string | Uint8Array);
  return JSON.parse((encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString());
};

/** Reads the metrics from a request to CloudWatch. */
export const putMetrics = ({ Namespace, MetricData }: PutMetricDataCommandInput): EmittedMetric[] =>
  (MetricData ?? []).map(({ MetricName, Dimensions, Unit, Value }) => ({
    namespace: Namespace ?? '',
    name: MetricName ?? '',
    putAs: 'gauge' as const,
    unit: Unit,
    dimensions: Object.fromEntries((Dimensions ?? []).map(({ Name, Value: value }) => [Name ?? '', value ?? ''])),
    value: Value,
  }));

const definitionOf = (metric: EmittedMetric): Definition | undefined => {
  const definitions: Readonly<Record<string, Definition>> = METRICS;
  if (Object.hasOwn(definitions, metric.name)) {
    return definitions[metric.name];
  }
  const { name, namespace, putAs, dimensions } = EMR_AGGREGATES;
  // A source's unit is its own.
  const unit = (metric.unit ?? 'None') as Definition['unit'];
  return name.test(metric.name) ? { namespace, putAs, dimensions, unit } : undefined;
};

const sorted = (names: readonly string[]): string => [...names].sort().join(', ');

/** Tells what the catalogue does not have of a metric; nothing where all is in it. */
export const problemsOf = (metric: EmittedMetric): string[] => {
  const { namespace, name, putAs, unit, dimensions } = metric;
  const definition = definitionOf(metric);
  if (definition === undefined) {
    return [`${name} is not in the catalogue`];
  }
  const names = sorted(Object.keys(dimensions));
  return [
    namespace === definition.namespace ? [] : `${name} is in ${namespace}, not in ${definition.namespace}`,
    putAs === definition.putAs ? [] : `${name} is put as a ${putAs}, not as a ${definition.putAs}`,
    unit === definition.unit ? [] : `${name} has the unit ${unit}, not ${definition.unit}`,
    definition.dimensions.some((set) => sorted(set) === names) ? [] : `${name} has the dimensions [${names}]`,
    Object.values(dimensions).every((value) => /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/.test(value))
      ? []
      : `${name} has a dimension that CloudWatch refuses: ${JSON.stringify(dimensions)}`,
    (Array.isArray(metric.value) ? metric.value : [metric.value]).every(Number.isFinite)
      ? []
      : `${name} has the value ${metric.value}`,
  ].flat();
};

/** Fails when a metric, or one of its dimension sets, is not in the catalogue. */
export const expectCatalogued = (metrics: readonly EmittedMetric[]): void => {
  const problems = metrics.flatMap(problemsOf);
  if (problems.length > 0) {
    throw new Error(`Metrics that the catalogue does not have:\n${problems.join('\n')}`);
  }
};
