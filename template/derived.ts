/**
 * The parts of the template that are derived from the configuration and serverless.yml, which names
 * each function here.
 */

import type { Configuration } from '../configuration/configuration.ts';
import { ConfigurationError, loadConfiguration } from '../configuration/load.ts';
import { describeCost } from '../shared/clusters/monthly-cost.ts';
import { arrivalPatterns } from '../shared/feeds/event-patterns.ts';
import { alarms as alarmsOf } from './alarms.ts';
import type { Resources } from './cloudformation.ts';
import { cloudWatchDashboard } from './dashboards/cloudwatch.ts';
import { sectionsOf } from './dashboards/panels.ts';
import { emrAlarms as emrAlarmsOf } from './emr-alarms.ts';
import { eventQueues } from './event-queues.ts';
import { arrivalRules as arrivalRulesOf, eventRules, ruleWarnings } from './event-rules.ts';
import { feedAlarms } from './feed-alarms.ts';
import { CASCADES, FAILURES, ownJobs } from './job-patterns.ts';
import { loadBalancer as loadBalancerOf } from './load-balancer.ts';
import { queueAlarms } from './queue-alarms.ts';
import { roles as rolesOf } from './roles.ts';
import { type Cli, readService, type Service } from './service.ts';
import { uiAlarms } from './ui-alarms.ts';

type Section = { readonly Resources: Resources; readonly Outputs?: object };

let loading: Promise<Configuration> | undefined;

const load = async (): Promise<Configuration> => {
  const { configuration, warnings } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  for (const warning of [...warnings, ...ruleWarnings(arrivalPatterns(configuration.feeds))]) {
    console.warn(`Warning: ${warning}`);
  }
  if (configuration.emr !== undefined) {
    console.warn(`The metrics of EMR clusters cost ${describeCost(configuration.emr)}`);
  }
  return configuration;
};

const reported = new Set<string>();

/**
 * Removes the stack trace of a mistake in the configuration. The CLI shows the stack of each part
 * of the template that rejects.
 */
const shown = (error: unknown): unknown => {
  if (!(error instanceof ConfigurationError)) {
    return error;
  }
  const isNew = !reported.has(error.message);
  reported.add(error.message);
  const message = isNew ? error.message : 'as above';
  return Object.assign(new Error(message, { cause: error }), { stack: message });
};

const showing = async <Value>(reading: Promise<Value>): Promise<Value> => {
  try {
    return await reading;
  } catch (error) {
    throw shown(error);
  }
};

/** Loads the configuration once, so that it warns once. */
const configurationOnce = (): Promise<Configuration> => {
  loading ??= load();
  return showing(loading);
};

const serviceOf = (cli: Cli): Promise<Service> => showing(readService(cli));

/** Escapes text of a key that the CLI would replace as a variable. */
const withoutVariables = (text: string): string => text.replaceAll(/(\\*)\$\{/g, '$1$1\\${');

const withPlainTexts = <Pattern extends object>(pattern: Pattern): Pattern =>
  JSON.parse(JSON.stringify(pattern), (_, value: unknown) =>
    typeof value === 'string' ? withoutVariables(value) : value,
  );

/** Derives the queues of `custom.queues` with their failure queues. */
export const queues = async (cli: Cli): Promise<Section> => ({ Resources: eventQueues(await serviceOf(cli)) });

/**
 * Derives the rules that select, among all objects of the landing buckets, the objects that a feed
 * may wait for.
 */
export const arrivalRules = async (cli: Cli): Promise<Section> => {
  const { prefix } = await serviceOf(cli);
  const { feeds } = await configurationOnce();
  return { Resources: arrivalRulesOf(prefix, 'arrivals', arrivalPatterns(feeds).map(withPlainTexts)) };
};

/**
 * Derives the rules that select, among the events of AWS Batch, the events of our jobs and the
 * events for notifications.
 */
export const jobRules = async (cli: Cli): Promise<Section> => {
  const { prefix, stage } = await serviceOf(cli);
  return {
    Resources: {
      ...eventRules(prefix, 'job-changes', [ownJobs(stage)]),
      ...eventRules(prefix, 'job-failures', FAILURES),
      ...eventRules(prefix, 'job-cascades', [CASCADES]),
    },
  };
};

/** Derives one role for each function. */
export const roles = async (cli: Cli): Promise<Section> => ({
  Resources: rolesOf(await serviceOf(cli), await configurationOnce()),
});

/** Derives the alarms on the EMR clusters that the configuration names. */
export const emrAlarms = async (cli: Cli): Promise<Section> => {
  const { prefix } = await serviceOf(cli);
  const { emr } = await configurationOnce();
  return { Resources: emr === undefined ? {} : emrAlarmsOf(prefix, emr) };
};

/**
 * Derives the load balancer of EMR's user interfaces, if the configuration has one, and the alarms
 * on its interfaces.
 */
export const emrUis = async (cli: Cli): Promise<Section> => {
  const { prefix, stage } = await serviceOf(cli);
  const { uis } = await configurationOnce();
  if (uis === undefined) {
    return { Resources: {} };
  }
  const { Resources, Outputs } = loadBalancerOf(stage, uis);
  return withPlainTexts({ Resources: { ...Resources, ...uiAlarms(prefix, uis) }, Outputs });
};

const alarmNames = (resources: Resources): string[] =>
  Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => String(Properties['AlarmName']));

/**
 * Derives the dashboard: the state of every alarm, and the metrics of feeds, queues, clusters and
 * functions.
 */
export const dashboard = async (cli: Cli): Promise<Section> => {
  const service = await serviceOf(cli);
  const configuration = await configurationOnce();
  const sections = await Promise.all([alarms(cli), emrAlarms(cli), emrUis(cli)]);
  return {
    Resources: cloudWatchDashboard(
      service.prefix,
      sectionsOf(service, configuration),
      sections.flatMap(({ Resources }) => alarmNames(Resources)),
    ),
  };
};

/** Derives the alarms on failure queues, functions, job queues and feeds. */
export const alarms = async (cli: Cli): Promise<Section> => {
  const service = await serviceOf(cli);
  const configuration = await configurationOnce();
  return {
    Resources: {
      ...alarmsOf(service),
      ...queueAlarms(service.prefix, configuration),
      ...feedAlarms(service.prefix, configuration.feeds),
    },
  };
};
