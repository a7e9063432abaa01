/** `breakaway alerts`: lists the open alerts, and mutes them. */
import { createHash } from 'node:crypto';
import { type Command, Option } from '@commander-js/extra-typings';
import { durationMs } from '../configuration/duration.ts';
import { type Alert, alertId, dueAt } from '../shared/alerts/alert.ts';
import { KINDS, type Severity } from '../shared/alerts/kinds.ts';
import { instantText } from '../shared/alerts/message.ts';
import { createMute } from '../shared/alerts/mute.ts';
import { createAlertTable } from '../shared/aws/alert-table.ts';
import { createOpenAlerts } from '../shared/aws/open-alerts.ts';
import { DAY_MS, MINUTE_MS } from '../shared/durations.ts';
import { localStartOf } from '../shared/feeds/business-dates.ts';
import { instantOf, localDateOf } from '../shared/feeds/zoned-time.ts';
import {
  EXIT,
  type OptionsOf,
  perform,
  readConfiguration,
  type StackOptions,
  selectStack,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';
import { paint, type Tone } from './terminal-style.ts';

type ListOptions = StackOptions & OptionsOf<typeof listCommand>;
type MuteOptions = StackOptions & OptionsOf<typeof muteCommand>;

/** After a month the alert is about another problem. */
const MAX_MUTE_MS = 31 * DAY_MS;

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'dim' };

const HANDLE_LENGTH = 8;

/** Gives an alert a short name that never changes. */
export const handleOf = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string =>
  createHash('sha256').update(alertId(kind, subject)).digest('hex').slice(0, HANDLE_LENGTH);

/** Reads the end of a mute: `2h`, `09:00` (the next one), an instant, or `now`. */
export const readUntil = (text: string, now: Date, timeZone: string): Date => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    const timeOfDayMs = (Number(hour) * 60 + Number(minute)) * MINUTE_MS;
    const today = localStartOf(localDateOf(now, timeZone, 'dd'));
    const at = instantOf(today + timeOfDayMs, timeZone);
    return at > now ? at : instantOf(today + DAY_MS + timeOfDayMs, timeZone);
  }
  const byMs = durationMs(text);
  const until = byMs === undefined ? new Date(text === 'now' ? now : text) : new Date(now.getTime() + byMs);
  const isInstant = byMs !== undefined || text === 'now' || /T.*(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isInstant || Number.isNaN(until.getTime())) {
    throw new UsageError(
      `${JSON.stringify(text)} is not a time: write 2h, 3d, 09:00, 2026-11-22T09:00:00Z, or now to end the mute`,
    );
  }
  if (until.getTime() - now.getTime() > MAX_MUTE_MS) {
    throw new UsageError('An alert can be muted for at most 31 days');
  }
  return until;
};

const activeMuteOf = ({ mutedUntil }: Alert, now: Date): Date | undefined =>
  mutedUntil !== undefined && mutedUntil > now ? mutedUntil : undefined;

const lastNotificationText = ({ lastNotifiedAt, notifiedOpening, openings }: Alert, timeZone: string): string => {
  if (lastNotifiedAt === undefined) {
    return 'no notification yet';
  }
  const last = `last notification ${instantText(lastNotifiedAt, timeZone)}`;
  return notifiedOpening < openings ? `${last}, before the alert was opened again` : last;
};

const alertLines = (alert: Alert, now: Date, timeZone: string): string[] => {
  const next = dueAt(alert);
  const muted = activeMuteOf(alert, now);
  return [
    `${handleOf(alert)}  ${paint(TONES[KINDS[alert.kind].severity], alert.kind)}  ${alert.title}`,
    `          since ${instantText(alert.openedAt, timeZone)}${alert.openings > 1 ? `, opened ${alert.openings} times so far` : ''}`,
    `          ${lastNotificationText(alert, timeZone)}`,
    ...(muted === undefined ? [] : [`          MUTED until ${instantText(muted, timeZone)}`]),
    ...(muted !== undefined || next === undefined ? [] : [`          next  ${instantText(next, timeZone)}`]),
  ];
};

const alertJson = (alert: Alert, now: Date) => {
  const { kind, subject, feed, queue, title, body, openedAt, openings, lastNotifiedAt } = alert;
  return {
    handle: handleOf(alert),
    kind,
    severity: KINDS[kind].severity,
    subject,
    feed: feed ?? null,
    queue: queue ?? null,
    title,
    body,
    openedAt,
    openings,
    lastNotifiedAt: lastNotifiedAt ?? null,
    nextAt: dueAt(alert) ?? null,
    mutedUntil: activeMuteOf(alert, now) ?? null,
  };
};

const startOf = (days: string, now: Date): Date => {
  const count = Number(days);
  if (!(count > 0 && count <= 3_650)) {
    throw new UsageError(`${JSON.stringify(days)} is not a number of days`);
  }
  return new Date(now.getTime() - count * DAY_MS);
};

const list = async (options: ListOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = selectStack(options);
  const { timeZone } = await readConfiguration();
  const now = new Date();
  const since = startOf(options.days, now);
  const open = await createOpenAlerts({ tableName })(since, signal);
  const alerts = open.filter(({ kind }) => options.kind === undefined || kind === options.kind);
  if (options.json) {
    console.log(JSON.stringify({ stage: options.stage, since, alerts: alerts.map((alert) => alertJson(alert, now)) }));
  } else if (alerts.length === 0) {
    console.log(`No alert is open that was opened in the last ${options.days} days.`);
  } else {
    console.log(alerts.map((alert) => alertLines(alert, now, timeZone).join('\n')).join('\n\n'));
  }
  return alerts.some(({ kind }) => KINDS[kind].severity !== 'info') ? EXIT.problem : EXIT.fine;
};

const mute = async (handle: string, options: MuteOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = selectStack(options);
  const { timeZone } = await readConfiguration();
  const now = new Date();
  const until = readUntil(options.until, now, timeZone);
  const open = await createOpenAlerts({ tableName })(new Date(0), signal);
  const [found, ...others] = open.filter((alert) => handleOf(alert).startsWith(handle));
  if (found === undefined || others.length > 0) {
    const which = found === undefined ? 'No open alert begins with' : `${others.length + 1} open alerts begin with`;
    throw new UsageError(`${which} ${JSON.stringify(handle)}: \`breakaway alerts\` lists them`);
  }
  const after = await createMute({ table: createAlertTable({ tableName }) })(
    alertId(found.kind, found.subject),
    until,
    signal,
  );
  if (after === undefined) {
    console.error('The alert was closed meanwhile');
    return EXIT.problem;
  }
  if (options.json) {
    console.log(JSON.stringify(alertJson(after, now)));
  } else {
    const text = until > now ? `is muted until ${instantText(until, timeZone)}` : 'is no longer muted';
    console.log(`${handleOf(after)}  ${after.title} ${text}`);
  }
  return EXIT.fine;
};

const listCommand = (alerts: Command) =>
  alerts
    .command('list', { isDefault: true })
    .summary('list the open alerts, the newest first')
    .description(
      'Lists the open alerts with the time of opening and of the last and the next notification. An alert about an event, such as a failed job, stays open: no event says that a person has dealt with it.',
    )
    .option('--days <number>', 'alerts opened within so many days, and all with a notification still to come', '7')
    .addOption(new Option('--kind <kind>', 'only alerts of this kind').choices(Object.keys(KINDS)));

const muteCommand = (alerts: Command) =>
  alerts
    .command('mute')
    .summary('send no notification about an alert until a time')
    .description(
      'Sends no notification about the alert until then, not even that it is closed. What is due by then is sent then.',
    )
    .argument('<alert>', 'the handle of the alert in the list, or its first characters')
    .requiredOption('--until <time>', '2h, 3d, 09:00, an instant such as 2026-11-22T09:00:00Z, or now to end the mute');

/** Adds the command. */
export const addAlerts = (program: Command): void => {
  const alerts = program
    .command('alerts')
    .summary('list the open alerts, or mute one')
    .description('Lists and mutes alerts.');
  withHelp(withStackOptions(listCommand(alerts)), {
    examples: ['alerts', 'alerts --kind feed-late --days 30', 'alerts list --json'],
    actions: [
      ['dynamodb:Query', 'the index candidates of the ledger table'],
      ['dynamodb:GetItem', 'the ledger table'],
    ],
    fine: 'no error and no warning is open',
    problem: 'at least one is open',
  }).action((options) => perform((signal) => list(options, signal)));
  withHelp(withStackOptions(muteCommand(alerts)), {
    examples: ['alerts mute 3f2a91c0 --until 09:00', 'alerts mute 3f2a --until now'],
    actions: [
      ['dynamodb:Query', 'the index candidates of the ledger table'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['dynamodb:PutItem', 'the ledger table'],
    ],
    fine: 'the alert is muted',
    problem: 'the alert was closed meanwhile',
  }).action((handle, options) => perform((signal) => mute(handle, options, signal)));
};
