import { message, type TypeOf, arrayOf } from '../schema.js';

export const describeTransactionsRequest = message({
  name: 'DescribeTransactionsRequest',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  fields: {
    transactionalIds: arrayOf('0+', 'string'),
  },
});
export interface DescribeTransactionsRequest extends TypeOf<typeof describeTransactionsRequest.fields> {}
