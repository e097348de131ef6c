import { message, type TypeOf, arrayOf, bool } from '../schema.js';

export const consumerGroupDescribeRequest = message({
  name: 'ConsumerGroupDescribeRequest',
  apiKey: 69,
  versions: '0',
  flexible: '0+',
  fields: {
    groupIds: arrayOf('0+', 'string'),
    includeAuthorizedOperations: bool('0+'),
  },
});
export interface ConsumerGroupDescribeRequest extends TypeOf<typeof consumerGroupDescribeRequest.fields> {}
