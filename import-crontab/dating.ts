/** Works out the dates of the runs of plans that wait for each other. */
import type { DateUnit } from '../shared/feeds/template.ts';
import type { CronTime } from './crontab.ts';
import type { Plan } from './plan.ts';
import { daysOf, type Waits } from './waits.ts';

/** The feeds that a feed waits for, and how many days its own dates lie from those on which cron would run it. */
export type Dating = { readonly baseDays: number; readonly links: ReadonlyMap<string, number> };

/** Works out the dates of plans that wait for each other. */
export const datings = (plans: readonly Plan[], waits: ReadonlyMap<string, Waits>): ReadonlyMap<string, Dating> => {
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  const known = new Map<string, Dating>();
  const dating = (plan: Plan, callers: readonly string[]): Dating => {
    const found = known.get(plan.name);
    if (found !== undefined || callers.includes(plan.name)) {
      return found ?? { baseDays: 0, links: new Map() };
    }
    const own = waits.get(plan.name);
    const inside = [...callers, plan.name];
    const targets = [
      ...plan.after.flatMap((name) => {
        const before = byName.get(name);
        return before === undefined ? [] : [{ name, days: dating(before, inside).baseDays }];
      }),
      ...(own?.feeds ?? []).map(({ plan: other, lookedForDays, writtenDays }) => ({
        name: other.name,
        days: lookedForDays - writtenDays + dating(other, inside).baseDays,
      })),
    ];
    const [file] = own?.files ?? [];
    const baseDays = file === undefined ? (targets[0]?.days ?? 0) : daysOf(file.template.offset);
    const result = { baseDays, links: new Map(targets.map(({ name, days }) => [name, days - baseDays])) };
    known.set(plan.name, result);
    return result;
  };
  for (const plan of plans) {
    dating(plan, []);
  }
  return known;
};

export const UNIT_ORDER: readonly DateUnit[] = ['yyyy', 'MM', 'dd', 'HH', 'mm'];

const scheduleUnit = (time: CronTime & { readonly kind: 'times' }): DateUnit => {
  if (time.minutes.length > 1) {
    return 'mm';
  }
  return time.hours.length > 1 ? 'HH' : 'dd';
};

const finest = (units: readonly DateUnit[]): DateUnit | undefined =>
  UNIT_ORDER.findLast((unit) => units.includes(unit));

/** Works out how fine the dates of a plan are, through the feeds that it waits for. */
export const unitOf = (
  plan: Plan,
  plans: readonly Plan[],
  waits: ReadonlyMap<string, Waits>,
  times: ReadonlyMap<number, CronTime>,
  callers: readonly string[],
): DateUnit | undefined => {
  const own = waits.get(plan.name);
  const files = own?.files ?? [];
  const [source] = [...plan.after, ...(own?.feeds ?? []).map(({ plan: other }) => other.name)];
  const before = plans.find(({ name }) => name === source);
  const time = times.get(plan.line);
  if (files.length > 0) {
    return finest(files.flatMap(({ template }) => template.units));
  }
  if (before !== undefined && !callers.includes(before.name)) {
    return unitOf(before, plans, waits, times, [...callers, plan.name]);
  }
  if (plan.isOncePerDate) {
    return 'dd';
  }
  return time?.kind === 'times' ? scheduleUnit(time) : undefined;
};
