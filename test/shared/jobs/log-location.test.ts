import { describe, expect, it } from 'vitest';
import { logLocationOf, otherLogDriver } from '../../../shared/jobs/log-location.ts';

const location = { partition: 'aws', region: 'eu-west-1' };
const cloudWatch = { name: 'a', logDriver: 'awslogs', logGroup: '/team' };
const splunk = { name: 'b', logDriver: 'splunk', logGroup: '/aws/batch/job' };

describe('logLocationOf', () => {
  it.each([
    ['of its own container', { name: 'a', logStream: 's' }, { group: '/team', stream: 's', region: 'eu-west-1' }],
    [
      'of one that the job does not describe',
      { logStream: 's' },
      { group: '/aws/batch/job', stream: 's', region: 'eu-west-1' },
    ],
    ['of one without a log', { name: 'a' }, undefined],
    ['of one that logs elsewhere', { name: 'b', logStream: 's' }, undefined],
  ])('finds the log %s', (_, end, found) => {
    expect(logLocationOf({ containers: [cloudWatch, splunk], location }, end)).toEqual(found);
  });

  it('goes to the region that the container names, also where it has no name', () => {
    const containers = [{ logDriver: 'awslogs', logGroup: '/g', logRegion: 'us-west-2' }];

    expect(logLocationOf({ containers, location }, { logStream: 's' })).toMatchObject({
      group: '/g',
      region: 'us-west-2',
    });
  });
});

describe('a job of one container', () => {
  it('is the log of the only container, even with another name', () => {
    const end = { name: 'default', logStream: 's' };

    expect(logLocationOf({ containers: [cloudWatch], location }, end)).toMatchObject({ group: '/team', stream: 's' });
    expect(otherLogDriver({ containers: [splunk] }, end)).toBe('splunk');
  });
});

describe('otherLogDriver', () => {
  it.each([
    [{ name: 'a' }, undefined],
    [{ name: 'b' }, 'splunk'],
    [{ name: 'c' }, undefined],
  ])('of %j is %j', (end, driver) => {
    expect(otherLogDriver({ containers: [cloudWatch, splunk] }, end)).toBe(driver);
  });
});
