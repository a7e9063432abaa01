/** Alarms that can ring: each names a metric that somebody puts, says what to do, and tells the topic. Dashboards show what somebody puts. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageService } from '../../bundle/packaging.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import { type Definition, EMR_AGGREGATES, METRICS } from '../../shared/telemetry/catalogue.ts';
import { writeGrafanaDashboard } from '../../template/dashboards/write-grafana.ts';
import { type PackagedTemplate, packagedService, readTemplate } from './packaged.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** The example with a load balancer, and a feed with a time: with the shipped configuration, every kind of alarm that there is. */
const EVERYTHING = `
  import example from '${ROOT}/docs/examples/emr-uis.config.ts';

  export default {
    ...example,
    feeds: [
      {
        name: 'awaited',
        slots: { file: { files: 's3://awaited-landing/{date:yyyyMMdd}.csv' } },
        due: '09:00',
        job: { batch: { queue: 'awaited-queue', definition: 'awaited-definition' } },
      },
    ],
  };
`;

/** Metrics that AWS puts by itself, and which statistics of them mean something. */
const OF_AWS: Readonly<Record<string, { readonly dimensions: readonly string[]; readonly statistics: string[] }>> = {
  'AWS/Lambda Duration': { dimensions: ['FunctionName'], statistics: ['p99', 'Maximum'] },
  'AWS/Lambda Errors': { dimensions: ['FunctionName'], statistics: ['Sum'] },
  'AWS/Lambda Invocations': { dimensions: ['FunctionName'], statistics: ['Sum'] },
  'AWS/Lambda Throttles': { dimensions: ['FunctionName'], statistics: ['Sum'] },
  'AWS/SQS ApproximateAgeOfOldestMessage': { dimensions: ['QueueName'], statistics: ['Maximum'] },
  'AWS/SQS ApproximateNumberOfMessagesVisible': { dimensions: ['QueueName'], statistics: ['Maximum'] },
};

/** What is asked of CloudWatch, by an alarm or by a line of a dashboard. */
type Asked = {
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: string;
  readonly dimensions: Readonly<Record<string, string>>;
};

type Packaged = { readonly name: string; readonly template: PackagedTemplate; readonly directory: string };

let folder: string;
let packages: readonly Packaged[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breakaway-alarms-'));
  const configurationFile = join(folder, 'everything.config.ts');
  await writeFile(configurationFile, EVERYTHING);
  const chosen = await packagedService();
  const everything = await packageService({
    stage: 'prod',
    directory: join(folder, 'packaged'),
    configurationFile,
    params: { account: '210987654321' },
  });
  packages = await Promise.all(
    [chosen, everything].map(async (service, index) => ({
      name: index === 0 ? 'chosen' : 'with everything',
      template: await readTemplate(service),
      directory: service.directory,
    })),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const propertiesOf = ({ Resources }: PackagedTemplate, type: string) =>
  Object.values(Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);

const alarmsOf = (template: PackagedTemplate) => propertiesOf(template, 'AWS::CloudWatch::Alarm');

const everyAlarm = () => packages.flatMap(({ template }) => alarmsOf(template));

const refersTo = (reference: { readonly 'Fn::GetAtt'?: readonly [string, string] } | undefined): string | undefined =>
  reference?.['Fn::GetAtt']?.[0];

const sorted = (names: readonly string[]): string => [...names].sort().join(', ');

const definitionOf = ({ namespace, metric }: Asked): Pick<Definition, 'putAs' | 'dimensions'> | undefined => {
  const definitions: Readonly<Record<string, Definition>> = METRICS;
  const known = Object.hasOwn(definitions, metric) ? definitions[metric] : undefined;
  if (known?.namespace === namespace) return known;
  return namespace === EMR_AGGREGATES.namespace && EMR_AGGREGATES.name.test(metric) ? EMR_AGGREGATES : undefined;
};

/** Says why what is asked for could never have a value; nothing where it can. */
const problemOf = (asked: Asked): string | undefined => {
  const { namespace, metric, statistic } = asked;
  const names = sorted(Object.keys(asked.dimensions));
  const ofAws = OF_AWS[`${namespace} ${metric}`];
  const definition = definitionOf(asked);
  const sets = ofAws === undefined ? definition?.dimensions : [ofAws.dimensions];
  const statistics = ofAws?.statistics ?? (definition?.putAs === 'gauge' ? ['Average'] : ['Sum']);
  if (sets === undefined) return `nobody puts ${namespace} ${metric}`;
  if (!sets.some((set) => sorted(set) === names)) return `${metric} is not put with [${names}]`;
  return statistics.includes(statistic) ? undefined : `${metric} is not put to be read as ${statistic}`;
};

const problemsOf = (asked: readonly Asked[]): string[] => asked.flatMap((one) => problemOf(one) ?? []);

/** Names what dimensions of AWS's own metrics may say: the functions and queues of the stack. */
const madeIn = (template: PackagedTemplate): Set<string> =>
  new Set([
    ...propertiesOf(template, 'AWS::Lambda::Function').map(({ FunctionName }) => FunctionName),
    ...propertiesOf(template, 'AWS::SQS::Queue').map(({ QueueName }) => QueueName),
  ]);

const strangersIn = (template: PackagedTemplate, asked: readonly Asked[]): string[] =>
  asked
    .filter(({ namespace }) => namespace.startsWith('AWS/'))
    .flatMap(({ dimensions }) => Object.values(dimensions))
    .filter((value) => !madeIn(template).has(value));

const askedBy = (alarm: {
  Namespace: string;
  MetricName: string;
  Statistic: string;
  Dimensions?: { Name: string; Value: string }[];
}): Asked => ({
  namespace: alarm.Namespace,
  metric: alarm.MetricName,
  statistic: alarm.Statistic,
  dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
});

describe('every alarm', () => {
  it('asks for a metric that is put, with exactly its dimensions, and for the statistic that it is put for', () => {
    for (const { name, template } of packages) {
      const asked = alarmsOf(template).map(askedBy);

      expect(asked.length).toBeGreaterThan(15);
      expect([name, problemsOf(asked), strangersIn(template, asked)]).toEqual([name, [], []]);
    }
  });

  it('says what has happened and what to do first, within the limit of characters', () => {
    for (const { AlarmName, AlarmDescription } of everyAlarm()) {
      expect([AlarmName, AlarmDescription]).toEqual([
        AlarmName,
        expect.stringMatching(/^.{20,}[.] First: .{20,}[.?]$/s),
      ]);
      expect(AlarmDescription.length).toBeLessThanOrEqual(1_024);
      expect(AlarmName.length).toBeLessThanOrEqual(255);
    }
  });

  it('tells the topic, when it rings and when all is well again, and is let to', () => {
    for (const { template } of packages) {
      const [{ PolicyDocument }] = propertiesOf(template, 'AWS::SNS::TopicPolicy');
      const [{ Condition }] = PolicyDocument.Statement.filter(
        ({ Principal }: { Principal: { Service?: string } }) => Principal.Service === 'cloudwatch.amazonaws.com',
      );
      const [, prefix] = /alarm:(.*)\*$/.exec(Condition.ArnLike['aws:SourceArn']['Fn::Sub']) ?? [];

      expect(prefix).toMatch(/^breakaway-\w+-$/);
      for (const { AlarmName, AlarmActions, OKActions, ActionsEnabled } of alarmsOf(template)) {
        expect({ AlarmActions, OKActions }).toEqual({
          AlarmActions: [{ Ref: 'AlertTopic' }],
          OKActions: [{ Ref: 'AlertTopic' }],
        });
        expect(ActionsEnabled).not.toBe(false);
        expect(AlarmName.startsWith(prefix)).toBe(true);
      }
    }
  });

  it('has a name of its own, and looks at no more than a day, which is the most that CloudWatch takes', () => {
    for (const { template } of packages) {
      const names = alarmsOf(template).map(({ AlarmName }) => AlarmName);
      const spans = alarmsOf(template).map(({ Period, EvaluationPeriods }) => Period * EvaluationPeriods);

      expect(new Set(names).size).toBe(names.length);
      expect(Math.max(...spans)).toBeLessThanOrEqual(86_400);
    }
  });
});

/** Reads the names of alarms from the table of the README: `breakaway-<stage>-<queue>-not-taken` stands for every queue. */
const patternsIn = (readme: string): { readonly pattern: string; readonly cells: string[] }[] =>
  readme
    .split('\n')
    .filter((line) => line.startsWith('| alarm `'))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')))
    .flatMap(([names = '', ...cells]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => ({ pattern, cells })),
    );

const meant = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace('<stage>', '(?:local|prod)').replaceAll(/<[^>]+>/g, '.+')}$`);

describe('the table of alarms in the README', () => {
  it('has every alarm, and none that there is not', async () => {
    const patterns = patternsIn(await readFile(join(ROOT, 'README.md'), 'utf8')).map(({ pattern }) => pattern);
    const names = everyAlarm().map(({ AlarmName }) => AlarmName);

    expect(names.filter((name) => !patterns.some((pattern) => meant(pattern).test(name)))).toEqual([]);
    expect(patterns.filter((pattern) => !names.some((name) => meant(pattern).test(name)))).toEqual([]);
  });

  it('says what each alarm means and what to do first', async () => {
    for (const { pattern, cells } of patternsIn(await readFile(join(ROOT, 'README.md'), 'utf8'))) {
      expect([pattern, ...cells]).toEqual([pattern, expect.stringMatching(/.{10,}/), expect.stringMatching(/.{10,}/)]);
    }
  });
});

describe('every function', () => {
  const functions = () =>
    packages.flatMap(({ template }) =>
      Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
        .map(([id, { Properties }]) => ({ template, id, name: String(Properties.FunctionName) })),
    );

  const alarmOn = (template: PackagedTemplate, metric: string, dimension: string) =>
    alarmsOf(template).find(
      ({ MetricName, Dimensions }) => MetricName === metric && Dimensions?.[0].Value === dimension,
    );

  const queuesOf = (template: PackagedTemplate, id: string) =>
    propertiesOf(template, 'AWS::Lambda::EventSourceMapping')
      .filter(({ FunctionName }) => refersTo(FunctionName) === id || FunctionName.Ref === id)
      .map(({ EventSourceArn }) => template.Resources[refersTo(EventSourceArn) ?? '']?.Properties);

  const isScheduled = (template: PackagedTemplate, id: string): boolean =>
    propertiesOf(template, 'AWS::Events::Rule').some(
      ({ ScheduleExpression, Targets }) => ScheduleExpression !== undefined && refersTo(Targets[0].Arn) === id,
    );

  it('starts at the first error', () => {
    expect(functions().length).toBeGreaterThanOrEqual(2 * 7);
    for (const { template, name } of functions()) {
      expect([name, alarmOn(template, 'Errors', name)]).toEqual([
        name,
        expect.objectContaining({
          Namespace: 'AWS/Lambda',
          Statistic: 'Sum',
          Threshold: 0,
          ComparisonOperator: 'GreaterThanThreshold',
        }),
      ]);
    }
  });

  it('rings when it does not run any more: by the clock when no invocation is seen, by messages when one waits too long', () => {
    for (const { template, id, name } of functions()) {
      const queues = queuesOf(template, id);
      const silence = alarmOn(template, 'Invocations', name);

      expect([name, isScheduled(template, id) || queues.length > 0]).toEqual([name, true]);
      if (isScheduled(template, id)) {
        expect([name, silence]).toEqual([
          name,
          expect.objectContaining({
            Threshold: 1,
            ComparisonOperator: 'LessThanThreshold',
            // A function that never runs has no metric.
            TreatMissingData: 'breaching',
          }),
        ]);
      }
      for (const { QueueName, VisibilityTimeout, DelaySeconds = 0, RedrivePolicy } of queues) {
        const triesSeconds = DelaySeconds + VisibilityTimeout * RedrivePolicy.maxReceiveCount;
        const { Threshold } = alarmOn(template, 'ApproximateAgeOfOldestMessage', QueueName);

        // Longer than all tries of a message that fails, and long before it is lost.
        expect(Threshold).toBeGreaterThan(triesSeconds);
        expect(Threshold).toBeLessThan(86_400);
      }
    }
  });

  it('has a failure queue behind each queue that it takes from, whose first message rings', () => {
    for (const { template, id } of functions()) {
      for (const { QueueName, RedrivePolicy } of queuesOf(template, id)) {
        const failures = template.Resources[refersTo(RedrivePolicy?.deadLetterTargetArn) ?? '']?.Properties;

        expect(failures?.QueueName).toBe(`${QueueName}-failed`);
        expect(alarmOn(template, 'ApproximateNumberOfMessagesVisible', failures.QueueName)).toMatchObject({
          Threshold: 0,
          ComparisonOperator: 'GreaterThanThreshold',
        });
      }
    }
  });

  it('gets its events by rules that keep what they cannot hand over, in a queue that rings', () => {
    for (const { template } of packages) {
      const targets = propertiesOf(template, 'AWS::Events::Rule')
        .flatMap(({ Targets }) => Targets)
        .filter(({ Arn }) => template.Resources[refersTo(Arn) ?? '']?.Type === 'AWS::SQS::Queue');

      expect(targets.length).toBeGreaterThan(3);
      for (const { DeadLetterConfig } of targets) {
        const kept = template.Resources[refersTo(DeadLetterConfig?.Arn) ?? '']?.Properties;
        expect(alarmOn(template, 'ApproximateNumberOfMessagesVisible', kept?.QueueName)).toBeDefined();
      }
    }
  });
});

/** Reads a search expression of CloudWatch: its namespace, and the dimensions of which it shows every value. */
const askedBySearch = (expression: string): Asked => {
  const [, schema = '', metric = '', fixed = '', statistic = ''] =
    /^SEARCH\('\{([^}]*)\} MetricName="([^"]*)"([^']*)', '([^']*)', \d+\)$/.exec(expression) ?? [];
  const [namespace = '', ...names] = [...schema.matchAll(/"([^"]*)"/g)].map(([, name = '']) => name);
  const values = Object.fromEntries(
    [...fixed.matchAll(/"([^"]*)"="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  return {
    namespace,
    metric,
    statistic,
    dimensions: Object.fromEntries(names.map((name) => [name, values[name] ?? '*'])),
  };
};

type Line = readonly (string | { readonly expression?: string; readonly stat?: string })[];

const askedByLine = (line: Line): Asked => {
  const [first] = line;
  if (typeof first === 'object') return askedBySearch(first.expression ?? '');
  const [namespace = '', metric = '', ...dimensions] = line.filter((part) => typeof part === 'string');
  const options = line.findLast((part) => typeof part === 'object');
  return {
    namespace,
    metric,
    statistic: options?.stat ?? 'Average',
    dimensions: Object.fromEntries(
      Array.from({ length: dimensions.length / 2 }, (_, at) => [dimensions[2 * at], dimensions[2 * at + 1]]),
    ),
  };
};

describe('the packaged dashboard', () => {
  const widgetsOf = (template: PackagedTemplate) => {
    const [{ DashboardBody }] = propertiesOf(template, 'AWS::CloudWatch::Dashboard');
    return JSON.parse(DashboardBody['Fn::Sub']).widgets as {
      readonly type: string;
      readonly properties: { readonly metrics: Line[]; readonly alarms: string[]; readonly title: string };
    }[];
  };

  it('shows only published metrics in every widget, with exactly their dimensions and their statistic', () => {
    for (const { name, template } of packages) {
      const asked = widgetsOf(template)
        .filter(({ type }) => type === 'metric')
        .flatMap(({ properties }) => properties.metrics.map(askedByLine));

      expect(asked.length).toBeGreaterThan(40);
      expect([name, problemsOf(asked), strangersIn(template, asked)]).toEqual([name, [], []]);
    }
  });

  it('shows the state of every alarm of the stack', () => {
    for (const { template } of packages) {
      const shown = widgetsOf(template)
        .filter(({ type }) => type === 'alarm')
        .flatMap(({ properties }) => properties.alarms.map((arn) => arn.replace(/^.*:alarm:/, '')));

      expect(shown.toSorted()).toEqual(
        alarmsOf(template)
          .map(({ AlarmName }) => AlarmName)
          .toSorted(),
      );
    }
  });

  it('is written for Grafana, too, with the same panels', async () => {
    for (const { name, directory, template } of packages) {
      const { configuration } = await loadConfiguration(
        name === 'chosen' ? process.env['BREAKAWAY_CONFIG'] : join(folder, 'everything.config.ts'),
      );

      const { panels } = JSON.parse(await readFile(await writeGrafanaDashboard(directory, configuration), 'utf8'));

      const asked: Asked[] = panels
        .flatMap(({ targets = [] }: { targets?: object[] }) => targets)
        .map(
          (target: {
            namespace: string;
            metricName: string;
            statistic: string;
            dimensions: Record<string, [string]>;
          }) => ({
            ...target,
            metric: target.metricName,
            dimensions: Object.fromEntries(Object.entries(target.dimensions).map(([key, [value]]) => [key, value])),
          }),
        );
      const widgets = widgetsOf(template).flatMap(({ properties }) => properties.metrics ?? []);
      expect(asked).toHaveLength(widgets.length);
      expect([name, problemsOf(asked)]).toEqual([name, []]);
    }
  });
});
