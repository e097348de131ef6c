import { message, type TypeOf, int32, array, string, arrayOf } from '../schema.js';

export const alterPartitionReassignmentsRequest = message({
  name: 'AlterPartitionReassignmentsRequest',
  apiKey: 45,
  versions: '0',
  flexible: '0+',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        replicas: arrayOf('0+', 'int32', { nullable: '0+', default: null }),
      }),
    }),
  },
});
export interface AlterPartitionReassignmentsRequest extends TypeOf<typeof alterPartitionReassignmentsRequest.fields> {}
