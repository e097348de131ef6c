import { message, type TypeOf, bool, int8 } from '../schema.js';

export const describeClusterRequest = message({
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-1',
  flexible: '0+',
  fields: {
    includeClusterAuthorizedOperations: bool('0+'),
    endpointType: int8('1+', { default: 1 }),
  },
});
export interface DescribeClusterRequest extends TypeOf<typeof describeClusterRequest.fields> {}
