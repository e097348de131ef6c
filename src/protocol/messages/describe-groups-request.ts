import { message, type TypeOf, arrayOf, bool } from '../schema.js';

export const describeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-5',
  flexible: '5+',
  fields: {
    groups: arrayOf('0+', 'string'),
    includeAuthorizedOperations: bool('3+'),
  },
});
export interface DescribeGroupsRequest extends TypeOf<typeof describeGroupsRequest.fields> {}
