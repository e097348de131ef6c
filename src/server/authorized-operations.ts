/**
 * The bit fields of `…AuthorizedOperations`: bit n is AclOperation n. Without an authorizer a caller may do everything
 * that the resource type knows. Source: kafka.security.authorizer.AclEntry.supportedOperations, 3.9
 */
const OPERATION_CODES = {
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
} as const;

type Operation = keyof typeof OPERATION_CODES;

function bits(...operations: Operation[]): number {
  return operations.reduce((field, operation) => field | (1 << OPERATION_CODES[operation]), 0);
}

/** "Not asked for." */
export const OPERATIONS_OMITTED = -2147483648;

export const CLUSTER_OPERATIONS = bits(
  'CREATE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
);
export const TOPIC_OPERATIONS = bits(
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
);
export const GROUP_OPERATIONS = bits('READ', 'DELETE', 'DESCRIBE');
