/** `breakaway alerts`: what is open, and how to be left alone about it. */
import { createHash } from 'node:crypto';
import { type Command, Option } from 'commander';
import { durationMs } from '../configuration/duration.ts';
import { loadConfiguration } from '../configuration/load.ts';
import { type Alert, alertId, dueAt } from '../shared/alerts/alert.ts';
import { KINDS, type Severity } from '../shared/alerts/kinds.ts';
import { instantText } from '../shared/alerts/message.ts';
import { createMute } from '../shared/alerts/mute.ts';
import { createAlertTable } from '../shared/aws/alert-table.ts';
import { createOpenAlerts } from '../shared/aws/open-alerts.ts';
import { DAY_MS } from '../shared/durations.ts';
import { localStartOf } from '../shared/feeds/business-dates.ts';
import { instantOf, localDateOf } from '../shared/feeds/zoned-time.ts';
import {
  EXIT,
  enterStack,
  perform,
  type StackOptions,
  UsageError,
  withHelp,
  withStackOptions,
} from './stack-command.ts';
import { paint, type Tone } from './terminal-style.ts';

type ListOptions = StackOptions & { readonly days: string; readonly kind?: string };
type MuteOptions = StackOptions & { readonly until: string };

/** An alert is not muted for longer: by then it is another problem. */
const MOST_MUTED_MS = 31 * DAY_MS;

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'dim' };

const HANDLE_LENGTH = 8;

/** Names an alert in a few signs, the same ones every time. */
export const handleOf = ({ kind, subject }: Pick<Alert, 'kind' | 'subject'>): string =>
  createHash('sha256').update(alertId(kind, subject)).digest('hex').slice(0, HANDLE_LENGTH);

/** Reads until when: `2h`, `09:00` (the next), an instant, or `now`, which ends it. */
export const readUntil = (text: string, now: Date, timeZone: string): Date => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hour !== undefined && minute !== undefined) {
    const ofDay = (Number(hour) * 60 + Number(minute)) * 60_000;
    const today = localStartOf(localDateOf(now, timeZone, 'dd'));
    const at = instantOf(today + ofDay, timeZone);
    return at > now ? at : instantOf(today + DAY_MS + ofDay, timeZone);
  }
  const byMs = durationMs(text);
  const until = byMs === undefined ? new Date(text === 'now' ? now : text) : new Date(now.getTime() + byMs);
  const isInstant = byMs !== undefined || text === 'now' || /T.*(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isInstant || Number.isNaN(until.getTime())) {
    throw new UsageError(
      `${JSON.stringify(text)} is no time: write 2h, 3d, 09:00, 2026-11-22T09:00:00Z, or now to end it`,
    );
  }
  if (until.getTime() - now.getTime() > MOST_MUTED_MS) {
    throw new UsageError('An alert is muted for 31 days at most');
  }
  return until;
};

const mutedUntil = ({ mutedUntil: until }: Alert, now: Date): Date | undefined =>
  until !== undefined && until > now ? until : undefined;

const toldText = ({ lastToldAt, toldOpening, openings }: Alert, timeZone: string): string => {
  const last = lastToldAt === undefined ? 'nobody was told yet' : `last told ${instantText(lastToldAt, timeZone)}`;
  return lastToldAt !== undefined && toldOpening < openings ? `${last}, before it was opened again` : last;
};

const linesOf = (alert: Alert, now: Date, timeZone: string): string[] => {
  const next = dueAt(alert);
  const muted = mutedUntil(alert, now);
  return [
    `${handleOf(alert)}  ${paint(TONES[KINDS[alert.kind].severity], alert.kind)}  ${alert.title}`,
    `          since ${instantText(alert.openedAt, timeZone)}${alert.openings > 1 ? `, opened ${alert.openings} times so far` : ''}`,
    `          ${toldText(alert, timeZone)}`,
    ...(muted === undefined ? [] : [`          MUTED until ${instantText(muted, timeZone)}`]),
    ...(muted !== undefined || next === undefined ? [] : [`          next  ${instantText(next, timeZone)}`]),
  ];
};

const asJson = (alert: Alert, now: Date) => {
  const { kind, subject, feed, queue, title, body, openedAt, openings, lastToldAt } = alert;
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
    lastToldAt: lastToldAt ?? null,
    nextAt: dueAt(alert) ?? null,
    mutedUntil: mutedUntil(alert, now) ?? null,
  };
};

const sinceDays = (days: string, now: Date): Date => {
  const count = Number(days);
  if (!(count > 0 && count <= 3_650)) {
    throw new UsageError(`${JSON.stringify(days)} is no number of days`);
  }
  return new Date(now.getTime() - count * DAY_MS);
};

const list = async (options: ListOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const now = new Date();
  const since = sinceDays(options.days, now);
  const open = await createOpenAlerts({ tableName })(since, signal);
  const wanted = open.filter(({ kind }) => options.kind === undefined || kind === options.kind);
  if (options.json) {
    console.log(JSON.stringify({ stage: options.stage, since, alerts: wanted.map((alert) => asJson(alert, now)) }));
  } else if (wanted.length === 0) {
    console.log(`No alert is open that was opened in the last ${options.days} days.`);
  } else {
    console.log(wanted.map((alert) => linesOf(alert, now, configuration.timeZone).join('\n')).join('\n\n'));
  }
  return wanted.some(({ kind }) => KINDS[kind].severity !== 'info') ? EXIT.problem : EXIT.fine;
};

const mute = async (handle: string, options: MuteOptions, signal: AbortSignal): Promise<number> => {
  const { ledgerTable: tableName } = enterStack(options);
  const { configuration } = await loadConfiguration(process.env['BREAKAWAY_CONFIG']);
  const now = new Date();
  const until = readUntil(options.until, now, configuration.timeZone);
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
    console.error('It has been closed meanwhile');
    return EXIT.problem;
  }
  if (options.json) {
    console.log(JSON.stringify(asJson(after, now)));
  } else {
    const text = until > now ? `is muted until ${instantText(until, configuration.timeZone)}` : 'is muted no more';
    console.log(`${handleOf(after)}  ${after.title} ${text}`);
  }
  return EXIT.fine;
};

/** Adds the command. */
export const addAlerts = (program: Command): void => {
  const command = program
    .command('alerts')
    .summary('list what is open, and mute it')
    .description('Looks after alerts.');
  const listing = command
    .command('list', { isDefault: true })
    .summary('list the open alerts, the newest first')
    .description(
      'Lists the open alerts: since when, when people were last told, and when they are told next. What tells of one event (a failed job) stays open, since nothing says that it was seen to.',
    )
    .option('--days <number>', 'those opened in so many days, and all that there is still to tell of', '7')
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(Object.keys(KINDS)))
    .action((options: ListOptions) => perform((signal) => list(options, signal)));
  withHelp(withStackOptions(listing), {
    examples: ['alerts', 'alerts --kind feed-late --days 30', 'alerts list --json'],
    actions: [
      ['dynamodb:Query', 'the index candidates of the ledger table'],
      ['dynamodb:GetItem', 'the ledger table'],
    ],
    fine: 'no error and no warning is open',
    problem: 'there are some',
  });
  const muting = command
    .command('mute')
    .summary('be left alone about an alert until a time')
    .description(
      'Nothing is told of the alert until then, not that it is over either; what there is to tell then is told then.',
    )
    .argument('<alert>', 'its sign, as the list shows it, or how that begins')
    .requiredOption('--until <time>', '2h, 3d, 09:00, an instant as 2026-11-22T09:00:00Z, or now to end it')
    .action((handle: string, options: MuteOptions) => perform((signal) => mute(handle, options, signal)));
  withHelp(withStackOptions(muting), {
    examples: ['alerts mute 3f2a91c0 --until 09:00', 'alerts mute 3f2a --until now'],
    actions: [
      ['dynamodb:Query', 'the index candidates of the ledger table'],
      ['dynamodb:GetItem', 'the ledger table'],
      ['dynamodb:PutItem', 'the ledger table'],
    ],
    fine: 'the alert is muted',
    problem: 'it was closed meanwhile',
  });
};
