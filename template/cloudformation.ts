/** The CloudFormation types of the derived part of the template. */

export type Resource = {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
};

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** A string that CloudFormation fills in. */
export type Reference =
  | { readonly Ref: string }
  | { readonly 'Fn::GetAtt': readonly [string, string] }
  | { readonly 'Fn::Sub': string };

/** Refers to the ARN of a resource of this stack. */
export const arnOf = (logicalId: string): Reference => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/**
 * Writes the ARN of a resource outside the stack, in the partition, Region and account of the
 * stack.
 *
 * @param resource - Must not contain `${`, which CloudFormation would fill in.
 */
export const regionalArn = (service: string, resource: string): Reference => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`,
});

/**
 * Turns `submitBatchJob` or `arrivals-failed` into the start of a logical id: `SubmitBatchJob`,
 * `ArrivalsFailed`.
 */
export const logicalName = (name: string): string =>
  name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());
