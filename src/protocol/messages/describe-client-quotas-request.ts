import { message, type TypeOf, array, string, int8, bool } from '../schema.js';

export const describeClientQuotasRequest = message({
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    components: array('0+', {
      entityType: string('0+'),
      matchType: int8('0+'),
      match: string('0+', { nullable: '0+' }),
    }),
    strict: bool('0+'),
  },
});
export interface DescribeClientQuotasRequest extends TypeOf<typeof describeClientQuotasRequest.fields> {}
