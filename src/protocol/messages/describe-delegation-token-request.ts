import { message, type TypeOf, array, string } from '../schema.js';

export const describeDelegationTokenRequest = message({
  name: 'DescribeDelegationTokenRequest',
  apiKey: 41,
  versions: '0-3',
  flexible: '2+',
  fields: {
    owners: array(
      '0+',
      {
        principalType: string('0+'),
        principalName: string('0+'),
      },
      { nullable: '0+' },
    ),
  },
});
export interface DescribeDelegationTokenRequest extends TypeOf<typeof describeDelegationTokenRequest.fields> {}
