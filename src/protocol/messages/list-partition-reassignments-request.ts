import { message, type TypeOf, int32, array, string, arrayOf } from '../schema.js';

export const listPartitionReassignmentsRequest = message({
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array(
      '0+',
      {
        name: string('0+'),
        partitionIndexes: arrayOf('0+', 'int32'),
      },
      { nullable: '0+', default: null },
    ),
  },
});
export interface ListPartitionReassignmentsRequest extends TypeOf<typeof listPartitionReassignmentsRequest.fields> {}
