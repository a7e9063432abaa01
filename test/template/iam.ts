/** IAM as far as the tests need it: does any statement allow an action on a resource? */
import type { Statement } from '../../template/permissions.ts';

const STACK: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'ap-northeast-1',
  'AWS::AccountId': '123456789012',
};

/** Fills in what CloudFormation would; a resource of the stack is `<logical id>.Arn`. */
const filledIn = (reference: Exclude<Statement['Resource'], '*'>[number]): string => {
  if ('Fn::Sub' in reference) {
    return reference['Fn::Sub'].replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => STACK[name] ?? name);
  }
  return 'Ref' in reference ? reference.Ref : reference['Fn::GetAtt'].join('.');
};

/** `*` and `?` are the only special characters of a resource. */
const matches = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\/]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'su',
  ).test(resource);

export const isAllowed = (statements: readonly Statement[], action: string, resource: string): boolean =>
  statements.some(
    ({ Action, Resource }) =>
      Action.includes(action) &&
      (Resource === '*' || Resource.some((reference) => matches(filledIn(reference), resource))),
  );
